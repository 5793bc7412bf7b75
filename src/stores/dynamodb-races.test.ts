import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { watch } from "../../test/support/dynamodb-server.ts";
import { DynamodbTables } from "../../test/stores/dynamodb-tables.ts";
import type { SessionKey } from "../session/store.ts";
import {
  assertGone,
  at,
  conflicting,
  create,
  key,
  lives,
  load,
  record,
  save,
  savedVersion,
  tag,
  text,
} from "../testing/stores/common.ts";

const ada = tag("ada");
const bob = tag("bob");

describe("DynamodbStore, what others do between two of its requests", () => {
  const tables = new DynamodbTables();

  /** One store, another one on the same table, and what the first one's client does. */
  async function openTwo(table: string) {
    const client = tables.connect();
    const { store } = await tables.open(table, client);
    return { store, other: (await tables.open(table)).store, watched: watch(client) };
  }

  /** A record that the other store renames as soon as the first one has found it, from key to key. */
  async function renamed(table: string, first: SessionKey, ...line: SessionKey[]) {
    const opened = await openTwo(table);
    let version = await create(opened.other, first, record("0"));
    opened.watched.after = async (operation) => {
      if (operation !== "Query" && operation !== "Scan") return;
      let from = first;
      for (const to of line.splice(0)) {
        version = savedVersion(
          await opened.other.replace(from, version, record("retired"), to, record("next"), at(0)),
        );
        from = to;
      }
    };
    return opened;
  }

  test("deleteOwned ends what a session has become since it was found", async () => {
    const line = [key("a", ada), key("b", ada), key("c", ada)] as const;
    const { store, other } = await renamed("owned", ...line);
    expect(await store.deleteOwned(ada, [], at(0))).toBe(3);
    for (const one of line) expect(await lives(other, one)).toBe(false);
    expect(await other.listOwned(ada, at(0))).toEqual([]);
  });

  test("deleteOwned spares what it is told to, also there", async () => {
    const line = [key("a", ada), key("b", ada), key("c", ada)] as const;
    const { store, other } = await renamed("spared", ...line);
    expect(await store.deleteOwned(ada, [key("b").id], at(0))).toBe(1);
    expect(await lives(other, line[0])).toBe(false);
    expect(await lives(other, line[2])).toBe(true);
  });

  test("deleteOwned leaves a session alone that has become another user's, or nobody's", async () => {
    for (const to of [key("b", bob), key("c")]) {
      const { store, other } = await renamed(`left_${to.id.slice(0, 1)}`, key("a", ada), to);
      expect(await store.deleteOwned(ada, [], at(0))).toBe(1);
      expect(await lives(other, to)).toBe(true);
    }
  });

  test("deleteAll ends what a session has become since it was found, whoever owns it", async () => {
    const line = [key("v"), key("a", ada), key("b", bob), key("w")] as const;
    const { store, other } = await renamed("all", ...line);
    expect(await store.deleteAll(at(0))).toBe(4);
    for (const one of line) expect(await lives(other, one)).toBe(false);
  });

  test("a record that was ended between the two requests of a replace leaves no next one", async () => {
    const ends = {
      delete: (other: Awaited<ReturnType<typeof openTwo>>["other"]) => other.delete(key("a", ada)),
      deleteOwned: (other: Awaited<ReturnType<typeof openTwo>>["other"]) => other.deleteOwned(ada, [], at(0)),
      deleteAll: (other: Awaited<ReturnType<typeof openTwo>>["other"]) => other.deleteAll(at(0)),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { store, other, watched } = await openTwo(`between_${name}`);
      const version = await create(store, key("a", ada), record("first"));
      watched.after = async () => {
        watched.after = () => undefined;
        await end(other);
      };
      const replaced = store.replace(
        key("a", ada),
        version,
        record("old"),
        key("b", ada),
        record("next"),
        at(0),
      );
      expect(await replaced).toEqual({ outcome: "gone" });
      await assertGone(other, key("a", ada), version);
      expect(await lives(other, key("b", ada))).toBe(false);
      expect(await other.listOwned(ada, at(0))).toEqual([]);
    }
  });

  test("a replace whose second request fails leaves no next record", async () => {
    const { store, other, watched } = await openTwo("failed");
    const version = await create(store, key("a", ada), record("first"));
    let puts = 0;
    watched.before = (operation) => {
      if (operation === "PutItem" && ++puts === 2) throw new Error("no network");
    };
    const replaced = store.replace(
      key("a", ada),
      version,
      record("old"),
      key("b", ada),
      record("next"),
      at(0),
    );
    await expect(replaced).rejects.toThrow("no network");
    expect(await text(other, key("a", ada))).toBe("first");
    expect(await lives(other, key("b", ada))).toBe(false);
  });

  test("a replace whose process dies after its first request leaves the record as it was, and no way round its end", async () => {
    const { store, other, watched } = await openTwo("died");
    const version = await create(store, key("a", ada), record("first"));
    let puts = 0;
    watched.before = (operation) => {
      // Nothing more of it is ever sent.
      if (operation === "PutItem" && ++puts === 1) return undefined;
      return new Promise(() => undefined);
    };
    void store.replace(key("a", ada), version, record("old"), key("b", ada), record("next"), at(0));
    while (!(await lives(other, key("b", ada)))) await sleep(1);
    expect(await text(other, key("a", ada))).toBe("first");
    await save(other, key("a", ada), version, record("second"));
    expect(await other.deleteOwned(ada, [], at(0))).toBe(2);
    expect(await other.listOwned(ada, at(0))).toEqual([]);
  });

  test("a next key that is not new makes replace fail, and both records stay as they are", async () => {
    const { store } = await openTwo("taken");
    const version = await create(store, key("a"), record("first"));
    await create(store, key("b", ada), record("other"));
    const replaced = store.replace(key("a"), version, record("old"), key("b", ada), record("next"), at(0));
    await expect(replaced).rejects.toThrow(/already/);
    expect(await load(store, key("a"))).toMatchObject({ version });
    expect(await text(store, key("b", ada))).toBe("other");
  });
});

describe("DynamodbStore on a server that does not say what is there when a condition does not hold", () => {
  const tables = new DynamodbTables({ onThisMachine: true, asItIs: true });

  test("asks for it", async () => {
    const { store } = await tables.open("asked");
    const other = (await tables.open("asked")).store;
    const first = await create(store, key("a", ada), record("first"));
    const second = await save(other, key("a", ada), first, record("second"));
    const current = conflicting(await store.save(key("a", ada), first, record("late"), at(0)));
    expect(current).toMatchObject({ version: second, ...record("second") });
    const replaced = store.replace(
      key("a", ada),
      first,
      record("late"),
      key("b", ada),
      record("next"),
      at(0),
    );
    expect(conflicting(await replaced)).toEqual(current);
    expect(await lives(store, key("b", ada))).toBe(false);
    expect(await store.create(key("a", ada), record("again"), at(0))).toBeUndefined();
    await other.delete(key("a", ada));
    expect(await store.save(key("a", ada), second, record("late"), at(0))).toEqual({ outcome: "gone" });
    await assertGone(store, key("a", ada), second);
  });

  test("of 50 parallel saves of one version one succeeds, and the others see what it wrote", async () => {
    const { store } = await tables.open("parallel");
    const version = await create(store, key("a"), record("first"));
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, caller) => store.save(key("a"), version, record(String(caller)), at(0))),
    );
    const written = await load(store, key("a"));
    expect(results.filter(({ outcome }) => outcome === "saved").length).toBe(1);
    for (const result of results) {
      if (result.outcome === "saved") expect(result.version).toBe(written.version);
      else expect(conflicting(result)).toEqual(written);
    }
  });
});
