import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStore } from "hipflask";

/** Opens each store at a URL (for files: a path). Store and driver are loaded only when they are asked for. */
export const STORES = {
  memory: async (): Promise<SessionStore> => {
    const { MemoryStore } = await import("hipflask/stores/memory");
    return new MemoryStore();
  },

  file: async (path = temporary()) => {
    const { FileStore } = await import("hipflask/stores/file");
    return ready(new FileStore(path));
  },

  sqlite: async (path = join(temporary(), "sessions.db")) => {
    const { SqliteStore } = await import("hipflask/stores/sqlite");
    return ready(new SqliteStore((await openSqlite(path)) as never));
  },

  postgres: async (url = "postgres://127.0.0.1:5432/postgres") => {
    const { PostgresStore } = await import("hipflask/stores/postgres");
    const { Pool } = (await import("pg")).default;
    const pool = new Pool({
      connectionString: url,
      connectionTimeoutMillis: 1000,
      query_timeout: 1500,
      idleTimeoutMillis: 1000,
    });
    pool.on("error", () => undefined);
    return ready(new PostgresStore(pool));
  },

  redis: async (url = "redis://127.0.0.1:6379") => {
    const { RedisStore } = await import("hipflask/stores/redis");
    const { createClient } = await import("redis");
    const socket = { connectTimeout: 1000, reconnectStrategy: 200 } as const;
    const client = createClient({ url, pingInterval: 2000, socket });
    client.on("error", () => undefined);
    await client.connect();
    return ready(new RedisStore(client));
  },

  "redis-cluster": async (url = "redis://127.0.0.1:7000") => {
    const { RedisStore } = await import("hipflask/stores/redis");
    const { Cluster } = await import("ioredis");
    const nodes = url.split(",").map((node) => new URL(node));
    const client = new Cluster(nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port) })));
    client.on("error", () => undefined);
    return ready(new RedisStore(client));
  },
};

async function ready(store: SessionStore): Promise<SessionStore> {
  await store.setup?.();
  return store;
}

function temporary(): string {
  return mkdtempSync(join(tmpdir(), "hipflask-app-"));
}

/** The runtime's own SQLite, where it has one. */
async function openSqlite(path: string): Promise<unknown> {
  const require = createRequire(import.meta.url);
  try {
    const { DatabaseSync } = require("node:sqlite");
    return new DatabaseSync(path);
  } catch {
    const { default: Database } = await import("libsql");
    return new Database(path);
  }
}
