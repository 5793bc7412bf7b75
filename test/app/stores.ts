import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStore } from "hipflask";
import { FileStore } from "hipflask/stores/file";
import { MemoryStore } from "hipflask/stores/memory";
import { PostgresStore } from "hipflask/stores/postgres";
import { RedisStore } from "hipflask/stores/redis";
import { SqliteStore } from "hipflask/stores/sqlite";

/** Opens each store at a URL (for files: a path). A driver is loaded only when it is asked for. */
export const STORES = {
  memory: async (): Promise<SessionStore> => new MemoryStore(),

  file: (path = temporary()) => ready(new FileStore(path)),

  sqlite: async (path = join(temporary(), "sessions.db")) => ready(new SqliteStore(await openSqlite(path))),

  postgres: async (url = "postgres://127.0.0.1:5432/postgres") => {
    const { Pool } = (await import("pg")).default;
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 1000 });
    pool.on("error", () => undefined);
    return ready(new PostgresStore(pool));
  },

  redis: async (url = "redis://127.0.0.1:6379") => {
    const { createClient } = await import("redis");
    const client = createClient({ url });
    client.on("error", () => undefined);
    await client.connect();
    return ready(new RedisStore(client));
  },

  "redis-cluster": async (url = "redis://127.0.0.1:7000") => {
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
async function openSqlite(path: string): Promise<ConstructorParameters<typeof SqliteStore>[0]> {
  const require = createRequire(import.meta.url);
  try {
    const { DatabaseSync } = require("node:sqlite");
    return new DatabaseSync(path);
  } catch {
    const { default: Database } = await import("libsql");
    return new Database(path) as never;
  }
}
