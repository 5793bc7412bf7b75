import { type CommandStartedEvent, type Document, MongoClient, type MongoClientOptions } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../../test/support/kept-server.ts";
import { type Mongodb, openMongodb } from "../../test/support/mongodb-server.ts";
import { ConfigError, TooLargeError } from "../errors.ts";
import { storeSuite } from "../testing/index.ts";
import {
  assertGone,
  assertStored,
  at,
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
import { type MongodbCollection, MongodbStore } from "./mongodb.ts";

const ada = tag("ada");
/** The most bytes of data that a record may have. */
const MOST = 16 * 1024 * 1024 - 16 * 1024;

describe("MongodbStore", () => {
  let server: Mongodb;
  const clients: MongoClient[] = [];

  beforeAll(async () => {
    server = await openMongodb();
  }, 60_000);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });

  function connect(options: MongoClientOptions = {}): MongoClient {
    const client = new MongoClient(server.url, options);
    clients.push(client);
    return client;
  }

  async function open(name: string, options: MongoClientOptions = {}) {
    const client = connect(options);
    const collection = client.db().collection<{ _id: string } & Document>(name);
    const store = new MongodbStore(collection);
    await store.setup();
    return { client, collection, store };
  }

  describe("the suite", () => {
    const two: MongoClient[] = [];
    let spaces = 0;
    storeSuite({
      test,
      open: async (space) => {
        const client = (two[spaces++ % 2] ??= connect());
        return { store: new MongodbStore(client.db().collection(space)), close: async () => undefined };
      },
      capabilities: { owners: true, deleteAll: true, list: true },
    });
  });

  test("what is no collection is refused, and says what to do", async () => {
    const client = connect();
    for (const wrong of [undefined, null, server.url, {}, client, client.db(), Promise.resolve()]) {
      expect(() => new MongodbStore(wrong as unknown as MongodbCollection)).toThrow(ConfigError);
      expect(() => new MongodbStore(wrong as unknown as MongodbCollection)).toThrow(
        /client\.db\("app"\)\.collection/,
      );
    }
  });

  describe("keys", () => {
    /** What somebody may try to make of a session's ID. */
    const HOSTILE = [
      { $ne: "" },
      { $gt: "" },
      { $regex: ".*" },
      ["a".padEnd(43, "_")],
      Object("a".padEnd(43, "_")),
      /.*/,
      null,
      0,
      true,
      () => true,
      "",
      "$where".padEnd(43, "a"),
      "a.b".padEnd(43, "c"),
      `${"a".repeat(42)}\0`,
      `${"a".repeat(42)}\n`,
      `${"a".repeat(42)}é`,
      `${"a".repeat(42)}\ud800`,
      `${"a".repeat(43)} `,
      "a".repeat(44),
      "a".repeat(100_000),
    ] as string[];

    test("that are no text of base64url are refused before anything is sent", async () => {
      const { client, store } = await open("hostile", { monitorCommands: true });
      const version = await create(store, key("a", ada), record("kept"));
      const sent: CommandStartedEvent[] = [];
      client.on("commandStarted", (event) => sent.push(event));
      for (const hostile of HOSTILE) {
        for (const wrong of [
          { id: hostile, owner: undefined },
          { id: key("a").id, owner: hostile },
        ]) {
          for (const refused of [
            () => store.create(wrong, record("x"), at(0)),
            () => store.load(wrong, at(0)),
            () => store.save(wrong, version, record("x"), at(0)),
            () => store.replace(wrong, version, record("x"), key("b"), record("x"), at(0)),
            () => store.replace(key("a", ada), version, record("x"), wrong, record("x"), at(0)),
            () => store.touch(wrong, version, at(HOUR), at(0)),
            () => store.delete(wrong),
          ]) {
            await expect(refused()).rejects.toThrow(TypeError);
          }
        }
        for (const refused of [
          () => store.listOwned(hostile, at(0)),
          () => store.deleteOwned(hostile, []),
          () => store.deleteOwned(ada, [hostile]),
        ]) {
          await expect(refused()).rejects.toThrow(TypeError);
        }
      }
      expect(sent).toEqual([]);
      assertStored(await load(store, key("a", ada)), record("kept"), at(0));
    });

    test("a version that is a condition is met by no record", async () => {
      const { store } = await open("versions");
      await create(store, key("a"), record("kept"));
      const condition = { $ne: "" } as unknown as string;
      expect(await store.save(key("a"), condition, record("x"), at(0))).toMatchObject({
        outcome: "conflict",
      });
      expect(await store.touch(key("a"), condition, at(2 * HOUR), at(0))).toBe(false);
      assertStored(await load(store, key("a")), record("kept"), at(0));
    });

    test("that look alike are different ones", async () => {
      const { store } = await open("alike");
      const ids = [
        "a",
        "A",
        "-a",
        "_a",
        "0",
        "00",
        "0e1",
        "1",
        "01",
        "1e0",
        "null",
        "true",
        "__proto__",
        "constructor",
      ];
      for (const id of ids) await create(store, { id: id.padStart(43, "x"), owner: undefined }, record(id));
      for (const id of ids)
        expect(await text(store, { id: id.padStart(43, "x"), owner: undefined })).toBe(id);
      for (const owner of ["AdA", "aDa"]) await create(store, key(owner, tag(owner)), record(owner));
      expect(await store.deleteOwned(tag("AdA"), [])).toBe(1);
      expect(await text(store, key("aDa", tag("aDa")))).toBe("aDa");
    });
  });

  test("a record may have almost all of the 16 MiB of a document, and not a byte more", async () => {
    const { store } = await open("large");
    const data = new Uint8Array(MOST).map((_, index) => index * 31);
    const version = await create(store, key("a", ada), { data, expires: at(400 * DAY) });
    assertStored(await load(store, key("a", ada)), { data, expires: at(400 * DAY) }, at(0));
    const saved = await save(store, key("a", ada), version, {
      data: data.toReversed(),
      expires: at(400 * DAY),
    });
    const large = { data: new Uint8Array(MOST + 1), expires: at(HOUR) };
    for (const refused of [
      () => store.create(key("b"), large, at(0)),
      () => store.save(key("a", ada), saved, large, at(0)),
      () => store.replace(key("a", ada), saved, large, key("b"), record("x"), at(0)),
      () => store.replace(key("a", ada), saved, record("x"), key("b"), large, at(0)),
    ]) {
      const error = await refused().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TooLargeError);
      expect(error).toMatchObject({ code: "TOO_LARGE", size: MOST + 1, limit: MOST });
    }
    expect(await lives(store, key("b"))).toBe(false);
    const [listed] = await store.listOwned(ada, at(0));
    expect(Buffer.compare(listed!.data, data.toReversed())).toBe(0);
  });

  test("a user's list may be longer than one answer of MongoDB", async () => {
    const { store } = await open("long list");
    const data = new Uint8Array(100_000);
    const keys = Array.from({ length: 250 }, (_, index) => key(`many-${index}`, ada));
    await Promise.all(keys.map((one) => create(store, one, { data, expires: at(HOUR) })));
    const listed = await store.listOwned(ada, at(0));
    expect(listed.map((one) => one.key.id).toSorted()).toEqual(keys.map(({ id }) => id).toSorted());
  });

  describe("what is sent", () => {
    /** A store, and what it sent since this was asked last. */
    async function watched(name: string, options: MongoClientOptions = {}) {
      const one = await open(name, { monitorCommands: true, ...options });
      let sent: Document[] = [];
      one.client.on("commandStarted", ({ command }) => sent.push(command));
      return { ...one, sent: () => [sent, (sent = [])][0]! };
    }

    test("is one command for each operation, and one more to tell of a conflict", async () => {
      const { store, sent } = await watched("counted");
      const names = () => sent().map((command) => Object.keys(command)[0]);
      const first = await create(store, key("a", ada), record("1"));
      expect(names()).toEqual(["update"]);
      await store.create(key("a", ada), record("again"), at(0));
      expect(names()).toEqual(["update"]);
      await load(store, key("a", ada));
      expect(names()).toEqual(["find"]);
      const second = await save(store, key("a", ada), first, record("2"));
      expect(names()).toEqual(["update"]);
      await store.save(key("a", ada), first, record("3"), at(0));
      expect(names()).toEqual(["update", "find"]);
      await store.save(key("b"), first, record("3"), at(0));
      expect(names()).toEqual(["update", "find"]);
      await store.touch(key("a", ada), second, at(2 * HOUR), at(0));
      expect(names()).toEqual(["update"]);
      await store.replace(key("a", ada), second, record("3"), key("b", ada), record("4"), at(0));
      expect(names()).toEqual(["update", "update"]);
      await store.replace(key("a", ada), second, record("3"), key("c", ada), record("4"), at(0));
      expect(names()).toEqual(["update", "update", "find", "findAndModify"]);
      await store.listOwned(ada, at(0));
      expect(names()).toEqual(["find"]);
      await store.delete(key("a", ada));
      expect(names()).toEqual(["findAndModify"]);
      await store.deleteOwned(ada, []);
      expect(names()).toEqual(["delete", "delete"]);
      await store.deleteAll();
      expect(names()).toEqual(["delete", "delete"]);
    });

    test("asks for the majority's word and the primary's, whatever the client does by default", async () => {
      const { store, sent } = await watched("concerns", {
        writeConcern: { w: 0 },
        readConcern: { level: "available" },
        readPreference: "secondary",
        retryWrites: false,
        directConnection: true,
      });
      const version = await create(store, key("a", ada), record("1"));
      await save(store, key("a", ada), version, record("2"));
      await store.touch(key("a", ada), version, at(2 * HOUR), at(0));
      await store.replace(key("a", ada), version, record("3"), key("b", ada), record("4"), at(0));
      await store.listOwned(ada, at(0));
      await store.deleteOwned(ada, []);
      await store.deleteAll();
      await store.setup();
      const commands = sent();
      expect(commands.length).toBeGreaterThan(10);
      for (const command of commands) {
        if ("find" in command) {
          expect(command).toMatchObject({ readConcern: { level: "local" } });
          expect(["primary", "primaryPreferred", undefined]).toContain(command["$readPreference"]?.mode);
        } else {
          expect(command).toMatchObject({ writeConcern: { w: "majority", j: true } });
        }
      }
    });

    test("comes back as it was, whatever the client makes of values", async () => {
      const data = Uint8Array.from({ length: 256 }, (_, index) => index);
      for (const options of [
        { promoteValues: false, promoteLongs: false },
        { promoteBuffers: true, useBigInt64: true },
        { raw: true },
        { ignoreUndefined: true, serializeFunctions: true, enableUtf8Validation: false },
        { compressors: ["zlib"] },
      ] satisfies MongoClientOptions[]) {
        const { store } = await open(`values ${Object.keys(options).join(" ")}`, options);
        const version = await create(store, key("a", ada), { data, expires: at(HOUR) });
        const kept = { version, data, expires: at(HOUR), seen: at(0) };
        expect(await store.load(key("a", ada), at(0))).toEqual(kept);
        expect(await store.touch(key("a", ada), version, at(HOUR), at(0))).toBe(true);
        expect(await store.listOwned(ada, at(0))).toEqual([{ ...kept, key: key("a", ada) }]);
        expect(await store.delete(key("a", ada))).toEqual(kept);
      }
    });
  });

  describe("setup", () => {
    test("makes the indexes once, by any number of processes at the same time", async () => {
      const collections = Array.from({ length: 20 }, () =>
        connect({ maxPoolSize: 1 }).db().collection("made"),
      );
      await Promise.all(collections.map((collection) => new MongodbStore(collection).setup()));
      await new MongodbStore(collections[0]!).setup();
      const indexes = await collections[0]!.indexes();
      expect(indexes).toEqual([
        { v: 2, key: { _id: 1 }, name: "_id_" },
        { v: 2, key: { owner: 1 }, name: "owner", sparse: true },
        { v: 2, key: { removeAt: 1 }, name: "removeAt", expireAfterSeconds: 0 },
      ]);
    });

    test("does not change an index of the same name that is another one", async () => {
      const collection = connect().db().collection("other index");
      await collection.createIndex({ removeAt: 1 }, { name: "removeAt", expireAfterSeconds: 3600 });
      await expect(new MongodbStore(collection).setup()).rejects.toMatchObject({ code: 85 });
    });

    test("is not needed for anything but speed and cleaning", async () => {
      const store = new MongodbStore(connect().db().collection("without"));
      const old = await create(store, key("old", ada), record("x"));
      const spared = await create(store, key("spared", ada), record("x"));
      expect((await store.listOwned(ada, at(0))).length).toBe(2);
      expect(await store.deleteOwned(ada, [key("spared").id])).toBe(1);
      await assertGone(store, key("old", ada), old);
      await save(store, key("spared", ada), spared, record("x"));
    });
  });

  describe("cleaning", () => {
    test("counts from MongoDB's own clock, and is a minute late", async () => {
      const { store, collection } = await open("clocks");
      const removal = async (): Promise<number> => {
        const doc = await collection.findOne({ _id: key("a").id });
        return doc!["removeAt"].getTime() - Date.now();
      };
      const expectAbout = async (expected: number): Promise<void> => {
        const found = await removal();
        expect(found).toBeGreaterThan(expected - 5000);
        expect(found).toBeLessThan(expected + 5000);
      };
      // As far as the store is told it is the year 2031, or 1990.
      const version = await create(store, key("a"), record("x", HOUR));
      await expectAbout(HOUR + 60_000);
      await store.touch(key("a"), version, at(400 * DAY), at(0));
      await expectAbout(400 * DAY + 60_000);
      const past = new Date("1990-01-01");
      const saved = await store.save(
        key("a"),
        version,
        { data: new Uint8Array(), expires: new Date(past.getTime() + 1000) },
        past,
      );
      await expectAbout(61_000);
      const gone = { data: new Uint8Array(), expires: new Date("1980-01-01") };
      await store.save(key("a"), savedVersion(saved), gone, past);
      await expectAbout(60_000);
    });

    test("removes what is over, and nothing else", async () => {
      const { client, store, collection } = await open("cleaned");
      const admin = client.db("admin");
      await create(store, key("kept"), record("x"));
      await create(store, key("over", ada), record("x"));
      await collection.updateOne({ _id: key("over").id }, { $set: { removeAt: new Date(Date.now() + 500) } });
      try {
        await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
        await until(
          "an empty place",
          async () => (await collection.findOne({ _id: key("over").id })) === null,
        );
      } finally {
        await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 60 });
      }
      expect(await lives(store, key("kept"))).toBe(true);
      // The key may be used again, as after a delete.
      await create(store, key("over", ada), record("x"));
    });
  });

  test("another unique index of the collection does not look like a key that is taken", async () => {
    const { store, collection } = await open("unique");
    await collection.createIndex({ seen: 1 }, { unique: true });
    await create(store, key("a", ada), record("x"));
    await expect(store.create(key("b", ada), record("x"), at(0))).rejects.toMatchObject({ code: 11_000 });
  });
});
