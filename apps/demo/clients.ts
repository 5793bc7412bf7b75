import { mkdtempSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Neither the runtime nor the project has SQLite. */
export class NoSqlite extends Error {
  constructor(cause?: unknown) {
    super("Accounts need SQLite, which is missing here. Node has it from 22.13 on.", { cause });
  }
}

/**
 * Opens the client of each database at a URL; for files and SQLite it is a path. A driver is loaded only when it is asked for.
 * Each client is set up to fail fast, so that a database that is down is found out.
 */
export const CLIENTS = {
  file: async (path = temporary()) => path,

  /** The runtime's own SQLite, where it has one. */
  sqlite: async (path = join(temporary(), "sessions.db")) => {
    try {
      const { DatabaseSync } = createRequire(import.meta.url)("node:sqlite");
      return new DatabaseSync(path);
    } catch {
      const { default: Database } = await import("libsql").catch((cause: unknown) => {
        throw new NoSqlite(cause);
      });
      return new Database(path);
    }
  },

  mysql: async (url = "mysql://root@127.0.0.1:3306/test") => {
    const { createPool } = await import("mysql2/promise");
    const pool = createPool({ uri: url, connectTimeout: 1000, maxIdle: 9, idleTimeout: 1000 });
    return pool;
  },

  postgres: async (url = "postgres://127.0.0.1:5432/postgres") => {
    const { Pool } = (await import("pg")).default;
    const pool = new Pool({
      connectionString: url,
      connectionTimeoutMillis: 1000,
      query_timeout: 1500,
      idleTimeoutMillis: 1000,
    });
    pool.on("error", () => undefined);
    return pool;
  },

  redis: async (url = "redis://127.0.0.1:6379") => {
    const { createClient } = await import("redis");
    const socket = { connectTimeout: 1000, reconnectStrategy: 200 } as const;
    const client = createClient({ url, pingInterval: 2000, socket });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  },

  "redis-cluster": async (url = "redis://127.0.0.1:7000") => {
    const { Cluster } = await import("ioredis");
    const nodes = url.split(",").map((node) => new URL(node));
    const client = new Cluster(nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port) })));
    client.on("error", () => undefined);
    return client;
  },

  memcached: async (url = "memcached://127.0.0.1:11211") => {
    const { MemcacheClient } = await import("memcache-client");
    const clients = url.split(",").map((one) => {
      const { hostname, port } = new URL(one);
      const server = `${hostname}:${port || 11211}`;
      return new MemcacheClient({ server, noDelay: true, connectTimeout: 2000 });
    });
    await Promise.all(clients.map((client) => client.version()));
    return clients;
  },

  mongodb: async (url = "mongodb://127.0.0.1:27017/hipflask") => {
    const { MongoClient } = await import("mongodb");
    const client = new MongoClient(url, {
      serverSelectionTimeoutMS: 2000,
      connectTimeoutMS: 2000,
      heartbeatFrequencyMS: 1000,
      socketTimeoutMS: 5000,
      maxPoolSize: 10,
    });
    return client;
  },

  dynamodb: async (endpoint = "http://127.0.0.1:8000") => {
    const { DynamoDB } = await import("@aws-sdk/client-dynamodb");
    // What stands in for DynamoDB on one's own machine asks for no particular credentials, but for some.
    const isLocal = ["127.0.0.1", "localhost"].includes(new URL(endpoint).hostname);
    const local = { region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
    const client = new DynamoDB({
      endpoint,
      ...(isLocal ? local : {}),
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 1000, requestTimeout: 1000, throwOnRequestTimeout: true },
    });
    return client;
  },
};

/** Whether {@link CLIENTS} can open SQLite's databases here. */
export async function hasSqlite(): Promise<boolean> {
  if (isBuiltin("node:sqlite")) return true;
  return import("libsql").then(
    () => true,
    () => false,
  );
}

function temporary(): string {
  return mkdtempSync(join(tmpdir(), "hipflask-app-"));
}
