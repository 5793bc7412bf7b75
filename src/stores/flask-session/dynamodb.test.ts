import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { DynamodbTables } from "../../../test/stores/dynamodb-tables.ts";
import { type ChaosProxy, startProxy } from "../../../test/support/chaos-proxy.ts";
import { connectDynamodb, watch } from "../../../test/support/dynamodb-server.ts";
import { PYTHON } from "../../../test/support/flask-server.ts";
import { until } from "../../../test/support/kept-server.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { ConfigError, TooLargeError } from "../../errors.ts";
import { seconds } from "./dynamodb-item.ts";
import { FlaskDynamodbStore, type FlaskDynamodbStoreOptions } from "./dynamodb.ts";

/** What Flask-Session sent. */
interface Written {
  readonly id: string;
  readonly backend: string;
  readonly calls: readonly [operation: string, input: Record<string, any>][];
}

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** Milliseconds that an answer is late, within which somebody must have seen that it is due. */
const LATE = 400;
/** When the sessions of the vectors end. */
const END = new Date(1_797_878_400_250);

describe("FlaskDynamodbStore without a server", () => {
  test("refuses what is no client, and names that no table can have", () => {
    for (const wrong of [undefined, null, "http://127.0.0.1:8000", {}, { send() {} }]) {
      expect(() => new FlaskDynamodbStore(wrong as never)).toThrow(ConfigError);
    }
    const bare = new DynamoDBClient({ region: "local" });
    expect(() => new FlaskDynamodbStore(bare as never)).toThrow(/FlaskDynamodbStore takes .* take its place/);
    const client = connectDynamodb("http://127.0.0.1:1");
    expect(() => new FlaskDynamodbStore(client, { prefix: null as never })).toThrow(ConfigError);
    for (const table of ["", "ab", "a b", "a/b", "é", "a\0b", "abc\n", "x".repeat(256)]) {
      expect(() => new FlaskDynamodbStore(client, { table })).toThrow(ConfigError);
    }
  });

  describeWith("flask", "an instant", () => {
    test("is written as Python writes it, to the last digit", () => {
      const instants = [978_307_200_001, 1_797_878_400_000, 1_797_878_400_250, 4_133_980_799_999];
      for (let index = 1; index < 2000; index++) instants.push(1_700_000_000_000 + index * 7_919_777);
      const script = `import json, sys
from datetime import datetime, timedelta
from decimal import Decimal
at = lambda ms: datetime(1970, 1, 1) + timedelta(milliseconds=ms)
print(json.dumps([str(Decimal(at(ms).timestamp())) for ms in json.load(sys.stdin)]))`;
      const options = { input: JSON.stringify(instants), env: { TZ: "UTC" }, encoding: "utf8" } as const;
      const theirs = JSON.parse(execFileSync(PYTHON, ["-c", script], options)) as string[];
      expect(instants.map((ms) => seconds(new Date(ms)))).toEqual(theirs);
    });
  });
});

describe("FlaskDynamodbStore", () => {
  const tables = new DynamodbTables();

  async function open(name: string, client = tables.connect(), more: FlaskDynamodbStoreOptions = {}) {
    const store = new FlaskDynamodbStore(client, { table: tables.named(name), ...more });
    await store.setup();
    return { client, store };
  }

  describe("the suite", () => {
    const clients: DynamoDB[] = [];
    let opened = 0;
    layoutSuite({
      open: async (space) => (await open(space, (clients[opened++ % 2] ??= tables.connect()))).store,
      deleteExpired: true,
    });
  });

  const written = vectors<Written>("flask_session_mongo_dynamo").filter(
    ({ backend }) => backend === "dynamodb",
  );

  test("what Python wrote is loaded, and what is written is what Python would have: each request", async () => {
    expect(written.length).toBeGreaterThan(5);
    const { client, store } = await open("vectors");
    const { asked } = watch(client);
    const requests = (operation: string) =>
      asked
        .filter((request) => request.operation === operation)
        .map(({ input }) => input as Record<string, any>);
    const own = key("SID");
    const id = { S: `session:${own.id}` };
    const before = new Date(END.getTime() - 1);
    for (const { calls } of written) {
      const sent = calls.find(([operation]) => operation.endsWith(".UpdateItem"))![1];
      expect(sent["Key"]).toEqual({ id: { S: "session:SID" } });
      const { ":value": value, ":exp": end } = sent["ExpressionAttributeValues"];
      const data = Buffer.from(value.B, "base64");
      const theirs = { ":value": { B: data }, ":exp": end };
      const item = { id, val: theirs[":value"], expiration: end };
      const loaded = { data: new Uint8Array(data), version: new Uint8Array(data) };
      const table = { TableName: tables.named("vectors"), Key: { id } };
      const found = async () => (await client.getItem({ ...table, ConsistentRead: true })).Item;

      await client.updateItem({
        ...table,
        UpdateExpression: sent["UpdateExpression"],
        ExpressionAttributeValues: theirs,
      });
      expect(await store.load(own, before)).toEqual(loaded);
      expect(await store.load(own, END)).toBeUndefined();
      expect(await store.delete(own)).toEqual(loaded);
      expect(await found()).toBeUndefined();

      asked.length = 0;
      await store.create(own, { data, expires: END });
      expect(await found()).toMatchObject({ ...item, val: { B: new Uint8Array(data) } });
      const other = saved(await store.save(own, data, record("other"), at(0)));
      saved(await store.save(own, other, { data, expires: END }, at(0)));
      expect(await found()).toMatchObject({ ...item, val: { B: new Uint8Array(data) } });
      const [created, , changed] = requests("UpdateItem");
      for (const request of [created!, changed!]) {
        expect(request).toMatchObject({ ...table, UpdateExpression: sent["UpdateExpression"] });
        const { ":value": val, ":exp": exp } = request["ExpressionAttributeValues"];
        expect({ ":value": { B: Buffer.from(val.B) }, ":exp": exp }).toEqual(theirs);
      }
      await store.delete(own);
      expect(requests("DeleteItem").at(-1)).toMatchObject(table);
    }
  });

  test("setup makes the table that Python makes, once, and refuses one of another kind", async () => {
    const client = tables.connect();
    const { asked } = watch(client);
    await open("made", client);
    const made = asked.find(({ operation }) => operation === "CreateTable")!.input;
    const [, theirs] = written[0]!.calls.find(([operation]) => operation.endsWith(".CreateTable"))!;
    expect(made).toEqual({ ...theirs, TableName: tables.named("made") });
    await Promise.all(Array.from({ length: 10 }, () => open("once")));
    await client.createTable({
      TableName: tables.named("foreign"),
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    await expect(open("foreign")).rejects.toThrow(ConfigError);
  });

  test("a table that is missing is the driver's error", async () => {
    const store = new FlaskDynamodbStore(tables.connect(), { table: tables.named("missing") });
    const error = { name: "ResourceNotFoundException" };
    await expect(store.load(key("a"), at(0))).rejects.toMatchObject(error);
    await expect(store.create(key("a"), record("x"))).rejects.toMatchObject(error);
    await expect(store.deleteExpired(10, at(0))).rejects.toMatchObject(error);
  });

  test("an item without an end, or without bytes, can be neither read nor written, and is left alone", async () => {
    const { client, store } = await open("strange", tables.connect(), { prefix: "app:" });
    const TableName = tables.named("strange");
    for (const [name, more] of [
      ["none", { val: { B: Buffer.from("x") } }],
      ["text", { val: { B: Buffer.from("x") }, expiration: { S: "9999999999" } }],
      ["empty", { expiration: { N: "99999999999" } }],
      ["other", { val: { S: "x" }, expiration: { N: "99999999999" } }],
    ] as const) {
      const id = { S: `app:${key(name).id}` };
      await client.putItem({ TableName, Item: { id, ...more } });
      expect(await store.load(key(name), at(0))).toBeUndefined();
      expect(await store.save(key(name), Buffer.from("x"), record("y"), at(0))).toEqual({ outcome: "gone" });
      expect(await store.touch(key(name), Buffer.from("x"), at(HOUR), at(0))).toBe(false);
      expect(await store.create(key(name), record("y"))).toBeUndefined();
      expect(await store.deleteExpired(10, at(DAY))).toBe(0);
      expect((await client.getItem({ TableName, Key: { id } })).Item).toMatchObject({ id });
    }
  });

  test("what Python wrote in the meantime is a conflict, and deleteExpired removes what is left of many pages", async () => {
    const { client, store } = await open("python");
    const version = (await store.create(key("a"), record("ours")))!;
    await client.updateItem({
      TableName: tables.named("python"),
      Key: { id: { S: `session:${key("a").id}` } },
      UpdateExpression: "SET val = :value, expiration = :exp",
      ExpressionAttributeValues: { ":value": { B: Buffer.from("theirs") }, ":exp": { N: seconds(at(DAY)) } },
    });
    const late = await store.save(key("a"), version, record("late"), at(0));
    expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
    expect(await store.touch(key("a"), version, at(HOUR), at(0))).toBe(false);
    await Promise.all(
      Array.from({ length: 230 }, (_, index) => store.create(key(`ended-${index}`), record("x", 5000))),
    );
    expect(await store.deleteExpired(150, at(HOUR))).toBe(150);
    expect(await store.deleteExpired(150, at(HOUR))).toBe(80);
    expect(text(await store.load(key("a"), at(DAY - 1)))).toBe("theirs");
  });

  test("a session that no item has room for is refused", async () => {
    const { store } = await open("large");
    const large = { data: new Uint8Array(400 * 1024), expires: at(HOUR) };
    await expect(store.create(key("a"), large)).rejects.toThrow(TooLargeError);
    const version = (await store.create(key("a"), record("kept")))!;
    await expect(store.save(key("a"), version, large, at(0))).rejects.toThrow(TooLargeError);
    expect(text(await store.load(key("a"), at(0)))).toBe("kept");
  });
});

for (const asItIs of [false, true]) {
  describe(`FlaskDynamodbStore, when answers get lost${asItIs ? ", and refusals do not say what is there" : ""}`, () => {
    const tables = new DynamodbTables({ onThisMachine: true, asItIs });
    let proxy: ChaosProxy;
    let direct: FlaskDynamodbStore;

    beforeAll(async () => {
      proxy = await startProxy(Number(new URL(tables.url).port), { seed: 7 });
      direct = new FlaskDynamodbStore(tables.connect(), { table: tables.named("lost") });
      await direct.setup();
    });
    afterAll(() => proxy.close());

    /** Loses the connection when DynamoDB has done what `run` wants of it, and before the answer is back. */
    async function withLostAnswer<T>(
      run: (store: FlaskDynamodbStore) => Promise<T>,
      isDone: () => Promise<boolean>,
    ): Promise<T | Error> {
      const client = tables.connect({}, `http://127.0.0.1:${proxy.port}`);
      proxy.delay(LATE);
      const answer = run(new FlaskDynamodbStore(client, { table: tables.named("lost") })).catch(
        (error: Error) => error,
      );
      await until("what was sent", isDone);
      proxy.cut();
      await proxy.pass();
      return answer;
    }

    const holds = async (name: string, content: string | undefined) =>
      text(await direct.load(key(name), at(0))) === content;

    test("a create that the SDK repeats is not taken for somebody else's", async () => {
      const created = await withLostAnswer(
        (store) => store.create(key("a"), record("first")),
        () => holds("a", "first"),
      );
      expect(created).toEqual(record("first").data);
    });

    test("a save that the SDK repeats does not conflict with itself", async () => {
      const version = (await direct.create(key("b"), record("first")))!;
      const result = await withLostAnswer(
        (store) => store.save(key("b"), version, record("second"), at(0)),
        () => holds("b", "second"),
      );
      expect(result).toEqual({ outcome: "saved", version: record("second").data });
    });

    test("a save whose answer was lost, and that somebody else's or a delete followed, claims nothing", async () => {
      for (const [name, follow] of [
        ["c", () => direct.save(key("c"), record("1").data, record("2"), at(0))],
        ["d", () => direct.delete(key("d"))],
        // Somebody counts back and up again.
        ["e", () => direct.touch(key("e"), record("1").data, at(2 * HOUR), at(0))],
      ] as const) {
        const version = (await direct.create(key(name), record("0")))!;
        const result = await withLostAnswer(
          (store) => store.save(key(name), version, record("1"), at(0)),
          async () => (await holds(name, "1")) && (await follow()) !== undefined,
        );
        expect(result).toBeInstanceOf(Error);
        expect((result as Error).message).not.toContain(key(name).id);
      }
    });

    test("a touch that the SDK repeats does what it was to do", async () => {
      const version = (await direct.create(key("f"), record("first")))!;
      const touched = await withLostAnswer(
        (store) => store.touch(key("f"), version, at(DAY), at(0)),
        async () => (await direct.load(key("f"), at(DAY - 1))) !== undefined,
      );
      expect(touched).toBe(true);
    });

    test("a delete that the SDK repeats gives what it deleted", async () => {
      await direct.create(key("g"), record("last"));
      const deleted = await withLostAnswer(
        (store) => store.delete(key("g")),
        () => holds("g", undefined),
      );
      expect(deleted).toMatchObject({ data: record("last").data });
    });
  });
}
