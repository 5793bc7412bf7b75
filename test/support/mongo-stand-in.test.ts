import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  Binary,
  type Collection,
  Double,
  Int32,
  Long,
  MongoClient,
  MongoServerError,
  ObjectId,
} from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { until } from "./kept-server.ts";
import { type Mongodb, type MongodbServer, openMongodb, startMongodb } from "./mongodb-server.ts";
import { describeWith } from "./provisioned.ts";

type Docs = Collection<Record<string, any>>;

/** With `MONGODB_URL` a real server answers these questions: the stand-in must be right wherever it answers at all. */
describe("what MongoDB does, and its stand-in too", () => {
  let server: Mongodb;
  let client: MongoClient;
  let docs: Docs;
  let count = 0;

  beforeAll(async () => {
    server = await openMongodb();
    client = new MongoClient(server.url);
  }, 60_000);

  beforeEach(() => {
    count += 1;
    docs = client.db().collection(`docs_${count}`);
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const ids = async (filter: object): Promise<unknown[]> =>
    (await docs.find(filter, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id);

  test.each([
    [{ n: 5 }, [1, 2, 3]],
    [{ n: { $gt: 4, $lt: 6 } }, [1, 2, 3]],
    [{ n: { $gte: "5" } }, [4]],
    [{ n: { $lt: new Date(10) } }, [5]],
    [{ n: { $gt: null } }, []],
    [{ n: { $gte: null } }, [6, 7]],
    [{ n: null }, [6, 7]],
    [{ n: { $ne: 5 } }, [4, 5, 6, 7, 8, 9, 10]],
    [{ n: { $in: [5, null, "5"] } }, [1, 2, 3, 4, 6, 7]],
    [{ n: { $nin: [5, null] } }, [4, 5, 8, 9, 10]],
    [{ n: { $exists: false } }, [7]],
    [{ n: { $exists: true, $ne: null } }, [1, 2, 3, 4, 5, 8, 9, 10]],
    [{ n: { $type: "number" } }, [1, 2, 3, 10]],
    [{ n: { $type: ["int", 18] } }, [1, 3]],
    [{ n: { $gt: new Binary(Buffer.of(1)) } }, [8]],
    [{ n: { a: 1, b: 2 } }, [9]],
    [{ n: { b: 2, a: 1 } }, []],
    [{ n: { $lte: 5 } }, [1, 2, 3]],
    [{ n: { $eq: new Binary(Buffer.of(1, 2), 0) } }, [8]],
    [{ n: { $eq: new Binary(Buffer.of(1, 2), 5) } }, []],
    [{ $or: [{ n: "5" }, { _id: 5 }], _id: { $gt: 4 } }, [5]],
    [{ $and: [{ n: 5 }, { _id: { $ne: 2 } }] }, [1, 3]],
    [{ _id: new Long(2) }, [2]],
    [{ _id: "2" }, []],
  ])("%j finds %j", async (filter, expected) => {
    await docs.insertMany([
      { _id: 1, n: new Int32(5) },
      { _id: 2, n: new Double(5) },
      { _id: 3, n: Long.fromNumber(5) },
      { _id: 4, n: "5" },
      { _id: 5, n: new Date(5) },
      { _id: 6, n: null },
      { _id: 7 },
      { _id: 8, n: new Binary(Buffer.of(1, 2)) },
      { _id: 9, n: { a: 1, b: 2 } },
      { _id: 10, n: new Double(Number.NaN) },
    ] as never);
    expect(await ids(filter)).toEqual(expected);
  });

  test("values sort by their types first", async () => {
    const values = [null, new Double(Number.NaN), -1, 2.5, Long.MAX_VALUE, "", "Z", "a", "é", { a: 1 }];
    const more = [
      new Binary(Buffer.of(9)),
      new Binary(Buffer.of(1, 1)),
      new ObjectId(),
      false,
      true,
      new Date(0),
    ];
    const sorted = [...values, ...more].map((n, _id) => ({ _id, n }));
    await docs.insertMany(sorted.toReversed() as never);
    const found = await docs.find({}, { sort: { n: 1 } }).toArray();
    expect(found.map(({ _id }) => _id)).toEqual(sorted.map(({ _id }) => _id));
    const backwards = await docs
      .find({}, { sort: { n: -1 }, skip: 2, limit: 3, projection: { _id: 1 } })
      .toArray();
    expect(backwards).toEqual([{ _id: 13 }, { _id: 12 }, { _id: 11 }]);
  });

  test("an update changes what it says, and an upsert begins with what its filter says", async () => {
    const filter = { _id: "a", kind: "x", n: { $gt: 1 } } as never;
    const update = { $set: { s: 1 }, $setOnInsert: { made: true }, $inc: { n: 2 }, $unset: { gone: "" } };
    expect(await docs.updateOne(filter, update)).toMatchObject({ matchedCount: 0, upsertedCount: 0 });
    expect(await docs.updateOne(filter, update, { upsert: true })).toMatchObject({
      upsertedCount: 1,
      upsertedId: "a",
    });
    expect(await docs.findOne()).toEqual({ _id: "a", kind: "x", s: 1, made: true, n: 2 });
    expect(await docs.updateOne(filter, update, { upsert: true })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 1,
    });
    expect(await docs.updateOne({}, { $set: { s: 1 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    expect(await docs.findOne()).toMatchObject({ n: 4, made: true });
    await docs.updateOne({}, { $inc: { n: new Int32(2 ** 31 - 1) } });
    expect(await ids({ n: { $type: "long" } })).toEqual(["a"]);
    await docs.replaceOne({}, { only: 1 });
    expect(await docs.findOne()).toEqual({ _id: "a", only: 1 });
  });

  test("a pipeline sets fields, and reckons with the server's time", async () => {
    const stages = [{ $set: { later: { $add: ["$$NOW", 60_000] }, text: { $literal: "$text" } } }];
    await docs.updateOne({ _id: "a" as never, kind: "x" }, stages, { upsert: true });
    const { later, ...rest } = (await docs.findOne())!;
    expect(rest).toEqual({ _id: "a", kind: "x", text: "$text" });
    expect(Math.abs(later.getTime() - Date.now() - 60_000)).toBeLessThan(5000);
  });

  test("findAndModify gives the document before or after, and removes one", async () => {
    await docs.insertMany([{ n: 1 }, { n: 2 }]);
    const [last, returnDocument] = [{ sort: { n: -1 } }, "after"] as const;
    expect(await docs.findOneAndUpdate({}, { $inc: { n: 5 } }, last)).toMatchObject({ n: 2 });
    expect(await docs.findOneAndUpdate({}, { $inc: { n: 5 } }, { ...last, returnDocument })).toMatchObject({
      n: 12,
    });
    const only = { upsert: true, returnDocument, projection: { _id: 0 } } as const;
    expect(await docs.findOneAndUpdate({ n: 99 }, { $set: { m: 1 } }, only)).toEqual({ n: 99, m: 1 });
    expect(await docs.findOneAndDelete({ n: { $gt: 50 } })).toMatchObject({ n: 99 });
    expect(await docs.findOneAndDelete({ n: { $gt: 50 } })).toBeNull();
  });

  test.each([
    ["the same _id", 11_000, () => docs.insertMany([{ _id: 1 }, { _id: 1 }] as never)],
    [
      "an upsert over another document",
      11_000,
      async () => {
        await docs.insertOne({ _id: "a", v: 1 } as never);
        await docs.updateOne({ _id: "a" as never, v: 2 }, { $set: { n: 1 } }, { upsert: true });
      },
    ],
    [
      "an _id that changes",
      66,
      async () => {
        await docs.insertOne({ _id: "a" } as never);
        await docs.updateOne({}, { $set: { _id: "b" } });
      },
    ],
    [
      "one field changed twice",
      40,
      () => docs.updateOne({}, { $set: { a: 1 }, $inc: { a: 1 } }, { upsert: true }),
    ],
    ["an operator that there is not", 9, () => docs.updateOne({}, { $sett: { a: 1 } } as never)],
    ["a condition that there is not", 2, () => docs.findOne({ a: { $like: "x" } } as never)],
    [
      "a sum with a text",
      14,
      async () => {
        await docs.insertOne({ n: "x" });
        await docs.updateOne({}, { $inc: { n: 1 } });
      },
    ],
    ["a command that there is not", 59, () => client.db().command({ obey: 1 })],
    ["a field that a command has not", 40_415, () => client.db().command({ find: "x", colour: "red" })],
  ])("%s is the error %i", async (_, code, run) => {
    await expect(run()).rejects.toMatchObject({ code });
  });

  test("an index may be unique, with or without those that have no value", async () => {
    await docs.createIndex({ a: 1 }, { unique: true, sparse: true });
    await docs.insertMany([{ a: 1 }, {}, {}]);
    await expect(docs.insertOne({ a: new Double(1) })).rejects.toMatchObject({
      code: 11_000,
      keyPattern: { a: 1 },
    });
    await docs.createIndex({ b: 1, c: 1 }, { name: "both" });
    await docs.createIndex({ b: 1, c: 1 }, { name: "both" });
    await expect(docs.createIndex({ a: 1 }, { name: "a again" })).rejects.toMatchObject({ code: 85 });
    await expect(docs.createIndex({ d: 1 }, { name: "both" })).rejects.toMatchObject({ code: 86 });
    await expect(docs.createIndex({ _id: 1, d: 1 }, { unique: true })).resolves.toBe("_id_1_d_1");
    expect((await docs.indexes()).map(({ name }) => name)).toEqual(["_id_", "a_1", "both", "_id_1_d_1"]);
  });

  test("a long answer comes in pieces", async () => {
    await docs.insertMany(Array.from({ length: 250 }, (_, n) => ({ n })));
    expect((await docs.find().toArray()).map(({ n }) => n)).toEqual(Array.from({ length: 250 }, (_, n) => n));
    const cursor = docs.find({}, { batchSize: 100 });
    expect(await cursor.next()).toMatchObject({ n: 0 });
    await cursor.close();
    expect(await docs.deleteMany({ n: { $lt: 100 } })).toMatchObject({ deletedCount: 100 });
    expect(await docs.updateMany({}, { $set: { n: 0 } })).toMatchObject({
      matchedCount: 150,
      modifiedCount: 150,
    });
    expect(await docs.deleteOne({ n: 0 })).toMatchObject({ deletedCount: 1 });
  });

  test("a document of more than 16 MiB is refused", async () => {
    await docs.insertOne({ _id: "a", data: new Binary(Buffer.alloc(10 * 1024 * 1024)) } as never);
    const more = { $set: { more: new Binary(Buffer.alloc(7 * 1024 * 1024)) } };
    await expect(docs.updateOne({}, more)).rejects.toBeInstanceOf(MongoServerError);
    expect(Object.keys((await docs.findOne())!)).toEqual(["_id", "data"]);
  });
});

describe("the stand-in for MongoDB", () => {
  let server: MongodbServer;
  let client: MongoClient;

  beforeAll(async () => {
    server = await startMongodb({ durable: true, replicaSet: true });
    client = new MongoClient(server.url, { heartbeatFrequencyMS: 500 });
  }, 60_000);

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  test.each<[string, (docs: Docs) => Promise<unknown>]>([
    ["paths into documents", (docs) => docs.findOne({ "a.b": 1 })],
    [
      "conditions on arrays",
      async (docs) => {
        await docs.insertOne({ a: [1] });
        await docs.findOne({ a: 1 });
      },
    ],
    ["the top-level operator $nor", (docs) => docs.findOne({ $nor: [{ a: 1 }] })],
    ["values of the type BSONRegExp", (docs) => docs.findOne({ a: /x/ })],
    ["the stage $unset in an update", (docs) => docs.updateOne({}, [{ $unset: "a" }])],
    [
      "the expression $concat",
      (docs) => docs.updateOne({}, [{ $set: { a: { $concat: ["a"] } } }], { upsert: true }),
    ],
    ["paths in expressions", (docs) => docs.updateOne({}, [{ $set: { a: "$b" } }], { upsert: true })],
    ["collation of a write", (docs) => docs.deleteOne({}, { collation: { locale: "en" } })],
    [
      "the option partialFilterExpression of an index",
      (docs) => docs.createIndex({ a: 1 }, { partialFilterExpression: { a: 1 } }),
    ],
    ["names of fields that are numbers", (docs) => docs.insertOne({ 1: 1 })],
    ["this projection", (docs) => docs.findOne({}, { projection: { a: { $slice: 1 } } })],
    [
      "afterClusterTime of a read concern",
      (docs) => client.db().command({ find: docs.collectionName, readConcern: { afterClusterTime: 1 } }),
    ],
  ])("refuses %s, which it does not know", async (what, run) => {
    const refused = run(client.db().collection(`refused ${what.replaceAll("$", "")}`));
    await expect(refused).rejects.toMatchObject({
      code: 238,
      message: `The stand-in for MongoDB does not know ${what}.`,
    });
  });

  test("gives up what takes longer than it may", async () => {
    const admin = client.db("admin");
    const slow = { failCommands: ["ping"], blockConnection: true, blockTimeMS: 50 };
    await admin.command({ configureFailPoint: "failCommand", mode: { times: 1 }, data: slow });
    await expect(admin.command({ ping: 1, maxTimeMS: 20 })).rejects.toMatchObject({ code: 50 });
    await expect(admin.command({ ping: 1, maxTimeMS: 20 })).resolves.toMatchObject({ ok: 1 });
  });

  test("knows no transactions", async () => {
    const session = client.startSession();
    session.startTransaction();
    await expect(client.db().collection("t").insertOne({}, { session })).rejects.toMatchObject({
      code: 40_415,
    });
    await session.endSession();
  });

  test("does a numbered write once, also when it was killed in between", async () => {
    // The numbers of its session are this test's alone.
    const numbering = new MongoClient(server.url);
    const db = numbering.db();
    const session = numbering.startSession();
    const write = (txnNumber: number) => ({
      findAndModify: "once",
      query: { _id: "n" },
      update: { $inc: { n: 1 } },
      upsert: true,
      new: true,
      txnNumber: Long.fromNumber(txnNumber),
    });
    const run = (txnNumber: number) => db.command(write(txnNumber), { session }).then(({ value }) => value.n);
    expect([await run(1), await run(1), await run(2), await run(2)]).toEqual([1, 1, 2, 2]);
    await expect(run(1)).rejects.toMatchObject({ code: 225 });
    await server.kill();
    await server.start();
    await until("an answer", () =>
      db.command({ ping: 1 }).then(
        () => true,
        () => false,
      ),
    );
    expect([await run(2), await run(3)]).toEqual([2, 3]);
    expect(await db.collection("once").findOne()).toMatchObject({ n: 3 });
    await numbering.close();
  });

  test("has what it answered after it was killed", async () => {
    const docs: Docs = client.db().collection("kept");
    await docs.createIndex({ a: 1 }, { unique: true });
    await docs.insertMany(Array.from({ length: 100 }, (_, a) => ({ _id: a as never, a })));
    await docs.updateMany({ a: { $gte: 50 } }, { $set: { changed: true } });
    await docs.deleteMany({ a: { $lt: 10 } });
    await server.kill();
    await server.start();
    const found = await docs.find().toArray();
    expect(found).toEqual(
      Array.from({ length: 90 }, (_, i) => ({
        _id: i + 10,
        a: i + 10,
        ...(i >= 40 ? { changed: true } : {}),
      })),
    );
    await expect(docs.insertOne({ a: 10 })).rejects.toMatchObject({ code: 11_000 });
  });

  test("tells a client that waits for news that there are none", async () => {
    const beats: boolean[] = [];
    client.on("serverHeartbeatSucceeded", ({ awaited }) => beats.push(awaited));
    await until("three heartbeats", async () => beats.filter((awaited) => awaited).length >= 3);
  });
});

describeWith("pymongo", "the stand-in for MongoDB and Python's driver", () => {
  test("pymongo writes and reads bytes and dates", async () => {
    const server = await openMongodb();
    try {
      const script = fileURLToPath(new URL("pymongo_check.py", import.meta.url));
      const { stdout } = await promisify(execFile)("/usr/bin/python3", [script, server.url]);
      expect(stdout).toBe("ok\n");
      const client = new MongoClient(server.url);
      const [kept] = await client.db().collection("python").find().toArray();
      await client.close();
      expect(kept).toMatchObject({ id: "session:b", expiration: new Date("2031-01-02T03:04:05.678Z") });
      expect(Buffer.from(kept!["val"].buffer)).toEqual(Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    } finally {
      await server.close();
    }
  });
});
