import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChaosProxy, startProxy } from "../../test/support/chaos-proxy.ts";
import { until } from "../../test/support/kept-server.ts";
import { DynamodbTables } from "../../test/stores/dynamodb-tables.ts";
import type { SessionStore } from "../session/store.ts";
import { at, create, HOUR, key, lives, load, record, save, tag, text } from "../testing/stores/common.ts";
import type { DynamodbStore } from "./dynamodb.ts";

const ada = tag("ada");
/** Milliseconds after which the impatient client sends a request again. */
const PATIENCE = 300;
/** Milliseconds that a request is late, in the end. */
const LATE = 1000;

describe("DynamodbStore, when requests and answers get lost", () => {
  const tables = new DynamodbTables({ onThisMachine: true });
  let proxy: ChaosProxy;
  let direct: DynamodbStore;
  beforeAll(async () => {
    proxy = await startProxy(Number(new URL(tables.url).port), { seed: 7 });
    direct = (await tables.open("lost")).store;
  });
  afterAll(() => proxy.close());

  async function through(config: DynamoDBClientConfig = {}) {
    return tables.open("lost", tables.connect(config, `http://127.0.0.1:${proxy.port}`));
  }

  /** Loses the connection when DynamoDB has done what `run` wants of it, and before the answer is back. */
  async function withLostAnswer<T>(
    run: (store: DynamodbStore) => Promise<T>,
    isDone: () => Promise<boolean>,
  ): Promise<T | Error> {
    const { store } = await through();
    proxy.delay(400);
    const answer = run(store).catch((error: Error) => error);
    await until("what was sent", isDone);
    proxy.cut();
    await proxy.pass();
    return answer;
  }

  const holds = async (id: string, content: string) => (await text(direct, key(id))) === content;

  test("a save that the SDK repeats because its answer was lost does not conflict with itself", async () => {
    const version = await create(direct, key("a"), record("first"));
    const result = await withLostAnswer(
      (store) => store.save(key("a"), version, record("second"), at(0)),
      () => holds("a", "second"),
    );
    expect(result).toEqual({ outcome: "saved", version: (await load(direct, key("a"))).version });
  });

  test("a save whose answer was lost and that another one followed does not say that it changed nothing", async () => {
    const version = await create(direct, key("b"), record("first"));
    const result = await withLostAnswer(
      (store) => store.save(key("b"), version, record("second"), at(0)),
      async () => {
        if (!(await holds("b", "second"))) return false;
        await save(direct, key("b"), (await load(direct, key("b"))).version, record("third"));
        return true;
      },
    );
    expect(result).toBeInstanceOf(Error);
    expect(await text(direct, key("b"))).toBe("third");
  });

  test("a save whose answer was lost and that a delete followed does not say that there was nothing", async () => {
    const version = await create(direct, key("c"), record("first"));
    const result = await withLostAnswer(
      (store) => store.save(key("c"), version, record("second"), at(0)),
      async () => (await holds("c", "second")) && (await direct.delete(key("c"))) !== undefined,
    );
    expect(result).toBeInstanceOf(Error);
    expect(await lives(direct, key("c"))).toBe(false);
  });

  test("a create that the SDK repeats because its answer was lost is not taken for somebody else's", async () => {
    const created = await withLostAnswer(
      (store) => store.create(key("d"), record("first"), at(0)),
      () => holds("d", "first"),
    );
    expect(created).toBe((await load(direct, key("d"))).version);
  });

  test("a replace of which the answers were lost happens once", async () => {
    const version = await create(direct, key("e"), record("first"));
    const next = key("next-e", tag("bob"));
    const result = await withLostAnswer(
      (store) => store.replace(key("e"), version, record("old"), next, record("next"), at(0)),
      () => holds("e", "old"),
    );
    expect(result).toEqual({ outcome: "saved", version: (await load(direct, next)).version });
    expect(await text(direct, next)).toBe("next");
  });

  test("a touch that the SDK repeats does what it was to do", async () => {
    const version = await create(direct, key("f"), record("first"));
    const touched = await withLostAnswer(
      (store) => store.touch(key("f"), version, at(2 * HOUR), at(0)),
      async () => (await load(direct, key("f"))).expires.getTime() === at(2 * HOUR).getTime(),
    );
    expect(touched).toBe(true);
  });

  test("a delete whose answer was lost does not say that there was nothing", async () => {
    await create(direct, key("g"), record("first"));
    const deleted = await withLostAnswer(
      (store) => store.delete(key("g")),
      async () => !(await lives(direct, key("g"))),
    );
    expect(deleted).toBeInstanceOf(Error);
  });

  test("a create that arrives once more when its record was ended makes nothing", async () => {
    const requestHandler = { requestTimeout: PATIENCE, throwOnRequestTimeout: true };
    const { store, client } = await through({ requestHandler });
    const TableName = tables.named("lost");
    const plain = { pk: { S: "plain" }, id: { S: "plain" } };
    proxy.delay(LATE);
    const sent = [
      store.create(key("h", ada), record("first"), at(0)),
      client.putItem({ TableName, Item: plain }),
    ];
    await sleep(PATIENCE / 2);
    await proxy.pass();
    // What is sent again comes through at once.
    await Promise.all(sent);
    await direct.delete(key("h", ada));
    const other = (await tables.open("lost")).client;
    await other.deleteItem({ TableName, Key: plain });
    const isBack = async () =>
      (await other.getItem({ TableName, Key: plain, ConsistentRead: true })).Item !== undefined;
    expect(await isBack()).toBe(false);
    // An item without such care comes back.
    await until("the first request", isBack);
    await sleep(100);
    expect(await lives(direct, key("h", ada))).toBe(false);
    expect(await direct.listOwned(ada, at(0))).toEqual([]);
  });

  test("under random resets every acknowledged write is there, and none is there twice", async () => {
    const { store } = await through();
    await create(direct, key("i"), record("0"));
    const outcomes = { saved: 0, failed: 0 };
    const write = async (one: SessionStore): Promise<void> => {
      for (let count = 0; count < 25; count++) {
        try {
          for (let outcome = ""; outcome !== "saved";) {
            const { data, version } = await load(one, key("i"));
            const next = Number(new TextDecoder().decode(data)) + 1;
            ({ outcome } = await one.save(key("i"), version, record(String(next)), at(0)));
          }
          outcomes.saved++;
        } catch {
          outcomes.failed++;
        }
      }
    };
    proxy.resetAtRandom(0.1);
    await Promise.all([write(store), write(store), write(direct)]);
    await proxy.pass();
    const total = Number(await text(direct, key("i")));
    expect(total).toBeGreaterThanOrEqual(outcomes.saved);
    expect(total).toBeLessThanOrEqual(outcomes.saved + outcomes.failed);
    const { version } = await load(store, key("i"));
    await save(store, key("i"), version, record("healthy"));
  });

  test("writes that a table has no capacity for are the driver's error, and change nothing", async () => {
    const version = await create(direct, key("j"), record("first"));
    const { store } = await tables.open("lost", tables.connect({ maxAttempts: 1 }));
    const error = { name: "ProvisionedThroughputExceededException" };
    await tables.server.throttle();
    try {
      await expect(store.create(key("k"), record("x"), at(0))).rejects.toMatchObject(error);
      await expect(store.save(key("j"), version, record("x"), at(0))).rejects.toMatchObject(error);
      await expect(store.touch(key("j"), version, at(2 * HOUR), at(0))).rejects.toMatchObject(error);
      await expect(store.delete(key("j"))).rejects.toMatchObject(error);
      expect(await load(store, key("j"))).toMatchObject({ version, ...record("first") });
    } finally {
      await tables.server.relieve();
    }
    await save(store, key("j"), version, record("second"));
  });
});
