import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SessionStore } from "../../session/index.ts";
import { RECORDS, WORK } from "../../stores/file-layout.ts";
import type { DynamodbClient } from "../../stores/dynamodb-client.ts";
import type { MemcacheClient } from "../../stores/memcached-client.ts";
import type { MongodbCollection } from "../../stores/mongodb.ts";
import type { MysqlPool } from "../../stores/mysql.ts";
import type { PostgresPool } from "../../stores/postgres.ts";
import { driver } from "../driver.ts";
import { UsageError } from "../io.ts";
import { type Address, addressOf } from "./address.ts";
import { CONNECT_TIMEOUT, redisAt, redisClusterAt, sqliteAt } from "./clients.ts";
import { orClosed } from "./or-closed.ts";

/** A store, and what ends its connections. */
export interface OpenStore {
  readonly store: SessionStore;
  close(): Promise<void>;
}

/** Connects, and tells how the store is made, which may be refused. */
type Opener = (address: Address, cwd: string) => Promise<{ make(): SessionStore; close(): Promise<void> }>;

const OPENERS: Readonly<Record<string, Opener>> = {
  async file({ path }) {
    const { FileStore } = await import("../../stores/file.ts");
    return { make: () => new FileStore(path), close: async () => undefined };
  },

  async sqlite({ path, options }, cwd) {
    const { SqliteStore } = await import("../../stores/sqlite.ts");
    const database = await sqliteAt(path, cwd);
    const close = async () => database.close();
    return { make: () => new SqliteStore(database, table(options)), close };
  },

  async postgres({ url, options }, cwd) {
    const [{ PostgresStore }, { default: pg }] = await Promise.all([
      import("../../stores/postgres.ts"),
      driver<{ default: { Pool: new (options: object) => Pool<PostgresPool> } }>(cwd, ["pg"]),
    ]);
    const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT });
    pool.on("error", () => undefined);
    const close = () => pool.end();
    return { make: () => new PostgresStore(pool, table(options)), close };
  },

  async mysql({ url, options }, cwd) {
    const [{ MysqlStore }, { default: mysql }] = await Promise.all([
      import("../../stores/mysql.ts"),
      driver<{ default: { createPool(options: object): Pool<MysqlPool> } }>(cwd, ["mysql2/promise"]),
    ]);
    const pool = mysql.createPool({ uri: url, connectTimeout: CONNECT_TIMEOUT });
    const close = () => pool.end();
    return { make: () => new MysqlStore(pool, { ...table(options), timeout: 60 }), close };
  },

  async redis({ url, options }, cwd) {
    const { RedisStore } = await import("../../stores/redis.ts");
    const { client, close } = await redisAt(url, cwd);
    return { make: () => new RedisStore(client, prefix(options)), close };
  },

  async "redis-cluster"({ url, options }, cwd) {
    const { RedisStore } = await import("../../stores/redis.ts");
    const { client, close } = await redisClusterAt(url, cwd);
    return { make: () => new RedisStore(client, prefix(options)), close };
  },

  async mongodb({ url, options }, cwd) {
    const [{ MongodbStore }, { MongoClient }] = await Promise.all([
      import("../../stores/mongodb.ts"),
      driver<{ MongoClient: new (url: string, options: object) => Mongo }>(cwd, ["mongodb"]),
    ]);
    const client = new MongoClient(url, { serverSelectionTimeoutMS: CONNECT_TIMEOUT });
    const collection = client.db().collection(options.collection ?? "sessions");
    return { make: () => new MongodbStore(collection), close: () => client.close() };
  },

  async dynamodb({ url, options }, cwd) {
    const [{ DynamodbStore }, { DynamoDB }] = await Promise.all([
      import("../../stores/dynamodb.ts"),
      driver<{ DynamoDB: new (options: object) => DynamodbClient & { destroy(): void } }>(cwd, [
        "@aws-sdk/client-dynamodb",
      ]),
    ]);
    const { endpoint, region } = options;
    const client = new DynamoDB({ ...(endpoint && { endpoint }), ...(region && { region }) });
    const name = url.replace(/^dynamodb:(?:\/\/)?/i, "");
    return { make: () => new DynamodbStore(client, { table: name }), close: async () => client.destroy() };
  },

  async memcached({ url, options }, cwd) {
    const [{ MemcachedStore }, { MemcacheClient: Client }] = await Promise.all([
      import("../../stores/memcached.ts"),
      driver<{ MemcacheClient: new (options: object) => MemcacheClient & { shutdown(): void } }>(cwd, [
        "memcache-client",
      ]),
    ]);
    const servers = url.replace(/^memcached:\/\/|\/$/gi, "").split(",");
    const clients = servers.map(
      (server) =>
        new Client({
          server: /:\d+$/.test(server) ? server : `${server}:11211`,
          noDelay: true,
          connectTimeout: CONNECT_TIMEOUT,
        }),
    );
    const close = async () => clients.forEach((client) => client.shutdown());
    return { make: () => new MemcachedStore(clients, prefix(options)), close };
  },
};

/**
 * Opens the store at a URL, with a driver of the user's own project.
 *
 * @param options.make whether the store is made where there is none
 * @throws UsageError that says what is missing | whatever the driver says
 */
export async function openStore(
  url: string,
  cwd: string,
  { make = false }: { make?: boolean } = {},
): Promise<OpenStore> {
  const address = addressOf(url, cwd);
  const open = Object.hasOwn(OPENERS, address.kind) ? OPENERS[address.kind] : undefined;
  if (open === undefined)
    throw new UsageError(`There is no store of that kind. There are: ${Object.keys(OPENERS).join(", ")}.`);
  const { kind, path } = address;
  // A FileStore whose sessions have all been ended has its work folder alone.
  const places = kind === "file" ? [join(path, RECORDS), join(path, WORK)] : kind === "sqlite" ? [path] : [];
  if (!make && places.length > 0 && !places.some((place) => existsSync(place)))
    throw new UsageError(`There is nothing at ${places[0]}.`);
  const { make: makeStore, close } = await open(address, cwd);
  return orClosed(close, async () => {
    const store = makeStore();
    if (make) await store.setup?.();
    return { store, close };
  });
}

/** A pool of connections of a driver's. */
type Pool<Shape> = Shape & { on(event: "error", listener: () => void): unknown; end(): Promise<void> };

interface Mongo {
  db(): { collection(name: string): MongodbCollection };
  close(): Promise<void>;
}

function table({ table: name }: Address["options"]): { table?: string } {
  return name === undefined ? {} : { table: name };
}

function prefix({ prefix: text }: Address["options"]): { prefix?: string } {
  return text === undefined ? {} : { prefix: text };
}
