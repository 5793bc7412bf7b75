/**
 * How each store is opened, and how the bytes are found that its backend holds: by the backend's own figures. Drivers are set up as
 * they come; those of databases have ten connections then.
 */
import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * @typedef {{ url: string, adminUrl?: string }} Place
 * @typedef {{ store: object, bytes: () => number | Promise<number>, filler?: object, filled?: () => Promise<unknown> }} Opened
 *   `store` waits for the disk as it does by default. Filling would take long with that: `filler` writes the same without, or
 *   `filled` tells the server that it is over
 */

/** @type {Record<string, (place: Place) => Promise<Opened>>} */
export const STORES = {
  async memory() {
    const { MemoryStore } = await import("../../dist/stores/memory.js");
    const store = new MemoryStore();
    return { store, bytes: memoryInUse };
  },

  async file({ url }) {
    const { FileStore } = await import("../../dist/stores/file.js");
    const filler = new FileStore(url, { durability: "fast" });
    return { store: new FileStore(url), filler, bytes: () => diskUse(url) };
  },

  async sqlite({ url }) {
    const { SqliteStore } = await import("../../dist/stores/sqlite.js");
    const path = join(url, "sessions.db");
    const database = await openSqlite(path);
    const filler = new SqliteStore(await openSqlite(path), { durability: "fast" });
    const bytes = () => {
      database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
      return statSync(path).size;
    };
    return { store: new SqliteStore(database), filler, bytes };
  },

  async postgres({ url }) {
    const { PostgresStore } = await import("../../dist/stores/postgres.js");
    const { Pool } = (await import("pg")).default;
    const pool = new Pool({ connectionString: url });
    const hasty = new Pool({ connectionString: url, options: "-c synchronous_commit=off" });
    const bytes = async () => {
      const { rows } = await pool.query("SELECT pg_total_relation_size('hipflask_sessions') AS size");
      return Number(rows[0].size);
    };
    return { store: new PostgresStore(pool), filler: new PostgresStore(hasty), bytes };
  },

  async mysql({ url, adminUrl }) {
    const { MysqlStore } = await import("../../dist/stores/mysql.js");
    const { createPool } = await import("mysql2/promise");
    const admin = createPool({ uri: adminUrl, connectionLimit: 1 });
    const flush = (level) => admin.query(`SET GLOBAL innodb_flush_log_at_trx_commit = ${level}`);
    await flush(0);
    const bytes = async () => {
      await admin.query("ANALYZE TABLE hipflask_sessions");
      const [rows] = await admin.query(
        "SELECT DATA_LENGTH + INDEX_LENGTH AS size FROM information_schema.TABLES WHERE TABLE_NAME = 'hipflask_sessions'",
      );
      return Number(rows[0].size);
    };
    return { store: new MysqlStore(createPool({ uri: url })), bytes, filled: () => flush(1) };
  },

  async redis({ url }) {
    const { RedisStore } = await import("../../dist/stores/redis.js");
    const { createClient } = await import("redis");
    const client = await createClient({ url }).connect();
    const bytes = async () => Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))[1]);
    return { store: new RedisStore(client), bytes };
  },

  async memcached({ url }) {
    const { MemcachedStore } = await import("../../dist/stores/memcached.js");
    const { MemcacheClient } = await import("memcache-client");
    const client = new MemcacheClient({ server: new URL(url).host, noDelay: true });
    const bytes = async () => {
      const { STAT } = await client.cmd("stats");
      return Number(STAT.find(([name]) => name === "bytes")[1]);
    };
    return { store: new MemcachedStore(client), bytes };
  },

  async mongodb({ url }) {
    const { MongodbStore } = await import("../../dist/stores/mongodb.js");
    const { MongoClient } = await import("mongodb");
    const records = new MongoClient(url).db().collection("sessions");
    const bytes = async () => sum(await records.find({}, { raw: true }).toArray(), ({ length }) => length);
    return { store: new MongodbStore(records), bytes };
  },

  async dynamodb({ url }) {
    const { DynamodbStore } = await import("../../dist/stores/dynamodb.js");
    const { DynamoDB } = await import("@aws-sdk/client-dynamodb");
    const { itemSize } = createRequire(import.meta.url)("dynalite/db");
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const client = new DynamoDB({ endpoint: url, region: "local", credentials });
    const bytes = async () => {
      let total = 0;
      let next;
      do {
        const page = await client.scan({ TableName: "hipflask_sessions", ExclusiveStartKey: next });
        total += sum(page.Items.map(inText), (item) => itemSize(item));
        next = page.LastEvaluatedKey;
      } while (next !== undefined);
      return total;
    };
    return { store: new DynamodbStore(client), bytes };
  },
};

/** What is still held after everything else was let go. */
async function memoryInUse() {
  for (let round = 0; round < 4; round++) {
    await delay(50);
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** As `du` counts: whole blocks, those of folders too. */
function diskUse(folder) {
  const names = readdirSync(folder, { recursive: true });
  return sum(names, (name) => statSync(join(folder, name)).blocks * 512);
}

/** Node's own SQLite, from Node 22 on; before, libsql's. */
async function openSqlite(path) {
  try {
    const { DatabaseSync } = await import("node:sqlite");
    return new DatabaseSync(path);
  } catch {
    const { default: Database } = await import("libsql");
    return new Database(path);
  }
}

/** An item as DynamoDB's protocol has it: bytes in base64. */
function inText(item) {
  const texts = Object.entries(item).map(([name, value]) => [
    name,
    value.B === undefined ? value : { B: Buffer.from(value.B).toString("base64") },
  ]);
  return Object.fromEntries(texts);
}

function sum(list, of) {
  return list.reduce((total, one) => total + of(one), 0);
}
