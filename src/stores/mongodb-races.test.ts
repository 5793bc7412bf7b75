import { type Document, MongoClient } from "mongodb";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ChaosProxy, startProxy } from "../../test/support/chaos-proxy.ts";
import { until } from "../../test/support/kept-server.ts";
import { type Mongodb, openMongodb, startMongodb } from "../../test/support/mongodb-server.ts";
import type { SessionKey, SessionStore, Version } from "../session/store.ts";
import {
  assertStored,
  at,
  create,
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
import { type MongodbCollection, MongodbStore } from "./mongodb.ts";

const ada = tag("ada");

describe("MongodbStore against others and against itself", () => {
  let server: Mongodb;
  const clients: MongoClient[] = [];

  beforeAll(async () => {
    server = await openMongodb();
  }, 60_000);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });

  function connect(): MongoClient {
    const client = new MongoClient(server.url);
    clients.push(client);
    return client;
  }

  async function open(name: string) {
    const collection = connect().db().collection<{ _id: string } & Document>(name);
    const store = new MongodbStore(collection);
    await store.setup();
    return { collection, store };
  }

  /** Makes a command fail from now on, by MongoDB's own means. @returns what ends it */
  async function failing(command: string, data: Document): Promise<() => Promise<unknown>> {
    const admin = connect().db("admin");
    const set = (mode: string) =>
      admin.command({ configureFailPoint: "failCommand", mode, data: { failCommands: [command], ...data } });
    await set("alwaysOn");
    return () => set("off");
  }

  describe("logging out everywhere", () => {
    /** Gives a session new IDs, one after the other, until somebody has ended it. @returns how often */
    async function regenerate(
      store: SessionStore,
      first: SessionKey,
      name: string,
      made: Version,
    ): Promise<number> {
      let [current, version] = [first, made];
      for (let count = 1; count < 500; count++) {
        const next = key(`${name}-${count}`, first.owner);
        const result = await store.replace(current, version, record("retired"), next, record("x"), at(0));
        if (result.outcome !== "saved") return count - 1;
        // Its grace is over at once.
        await store.delete(current);
        [current, version] = [next, result.version];
      }
      throw new Error("Nobody ends it.");
    }

    test("ends a session that is getting new IDs all the time, together with everything that comes of it", async () => {
      const { collection, store } = await open("chains");
      const other = (await open("chains")).store;
      let regenerated = 0;
      for (let round = 0; round < 4; round++) {
        const owner = tag(`user-${round}`);
        // So many others that the deletion goes on for some time, before it meets the sessions and after it.
        const others = (name: string) =>
          collection.insertMany(
            Array.from({ length: 2000 }, (_, index) => ({ _id: `${name}-${round}-${index}`, owner })),
          );
        await others("before");
        const keys = Array.from({ length: 4 }, (_, index) => key(`chain-${round}-${index}`, owner));
        const versions = await Promise.all(keys.map((one) => create(store, one, record("x"))));
        await others("after");
        const chains = keys.map((one, index) =>
          regenerate(store, one, `next-${round}-${index}`, versions[index]!),
        );
        await sleep(5);
        await other.deleteOwned(owner, []);
        // Each of them comes to its end, because there is nothing left that it could go on from.
        for (const count of await Promise.all(chains)) regenerated += count;
        expect(await store.listOwned(owner, at(0))).toEqual([]);
      }
      expect(regenerated).toBeGreaterThan(4);
    });

    test("ends what was logged in before, among 50 parallel logins", async () => {
      const { store } = await open("logins");
      const answered: SessionKey[] = [];
      const login = async (index: number): Promise<void> => {
        const visitor = key(`visitor-${index}`);
        const version = await create(store, visitor, record("cart"));
        const next = key(`login-${index}`, ada);
        await store.replace(visitor, version, record("retired"), next, record("x"), at(0));
        answered.push(next);
      };
      const logins = Promise.all(Array.from({ length: 50 }, (_, index) => login(index)));
      await until("ten logins", async () => answered.length >= 10);
      const before = [...answered];
      await store.deleteOwned(ada, []);
      await logins;
      for (const one of before) expect(await lives(store, one)).toBe(false);
      await create(store, key("after", ada), record("x"));
      expect(await lives(store, key("after", ada))).toBe(true);
    });

    test("deleteAll ends visitors' sessions, too, and what they turn into", async () => {
      const { store } = await open("everything");
      const keys = Array.from({ length: 10 }, (_, index) =>
        key(`all-${index}`, index % 2 === 0 ? undefined : ada),
      );
      const versions = await Promise.all(keys.map((one) => create(store, one, record("x"))));
      const chains = keys.map((one, index) => regenerate(store, one, `next-${index}`, versions[index]!));
      await sleep(20);
      await store.deleteAll();
      await Promise.all(chains);
      expect(await store.deleteAll()).toBe(0);
    });
  });

  describe("replace", () => {
    test("takes the next record back when MongoDB refuses the second step", async () => {
      const { store, collection } = await open("second step");
      const version = await create(store, key("a"), record("kept"));
      let isFirst = true;
      const broken = withUpdates(collection, async (update) => {
        if (isFirst) {
          isFirst = false;
          return update();
        }
        const heal = await failing("update", { errorCode: 14_031 });
        return update().finally(heal);
      });
      const replaced = broken.replace(
        key("a"),
        version,
        record("retired"),
        key("b", ada),
        record("next"),
        at(0),
      );
      await expect(replaced).rejects.toMatchObject({ code: 14_031 });
      assertStored(await load(store, key("a")), record("kept"), at(0));
      expect(await store.delete(key("b", ada))).toBeUndefined();
    });

    test("fails as a whole when the next key is not new", async () => {
      const { store } = await open("taken");
      const version = await create(store, key("a"), record("first"));
      await create(store, key("b"), record("other"));
      const replaced = store.replace(key("a"), version, record("retired"), key("b"), record("next"), at(0));
      await expect(replaced).rejects.toThrow("next key");
      expect([await text(store, key("a")), await text(store, key("b"))]).toEqual(["first", "other"]);
    });
  });

  describe("writes that are sent twice", () => {
    test("know their own work", async () => {
      const { collection, store: direct } = await open("twice");
      const store = withUpdates(collection, async (update) => {
        await update();
        return update();
      });
      const version = await create(store, key("a"), record("first"));
      expect(version).toBe((await load(direct, key("a"))).version);
      expect(await store.create(key("a"), record("again"), at(0))).toBeUndefined();
      const saved = await save(store, key("a"), version, record("second"));
      assertStored(await load(direct, key("a")), record("second"), at(0));
      expect(await store.touch(key("a"), saved, at(2 * HOUR), at(0))).toBe(true);
      const next = await store.replace(
        key("a"),
        saved,
        record("retired"),
        key("b", ada),
        record("next"),
        at(0),
      );
      expect(savedVersion(next)).toBe((await load(direct, key("b", ada))).version);
      expect(await store.save(key("a"), saved, record("late"), at(0))).toMatchObject({ outcome: "conflict" });
    });
  });

  describe("an answer that says that the write may be undone", () => {
    const NOT_YET = { writeConcernError: { code: 64, errmsg: "waiting for replication timed out" } };

    test("is an error, though the write may be there", async () => {
      const { store } = await open("undone");
      const version = await create(store, key("a", ada), record("first"));
      const updates = await failing("update", NOT_YET);
      for (const unsure of [
        () => store.create(key("b"), record("x"), at(0)),
        () => store.save(key("a", ada), version, record("second"), at(0)),
        () => store.touch(key("a", ada), version, at(2 * HOUR), at(0)),
      ]) {
        await expect(unsure()).rejects.toMatchObject({ code: 64 });
      }
      await updates();
      const deletes = await failing("delete", NOT_YET);
      await expect(store.deleteOwned(ada, [])).rejects.toMatchObject({ code: 64 });
      await deletes();
      const ends = await failing("findAndModify", NOT_YET);
      await expect(store.delete(key("b"))).rejects.toMatchObject({ code: 64 });
      await ends();
    });
  });
});

type Update = () => ReturnType<MongodbCollection["updateOne"]>;

/** A store on the collection whose updates are what `change` makes of them. */
function withUpdates(
  collection: MongodbCollection,
  change: (update: Update) => ReturnType<Update>,
): MongodbStore {
  const updateOne: MongodbCollection["updateOne"] = (...args) => change(() => collection.updateOne(...args));
  return new MongodbStore(Object.create(collection, { updateOne: { value: updateOne } }));
}

for (const replicaSet of [false, true]) {
  describe(`MongodbStore when answers are lost, on ${replicaSet ? "a replica set" : "a server alone"}`, () => {
    let server: Mongodb;
    let proxy: ChaosProxy;
    let store: MongodbStore;
    let direct: MongodbStore;
    const clients: MongoClient[] = [];

    beforeAll(async () => {
      server = await startMongodb({ replicaSet });
      proxy = await startProxy(server.port, { seed: 7 });
      [direct, store] = [server.port, proxy.port].map((port) => {
        const client = new MongoClient(server.url.replace(String(server.port), String(port)));
        clients.push(client);
        return new MongodbStore(client.db().collection("lost"));
      }) as [MongodbStore, MongodbStore];
      await direct.setup();
    }, 60_000);

    afterEach(() => proxy.pass());

    afterAll(async () => {
      await Promise.all(clients.map((client) => client.close()));
      await proxy.close();
      await server.close();
    });

    /** Loses the connection when MongoDB has done what `run` wants of it, and before the answer is back. */
    async function withLostAnswer<T>(
      run: () => Promise<T>,
      isDone: () => Promise<boolean>,
    ): Promise<T | Error> {
      await until("a connection", () =>
        store.load(key("warm"), at(0)).then(
          () => true,
          () => false,
        ),
      );
      proxy.delay(150);
      const answer = run().catch((error: Error) => error);
      await until("what was sent", isDone);
      proxy.cut();
      await proxy.pass();
      return answer;
    }

    const holds = async (name: string, content: string) => (await text(direct, key(name))) === content;

    test("a create is sent again where MongoDB remembers it, and fails elsewhere", async () => {
      const created = await withLostAnswer(
        () => store.create(key("a"), record("first"), at(0)),
        () => holds("a", "first"),
      );
      if (replicaSet) expect(created).toBe((await load(direct, key("a"))).version);
      else expect(created).toBeInstanceOf(Error);
    });

    test("a save does not conflict with itself, and is not taken for one that changed nothing", async () => {
      for (const followed of [false, true]) {
        const name = `save-${followed}`;
        const version = await create(direct, key(name), record("first"));
        const result = await withLostAnswer(
          () => store.save(key(name), version, record("second"), at(0)),
          async () => {
            if (!(await holds(name, "second"))) return false;
            if (followed)
              await save(direct, key(name), (await load(direct, key(name))).version, record("third"));
            return true;
          },
        );
        if (replicaSet) expect(result).toMatchObject({ outcome: "saved" });
        else expect(result).toBeInstanceOf(Error);
        expect(await text(direct, key(name))).toBe(followed ? "third" : "second");
      }
    });

    test("a touch does not bring back an older expiry", async () => {
      const version = await create(direct, key("touch"), record("x"));
      const expires = async () => (await load(direct, key("touch"))).expires.getTime();
      await withLostAnswer(
        () => store.touch(key("touch"), version, at(2 * HOUR), at(0)),
        async () => {
          if ((await expires()) !== at(2 * HOUR).getTime()) return false;
          return direct.touch(key("touch"), version, at(3 * HOUR), at(0));
        },
      );
      expect(await expires()).toBe(at(3 * HOUR).getTime());
    });

    test("a delete gives what it ended, and never says that there was nothing", async () => {
      await create(direct, key("delete"), record("first"));
      const deleted = await withLostAnswer(
        () => store.delete(key("delete")),
        async () => !(await lives(direct, key("delete"))),
      );
      if (replicaSet) expect(deleted).toMatchObject(record("first"));
      else expect(deleted).toBeInstanceOf(Error);
    });

    test("under random resets every acknowledged write is there, and none is there twice", async () => {
      await create(direct, key("count"), record("0"));
      const outcomes = { saved: 0, failed: 0 };
      const write = async (one: SessionStore): Promise<void> => {
        for (let count = 0; count < 50; count++) {
          try {
            for (let outcome = ""; outcome !== "saved";) {
              const { data, version } = await load(one, key("count"));
              const next = Number(new TextDecoder().decode(data)) + 1;
              ({ outcome } = await one.save(key("count"), version, record(String(next)), at(0)));
            }
            outcomes.saved++;
          } catch {
            outcomes.failed++;
          }
        }
      };
      proxy.resetAtRandom(0.05);
      await Promise.all([write(store), write(store), write(direct)]);
      await proxy.pass();
      const total = Number(await text(direct, key("count")));
      expect(total).toBeGreaterThanOrEqual(outcomes.saved);
      expect(total).toBeLessThanOrEqual(outcomes.saved + outcomes.failed);
    });
  });
}
