/** hipflask's stores, each opened when its server starts, and the Redis that peers use as well. */
import { join } from "node:path";
import { createClient } from "redis";
import { serverSide } from "../../../dist/index.js";
import { FileStore } from "../../../dist/stores/file.js";
import { MemoryStore } from "../../../dist/stores/memory.js";
import { PostgresStore } from "../../../dist/stores/postgres.js";
import { RedisStore } from "../../../dist/stores/redis.js";
import { SqliteStore } from "../../../dist/stores/sqlite.js";
import { nativeSessions } from "./common.mjs";

const STORES = {
  MemoryStore: () => new MemoryStore(),
  "FileStore, fast": ({ folder }) => new FileStore(join(folder, "files"), { durability: "fast" }),
  "SqliteStore, fast": async ({ folder }) =>
    new SqliteStore(await openSqlite(join(folder, "sessions.db")), { durability: "fast" }),
  PostgresStore: async ({ postgres }) => {
    const { Pool } = (await import("pg")).default;
    return new PostgresStore(new Pool({ connectionString: postgres }));
  },
  RedisStore: async (backends) => new RedisStore(await redisClient(backends)),
};

/** A variant for each store: `serve` starts a server of the framework with these sessions. */
export function hipflaskOn(framework, serve) {
  const variants = Object.entries(STORES).map(([name, open]) => {
    const start = async (backends) => {
      const store = await open(backends);
      await store.setup?.();
      return serve(nativeSessions({ storage: serverSide(store) }));
    };
    return [`${framework} + hipflask ${name}`, start];
  });
  return Object.fromEntries(variants);
}

export function redisClient({ redis }) {
  return createClient({ url: redis }).connect();
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
