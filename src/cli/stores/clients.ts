import type { RedisClient } from "../../stores/redis-client.ts";
import type { SqliteDatabase } from "../../stores/sqlite.ts";
import { driver } from "../driver.ts";
import { UsageError } from "../io.ts";
import { orClosed } from "./or-closed.ts";

/** Milliseconds. */
export const CONNECT_TIMEOUT = 5000;

interface OpenRedis {
  readonly client: RedisClient;
  close(): Promise<void>;
}

/** The runtime's own SQLite where it has one, or else a driver of the project's. */
export async function sqliteAt(path: string, cwd: string): Promise<SqliteDatabase & { close(): void }> {
  type Database = new (path: string) => SqliteDatabase & { close(): void };
  const own = process.getBuiltinModule?.("node:sqlite") as { DatabaseSync: Database } | undefined;
  if (own !== undefined) return new own.DatabaseSync(path);
  const { default: Driver } = await driver<{ default: Database }>(cwd, ["better-sqlite3", "libsql"]);
  return new Driver(path);
}

/** A Redis by whichever of the two drivers the project has. */
export async function redisAt(url: string, cwd: string): Promise<OpenRedis> {
  const module = await driver<{ createClient?: (options: object) => NodeRedis; default: Ioredis }>(cwd, [
    "redis",
    "ioredis",
  ]);
  if (module.createClient === undefined) {
    const client = new module.default(url, { connectTimeout: CONNECT_TIMEOUT, maxRetriesPerRequest: 3 });
    client.on("error", () => undefined);
    const close = async (): Promise<void> => client.disconnect();
    // Where the driver cannot select the database, it says so to that listener alone, and goes on with another one.
    await orClosed(close, () => client.select(client.options.db ?? 0));
    await orClosed(close, () => refuseNode(client.call("INFO", "cluster")));
    return { client, close };
  }
  // Long work outlives a short break of the connection.
  const reconnectStrategy = (attempts: number, cause: Error): number | Error => (attempts > 10 ? cause : 200);
  const client = module.createClient({ url, socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy } });
  client.on("error", () => undefined);
  await client.connect();
  const close = async (): Promise<void> => client.destroy();
  await orClosed(close, () => refuseNode(client.sendCommand(["INFO", "cluster"])));
  return { client, close };
}

/** A node of a Cluster has but a part of the sessions. Who may not ask has an account for one server. */
async function refuseNode(asked: Promise<unknown>): Promise<void> {
  const info = await asked.catch(() => "");
  if (/^cluster_enabled:1/m.test(String(info)))
    throw new UsageError(
      "This is a node of a Redis Cluster, and has but a part of the sessions. Write redis-cluster://HOST:PORT.",
    );
}

/** A Redis Cluster, of which the URL names some nodes. */
export async function redisClusterAt(url: string, cwd: string): Promise<OpenRedis> {
  const { default: ioredis } = await driver<{ default: Ioredis }>(cwd, ["ioredis"]);
  const nodes = url.replace(/^redis-cluster:\/\//i, "").split(",");
  const addresses = nodes.map((node) => new URL(`redis://${node}`));
  const { username, password } = addresses[0]!;
  const client = new ioredis.Cluster(
    addresses.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || 6379),
    })),
    {
      clusterRetryStrategy: (attempts: number) => (attempts > 10 ? null : 200),
      redisOptions: {
        connectTimeout: CONNECT_TIMEOUT,
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
      },
    },
  );
  client.on("error", () => undefined);
  return { client, close: async () => client.disconnect() };
}

interface Ioredis {
  new (url: string, options: object): RedisClient & Closable & Selecting;
  readonly Cluster: new (nodes: readonly object[], options: object) => RedisClient & Closable;
}

interface Selecting {
  call(command: string, ...args: string[]): Promise<unknown>;
  readonly options: { readonly db?: number };
  select(database: number): Promise<unknown>;
}

interface Closable {
  on(event: "error", listener: (error: Error) => void): unknown;
  disconnect(): void;
}

type NodeRedis = RedisClient & {
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(args: string[]): Promise<unknown>;
  destroy(): void;
};
