import { type DynamoDB, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { connectDynamodb, watch } from "../../test/support/dynamodb-server.ts";
import { DynamodbTables } from "../../test/stores/dynamodb-tables.ts";
import { ConfigError } from "../errors.ts";
import type { SessionKey } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import {
  assertStored,
  at,
  conflicting,
  create,
  DAY,
  HOUR,
  key,
  lives,
  load,
  record,
  save,
  savedVersion,
  tag,
  text,
} from "../testing/stores/common.ts";
import { type DynamodbClient, DynamodbStore } from "./dynamodb.ts";

const ada = tag("ada");
const bob = tag("bob");

describe("DynamodbStore without a server", () => {
  const client = connectDynamodb("http://127.0.0.1:1");

  test("refuses what is no client, and says what to do", () => {
    for (const wrong of [undefined, null, "http://127.0.0.1:8000", {}, { send() {} }]) {
      expect(() => new DynamodbStore(wrong as unknown as DynamodbClient)).toThrow(ConfigError);
    }
    const bare = new DynamoDBClient({ region: "local" });
    expect(() => new DynamodbStore(bare as unknown as DynamodbClient)).toThrow(/take its place/);
  });

  test("refuses names that no table can have", () => {
    for (const table of ["", "ab", "a b", "a/b", "é", "a\0b", "abc\n", "x".repeat(256)]) {
      expect(() => new DynamodbStore(client, { table })).toThrow(ConfigError);
      expect(() => DynamodbStore.schema(table)).toThrow(ConfigError);
    }
  });

  test("refuses keys that are no text, and asks nobody", async () => {
    const store = new DynamodbStore(client);
    const { asked } = watch(client);
    for (const wrong of [undefined, null, 5, true, ["a"], { $ne: "" }, new String("a")]) {
      for (const bad of [
        { id: wrong, owner: undefined },
        { id: "a", owner: wrong ?? 5 },
      ] as never[]) {
        await expect(store.create(bad, record("x"), at(0))).rejects.toThrow(TypeError);
        await expect(store.load(bad, at(0))).rejects.toThrow(TypeError);
        await expect(store.save(bad, "v", record("x"), at(0))).rejects.toThrow(TypeError);
        await expect(store.touch(bad, "v", at(1), at(0))).rejects.toThrow(TypeError);
        await expect(store.delete(bad)).rejects.toThrow(TypeError);
        const replaced = store.replace(key("a"), "v", record("x"), bad, record("x"), at(0));
        await expect(replaced).rejects.toThrow(TypeError);
      }
    }
    expect(asked).toEqual([]);
  });
});

describe("DynamodbStore", () => {
  const tables = new DynamodbTables();

  describe("the suite", () => {
    const clients: DynamoDB[] = [];
    let opened = 0;
    storeSuite({
      test,
      open: async (space) => {
        const client = (clients[opened++ % 2] ??= tables.connect());
        return { store: new DynamodbStore(client, { table: tables.named(space) }), close: async () => {} };
      },
      capabilities: { owners: true, deleteAll: true, list: true, maxBytes: 399 * 1024 },
    });
  });

  describe("the table", () => {
    test("is made once by any number of processes that call setup together", async () => {
      const stores = Array.from(
        { length: 20 },
        () => new DynamodbStore(tables.connect(), { table: tables.named("made") }),
      );
      await Promise.all(stores.map((store) => store.setup()));
      for (const store of stores) expect(await store.load(key("a"), at(0))).toBeUndefined();
    });

    test("can be made by a tool; setup waits until it can be used, and makes none", async () => {
      const client = tables.connect();
      await client.createTable(DynamodbStore.schema(tables.named("tool")));
      const { asked } = watch(client);
      const { store } = await tables.open("tool", client);
      await create(store, key("a"), record("kept"));
      expect(asked.map(({ operation }) => operation)).not.toContain("CreateTable");
    });

    test("of another kind is refused, and left as it is", async () => {
      const client = tables.connect();
      const schema = DynamodbStore.schema(tables.named("foreign"));
      schema.KeySchema.pop();
      schema.AttributeDefinitions.pop();
      await client.createTable(schema);
      await expect(tables.open("foreign")).rejects.toThrow(ConfigError);
    });

    test("that is missing is the driver's error", async () => {
      const store = new DynamodbStore(tables.connect(), { table: tables.named("missing") });
      await expect(store.load(key("a"), at(0))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await expect(create(store, key("a"), record("x"))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
      });
    });

    test.skipIf(!tables.isElsewhere)("has a time to live, where the server knows such a thing", async () => {
      const { client } = await tables.open("expiring");
      await tables.open("expiring");
      const { TimeToLiveDescription } = await client.describeTimeToLive({
        TableName: tables.named("expiring"),
      });
      expect(TimeToLiveDescription).toMatchObject({ AttributeName: "remove_at" });
      expect(TimeToLiveDescription!.TimeToLiveStatus).toMatch(/^ENABL/);
    });
  });

  describe("items", () => {
    /** The item of a record, as it is in the table. */
    const itemIn = async (client: DynamoDB, table: string, { id, owner = id }: SessionKey) => {
      const Key = { pk: { S: owner }, id: { S: id } };
      return (await client.getItem({ TableName: tables.named(table), Key, ConsistentRead: true })).Item!;
    };
    /** In so many milliseconds DynamoDB may remove it. */
    const expectLeft = (item: Awaited<ReturnType<typeof itemIn>>, expected: number) => {
      const left = Number(item["remove_at"]!.N) * 1000 - Date.now();
      expect(left).toBeGreaterThan(expected - 10_000);
      expect(left).toBeLessThanOrEqual(expected + 1000);
    };

    test("stay a day longer than the record, by the machine's clock, whatever time the store is told", async () => {
      const { store, client } = await tables.open("times");
      const starts = [at(0), new Date(Date.UTC(2001, 0, 1)), new Date(Date.UTC(2101, 0, 1))];
      for (const [index, start] of starts.entries()) {
        const one = key(`r-${index}`, ada);
        const item = () => itemIn(client, "times", one);
        const after = (ms: number) => new Date(start.getTime() + ms);
        const kept = (ms: number) => ({ data: new Uint8Array(3), expires: after(ms) });
        const first = await create(store, one, kept(HOUR), start);
        expectLeft(await item(), HOUR + DAY);
        const second = await save(store, one, first, kept(400 * DAY), start);
        expectLeft(await item(), 401 * DAY);
        await store.touch(one, second, after(2 * DAY), after(DAY));
        expectLeft(await item(), 2 * DAY);
        await save(store, one, second, kept(-5 * DAY), start);
        expectLeft(await item(), DAY);
      }
    });

    test("of records that were ended hold nothing but their key for a day, and their places stay taken", async () => {
      const { store, client } = await tables.open("ended");
      await create(store, key("a", ada), record("secret", 400 * DAY));
      await create(store, key("b", ada), record("secret", 400 * DAY));
      await create(store, key("v"), record("secret", 400 * DAY));
      await store.delete(key("a", ada));
      await store.deleteOwned(ada, [], at(0));
      await store.deleteAll(at(0));
      for (const one of [key("a", ada), key("b", ada), key("v")]) {
        const item = await itemIn(client, "ended", one);
        expect(Object.keys(item).toSorted()).toEqual(["id", "pk", "remove_at"]);
        expectLeft(item, DAY);
        expect(await store.create(one, record("late"), at(0))).toBeUndefined();
        expect(await store.delete(one)).toBeUndefined();
        expect(await lives(store, one)).toBe(false);
      }
      expect(await store.listOwned(ada, at(0))).toEqual([]);
      expect(await store.deleteAll(at(0))).toBe(0);
    });

    test("the key of a next record that came to nothing can be used again", async () => {
      const { store } = await tables.open("again");
      const version = await create(store, key("a"), record("first"));
      const replace = (from: typeof version) =>
        store.replace(key("a"), from, record("old"), key("b", ada), record("next"), at(0));
      const current = await save(store, key("a"), version, record("second"));
      conflicting(await replace(version));
      expect(await lives(store, key("b", ada))).toBe(false);
      savedVersion(await replace(current));
      expect(await text(store, key("b", ada))).toBe("next");
    });
  });

  test("each operation is one request, replace two, and every read is consistent", async () => {
    const client = tables.connect();
    const { store } = await tables.open("counted", client);
    const { asked } = watch(client);
    const requests = async (work: () => Promise<unknown>) => {
      asked.length = 0;
      await work();
      for (const { operation, input } of asked) {
        if (/^(?:GetItem|Query|Scan)$/.test(operation)) expect(input.ConsistentRead).toBe(true);
      }
      return asked.map(({ operation }) => operation).join(" ");
    };
    for (const owner of [undefined, ada]) {
      const [a, b, c] = ["a", "b", "c"].map((name) => key(`${name}-${owner}`, owner)) as [any, any, any];
      expect(await requests(() => store.create(a, record("1"), at(0)))).toBe("PutItem");
      expect(await requests(() => store.create(a, record("1"), at(0)))).toBe("PutItem");
      expect(await requests(() => store.load(a, at(0)))).toBe("GetItem");
      const { version } = await load(store, a);
      expect(await requests(() => store.save(a, version, record("2"), at(0)))).toBe("PutItem");
      expect(await requests(() => store.save(a, version, record("3"), at(0)))).toBe("PutItem");
      // Where there is nothing, DynamoDB says the same as where it does not say what is there.
      expect(await requests(() => store.save(b, version, record("3"), at(0)))).toBe("PutItem GetItem");
      const { version: second } = await load(store, a);
      expect(await requests(() => store.touch(a, second, at(HOUR), at(0)))).toBe("UpdateItem");
      const replace = (from: typeof version) =>
        store.replace(a, from, record("old"), c, record("next"), at(0));
      expect(await requests(() => replace(version))).toBe("PutItem PutItem DeleteItem");
      expect(await requests(() => replace(second))).toBe("PutItem PutItem");
      expect(await requests(() => store.delete(a))).toBe("UpdateItem");
      expect(await requests(() => store.delete(a))).toBe("UpdateItem");
    }
    await create(store, key("d", ada), record("x"));
    expect(await requests(() => store.listOwned(ada, at(0)))).toBe("Query");
    expect(await requests(() => store.deleteOwned(ada, [], at(0)))).toBe("Query UpdateItem UpdateItem");
    expect(await requests(() => store.deleteAll(at(0)))).toBe("Scan UpdateItem");
  });

  test("any text is a key of its own, however much it looks like another one or like a command", async () => {
    const { store } = await tables.open("keys");
    const names = [
      ..."a A á á à Ａ a\u0300 ａ 0 00 0.0 1 1.0 01 1e0 true null undefined NaN".split(" "),
      ..." |a |  a|\ta|a\n|a\r\nset b|a\0|a\0b|\0".split("|"),
      ..."'|''|\"|`|\\|a'b|a' OR '1'='1|; DROP TABLE sessions|--|/*|%|_|*|?|[a]|{a}|$ne|$where|{\"$ne\":\"\"}".split(
        "|",
      ),
      ...":version|#pk|attribute_exists(pk)|pk = :owner|__proto__|constructor|../../etc/passwd|a/b|\u{1f36a}|\u2028".split(
        "|",
      ),
      "x".repeat(1000),
    ];
    const unique = [...new Set(names)];
    for (const owner of ["same owner", undefined]) {
      for (const name of unique) await create(store, { id: name, owner }, record(`id ${name}`));
      for (const name of unique) expect(await text(store, { id: name, owner })).toBe(`id ${name}`);
    }
    for (const name of unique) await create(store, { id: "same id", owner: name }, record(`owner ${name}`));
    for (const name of unique) {
      const owned = await store.listOwned(name, at(0));
      const own = owned.filter(({ key: { id } }) => id === "same id");
      expect(own.map(({ data }) => new TextDecoder().decode(data))).toEqual([`owner ${name}`]);
    }
    expect((await store.listOwned("same owner", at(0))).length).toBe(unique.length);
  });

  test("an owner may have more records than one page holds", async () => {
    const { store } = await tables.open("pages");
    const large = (index: number) => ({ data: new Uint8Array(50_000).fill(index), expires: at(HOUR) });
    const keys = Array.from({ length: 250 }, (_, index) => key(`r-${index}`, ada));
    for (const [index, one] of keys.entries()) {
      await create(store, one, index < 50 ? large(index) : record("x"));
    }
    await create(store, key("bob", bob), record("x"));
    const listed = await store.listOwned(ada, at(0));
    expect(listed.length).toBe(250);
    for (const index of [0, 49]) {
      assertStored(
        listed.find(({ key: { id } }) => id === keys[index]!.id),
        large(index),
        at(0),
      );
    }
    expect(await store.deleteOwned(ada, [keys[7]!.id, keys[200]!.id], at(0))).toBe(248);
    const left = (await store.listOwned(ada, at(0))).map(({ key: { id } }) => id);
    expect(left.toSorted()).toEqual([keys[7]!.id, keys[200]!.id].toSorted());
    expect(await store.deleteAll(at(0))).toBe(3);
  });

  test("deleteAll ends more records than one page holds, and touches no other table", async () => {
    const { store } = await tables.open("all");
    const other = await tables.open("all_2");
    for (let index = 0; index < 250; index++) {
      await create(store, key(`r-${index}`, index % 2 === 0 ? undefined : ada), record("x"));
    }
    await create(store, key("expired"), record("x", 1000));
    await create(other.store, key("r-0"), record("x"));
    expect(await store.deleteAll(at(1000))).toBe(250);
    for (const index of [0, 1, 248, 249]) {
      expect(await lives(store, key(`r-${index}`, index % 2 === 0 ? undefined : ada))).toBe(false);
    }
    expect(await lives(store, key("expired"))).toBe(false);
    expect(await lives(other.store, key("r-0"))).toBe(true);
  });
});
