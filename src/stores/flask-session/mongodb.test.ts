import { BSON, type CommandStartedEvent, type Document, MongoClient, type MongoClientOptions } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { type ChaosProxy, startProxy } from "../../../test/support/chaos-proxy.ts";
import { until } from "../../../test/support/kept-server.ts";
import { type Mongodb, openMongodb, startMongodb } from "../../../test/support/mongodb-server.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { ConfigError, TooLargeError } from "../../errors.ts";
import { FlaskMongodbStore, type FlaskMongodbStoreOptions } from "./mongodb.ts";

/** A document that Flask-Session wrote. */
interface Written {
  readonly id: string;
  readonly backend: string;
  readonly filter: { readonly id: string };
  readonly doc_bson_hex: string;
  readonly val_hex: string;
  readonly expiration_ms: number;
}

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** Milliseconds that an answer is late, within which somebody must have seen that it is due. */
const LATE = 400;

describe("FlaskMongodbStore", () => {
  let server: Mongodb;
  const clients: MongoClient[] = [];

  beforeAll(async () => {
    server = await openMongodb();
  }, 60_000);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });

  function connect(options: MongoClientOptions = {}, { url } = server): MongoClient {
    const client = new MongoClient(url, options);
    clients.push(client);
    return client;
  }

  async function open(name: string, options: MongoClientOptions = {}, more: FlaskMongodbStoreOptions = {}) {
    const client = connect(options);
    const collection = client.db().collection(name);
    const store = new FlaskMongodbStore(collection, more);
    await store.setup();
    return { client, collection, store };
  }

  describe("the suite", () => {
    const two: MongoClient[] = [];
    let opened = 0;
    layoutSuite({
      open: async (space) => {
        const client = (two[opened++ % 2] ??= connect());
        const store = new FlaskMongodbStore(client.db().collection(space));
        await store.setup();
        return store;
      },
    });
  });

  test("what is no collection is refused, and says what to do", () => {
    const client = connect();
    const sessions = client.db("flask_session").collection("sessions");
    expect(() => new FlaskMongodbStore(sessions as never, { prefix: null as never })).toThrow(ConfigError);
    for (const wrong of [undefined, null, server.url, {}, client, client.db(), Promise.resolve()]) {
      expect(() => new FlaskMongodbStore(wrong as never)).toThrow(ConfigError);
      expect(() => new FlaskMongodbStore(wrong as never)).toThrow(/db\("flask_session"\)/);
    }
  });

  const written = vectors<Written>("flask_session_mongo_dynamo").filter(
    ({ backend }) => backend === "mongodb",
  );

  test("what Python wrote is loaded, and what is written is what Python would have: the document to the byte", async () => {
    expect(written.length).toBeGreaterThan(5);
    const { client, collection, store } = await open("vectors", { monitorCommands: true });
    const sent: Document[] = [];
    client.on("commandStarted", ({ commandName, command }: CommandStartedEvent) => {
      if (commandName === "update") sent.push(command["updates"][0]);
    });
    /** The vectors' ID is shorter than any of a real Flask-Session. */
    const own = key("SID");
    const id = `session:${own.id}`;
    for (const { filter, doc_bson_hex, val_hex, expiration_ms } of written) {
      const theirs = BSON.deserialize(Buffer.from(doc_bson_hex, "hex"));
      expect(theirs["id"]).toBe(filter.id);
      const document = { ...theirs, id };
      const [data, expires] = [Buffer.from(val_hex, "hex"), new Date(expiration_ms)];
      const before = new Date(expiration_ms - 1);
      const loaded = { data: new Uint8Array(data), version: new Uint8Array(data) };

      await collection.updateOne({ id }, { $set: document }, { upsert: true });
      expect(await store.load(own, before)).toEqual(loaded);
      expect(await store.load(own, expires)).toBeUndefined();
      expect(await store.delete(own)).toEqual(loaded);

      sent.length = 0;
      const other = (await store.create(own, record("other")))!;
      saved(await store.save(own, other, { data, expires }, at(0)));
      const [created, changed] = sent as [Document, Document];
      expect(created).toMatchObject({ q: { id }, upsert: true });
      expect(BSON.serialize(changed["u"].$set)).toEqual(BSON.serialize(document));
      await store.delete(own);

      await store.create(own, { data, expires });
      const { _id, ...rest } = sent.at(-1)!["u"].$setOnInsert;
      expect(_id).toBe(id);
      expect(BSON.serialize(rest)).toEqual(BSON.serialize(document));
      const { _id: kept, ...found } = (await collection.findOne({ id }, { promoteBuffers: false }))!;
      expect(kept).toBe(id);
      expect(Object.fromEntries(Object.entries(found).toSorted())).toEqual(
        Object.fromEntries(
          Object.entries(theirs)
            .toSorted()
            .map(([name, value]) => [name, name === "id" ? id : value]),
        ),
      );
      await store.delete(own);
    }
  });

  test("setup makes Flask-Session's index, and one of the IDs where there is none", async () => {
    const { collection, store } = await open("indexes");
    await store.setup();
    expect(await collection.indexes()).toMatchObject([
      { name: "_id_" },
      { name: "expiration_1", key: { expiration: 1 }, expireAfterSeconds: 0 },
      { name: "id_1", key: { id: 1 } },
    ]);
    const theirs = connect().db().collection("their_indexes");
    await theirs.createIndex("expiration", { expireAfterSeconds: 0 });
    await theirs.createIndex("id", { unique: true });
    const other = new FlaskMongodbStore(theirs);
    await Promise.all([other.setup(), other.setup()]);
    expect(await theirs.indexes()).toHaveLength(3);
    expect(await other.create(key("a"), record("kept"))).toBeDefined();
    expect(await other.create(key("a"), record("again"))).toBeUndefined();
    const short = connect().db().collection("short");
    await short.createIndex("expiration", { expireAfterSeconds: 60 });
    await expect(new FlaskMongodbStore(short).setup()).rejects.toMatchObject({ code: 85 });
  });

  test("of two that find no document the later one is refused by what Python leaves to chance", async () => {
    const { collection, store } = await open("taken");
    const id = `session:${key("a").id}`;
    await collection.insertOne({ _id: id as never, id: "not yet to be found" });
    expect(await store.create(key("a"), record("late"))).toBeUndefined();
    expect(await collection.find().toArray()).toHaveLength(1);
    await collection.createIndex("other", { unique: true });
    await expect(store.create(key("b"), record("x"))).rejects.toMatchObject({ code: 11_000 });
  });

  test("a session that Python brought back twice is ended as one", async () => {
    const { collection, store } = await open("twice");
    const theirs = { id: `session:${key("a").id}`, val: Buffer.from("back"), expiration: at(HOUR) };
    await collection.insertMany([{ ...theirs }, { ...theirs }, { ...theirs, id: "another" }]);
    expect(text(await store.load(key("a"), at(0)))).toBe("back");
    expect(await store.create(key("a"), record("new"))).toBeUndefined();
    expect(text(await store.delete(key("a")))).toBe("back");
    expect(await store.load(key("a"), at(0))).toBeUndefined();
    expect(await collection.find().toArray()).toHaveLength(1);
  });

  test("what Python wrote in the meantime is a conflict, and what it brought back can be loaded", async () => {
    const { collection, store } = await open("python", {}, { prefix: "app:" });
    const id = `app:${key("a").id}`;
    const upsert = (val: string) =>
      collection.updateOne(
        { id },
        { $set: { id, val: Buffer.from(val), expiration: at(DAY) } },
        { upsert: true },
      );
    const version = (await store.create(key("a"), record("ours")))!;
    await upsert("theirs");
    const late = await store.save(key("a"), version, record("late"), at(0));
    expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
    expect(await store.touch(key("a"), version, at(HOUR), at(0))).toBe(false);
    if (late.outcome === "conflict")
      saved(await store.save(key("a"), late.current.version, record("merged"), at(0)));
    await store.delete(key("a"));
    await upsert("back");
    expect(text(await store.load(key("a"), at(DAY - 1)))).toBe("back");
  });

  test("a session without an end, and one whose bytes are no bytes, can be neither read nor written", async () => {
    const { collection, store } = await open("strange");
    for (const [name, more] of [
      ["null", { val: Buffer.from("x"), expiration: null }],
      ["none", { val: Buffer.from("x") }],
      ["text", { val: Buffer.from("x"), expiration: "2999-01-01" }],
      ["string", { val: "99999999999", expiration: at(HOUR) }],
      ["number", { val: 99_999_999_999, expiration: at(HOUR) }],
      ["nothing", { expiration: at(HOUR) }],
    ] as const) {
      await collection.insertOne({ id: `session:${key(name).id}`, ...more });
      expect(await store.load(key(name), at(0))).toBeUndefined();
      expect(await store.save(key(name), Buffer.from("x"), record("y"), at(0))).toEqual({ outcome: "gone" });
      expect(await store.touch(key(name), Buffer.from("x"), at(HOUR), at(0))).toBe(false);
      expect(await store.create(key(name), record("y"))).toBeUndefined();
      await store.delete(key(name));
      expect(await collection.findOne({ id: `session:${key(name).id}` })).toBeNull();
    }
  });

  test("options that a program has chosen change nothing, and writes wait for the majority", async () => {
    const { client, store } = await open("chosen", {
      raw: true,
      promoteBuffers: false,
      promoteValues: false,
      ignoreUndefined: true,
      readPreference: "secondaryPreferred",
      writeConcern: { w: 0 },
      monitorCommands: true,
    });
    const sent: Document[] = [];
    client.on("commandStarted", ({ command }: CommandStartedEvent) => sent.push(command));
    const version = (await store.create(key("a"), record("first")))!;
    const second = saved(await store.save(key("a"), version, record("second"), at(0)));
    expect(await store.load(key("a"), at(0))).toEqual({ data: record("second").data, version: second });
    expect(await store.save(key("a"), version, record("late"), at(0))).toMatchObject({ outcome: "conflict" });
    expect(text(await store.delete(key("a")))).toBe("second");
    const writes = sent.filter(
      (command) => "update" in command || "delete" in command || "findAndModify" in command,
    );
    expect(writes).toHaveLength(5);
    for (const command of writes) expect(command["writeConcern"]).toMatchObject({ w: "majority", j: true });
  });

  test("a session that no document has room for is refused", async () => {
    const { store } = await open("large");
    const large = { data: new Uint8Array(16 * 1024 * 1024), expires: at(HOUR) };
    await expect(store.create(key("a"), large)).rejects.toThrow(TooLargeError);
    const version = (await store.create(key("a"), record("kept")))!;
    await expect(store.save(key("a"), version, large, at(0))).rejects.toThrow(TooLargeError);
    expect(text(await store.load(key("a"), at(0)))).toBe("kept");
  });
});

describe("FlaskMongodbStore, when answers get lost", () => {
  let server: Mongodb;
  let proxy: ChaosProxy;
  const clients: MongoClient[] = [];

  beforeAll(async () => {
    server = await startMongodb({ replicaSet: true });
    proxy = await startProxy(server.port, { seed: 3 });
  }, 60_000);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await proxy.close();
    await server.close();
  });

  async function open(port: number): Promise<FlaskMongodbStore> {
    // A monitor that hears of the lost connection first keeps the driver from sending anything again.
    const client = new MongoClient(server.url.replace(`:${server.port}/`, `:${port}/`), {
      serverMonitoringMode: "poll",
      heartbeatFrequencyMS: 60_000,
    });
    clients.push(client);
    await client.connect();
    return new FlaskMongodbStore(client.db().collection("lost"));
  }

  /** Loses the connection when the server has done what `run` wants of it, and before the answer is back. */
  async function withLostAnswer<T>(
    run: (store: FlaskMongodbStore) => Promise<T>,
    isDone: () => Promise<boolean>,
  ): Promise<T> {
    const store = await open(proxy.port);
    await store.load(key("warm"), at(0));
    proxy.delay(LATE);
    const answer = run(store);
    answer.catch(() => undefined);
    await until("what was sent", isDone);
    proxy.cut();
    await proxy.pass();
    return answer;
  }

  test("the driver sends a write again, and the server knows it", async () => {
    const direct = await open(server.port);
    const holds = async (name: string, content: string) =>
      text(await direct.load(key(name), at(0))) === content;
    const created = await withLostAnswer(
      (store) => store.create(key("a"), record("first")),
      () => holds("a", "first"),
    );
    expect(created).toEqual(record("first").data);
    const result = await withLostAnswer(
      (store) => store.save(key("a"), created!, record("second"), at(0)),
      () => holds("a", "second"),
    );
    expect(result).toMatchObject({ outcome: "saved" });
    const touched = await withLostAnswer(
      (store) => store.touch(key("a"), record("second").data, at(DAY), at(0)),
      async () => text(await direct.load(key("a"), at(DAY - 1))) === "second",
    );
    expect(touched).toBe(true);
    const deleted = await withLostAnswer(
      (store) => store.delete(key("a")),
      async () => (await direct.load(key("a"), at(0))) === undefined,
    );
    expect(text(deleted)).toBe("second");
  });
});
