import { createRequire } from "node:module";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisStore as ConnectRedis } from "connect-redis";
import pg from "pg";
import { createClient } from "redis";
import session, { type SessionOptions, type Store } from "hipflask/express-session";
import { MemoryStore } from "hipflask/stores/memory";
import { RedisStore } from "hipflask/stores/redis";
import { PostgresServer } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";

const require = createRequire(import.meta.url);

/** A place that stores of several processes share. */
export interface Place {
  /** A store on this space of the place, as each process of an application has one. */
  open(space: string): Promise<{ store: NonNullable<SessionOptions["store"]>; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface PlaceKind {
  readonly name: string;
  readonly needs?: string;
  /** Whether it is a store of ours, which has nothing that two processes could lose. */
  readonly isOurs: boolean;
  start(): Promise<Place>;
}

type Factory = (base: typeof session) => new (options: object) => Store;

const none = async (): Promise<void> => undefined;

async function onRedis(
  storeFor: (
    client: Awaited<ReturnType<typeof connect>>,
    space: string,
  ) => NonNullable<SessionOptions["store"]>,
): Promise<Place> {
  const server = await startRedis();
  return {
    async open(space) {
      const client = await connect(server.url);
      return { store: storeFor(client, space), close: async () => client.destroy() };
    },
    close: () => server.close(),
  };
}

async function connect(url: string) {
  const client = createClient({ url });
  client.on("error", () => undefined);
  return client.connect();
}

/** Stores of express-session's, and ours. */
export const PLACES: readonly PlaceKind[] = [
  {
    name: "connect-redis",
    needs: "redis",
    isOurs: false,
    start: () =>
      onRedis((client, space) => new ConnectRedis({ client, prefix: `${space}:` }) as unknown as Store),
  },
  {
    name: "connect-pg-simple",
    needs: "postgres",
    isOurs: false,
    async start() {
      const PgStore = (require("connect-pg-simple") as Factory)(session);
      const server = await PostgresServer.start();
      return {
        async open(space) {
          const pool = new pg.Pool({ connectionString: server.url, max: 5 });
          pool.on("error", () => undefined);
          // The name of its primary key is the same for every table.
          await pool.query(`CREATE SCHEMA IF NOT EXISTS ${space}`);
          const options = {
            pool,
            schemaName: space,
            createTableIfMissing: true,
            pruneSessionInterval: false,
          };
          const store = new PgStore(options);
          return { store, close: () => pool.end() };
        },
        close: () => server.close(),
      };
    },
  },
  {
    name: "session-file-store",
    isOurs: false,
    async start() {
      const FileStore = (require("session-file-store") as Factory)(session);
      const folder = await mkdtemp(join(tmpdir(), "hipflask-session-file-store-"));
      return {
        async open(space) {
          const options = { path: join(folder, space), retries: 0, reapInterval: -1, logFn: () => undefined };
          return { store: new FileStore(options), close: none };
        },
        close: () => rm(folder, { recursive: true, force: true }),
      };
    },
  },
  {
    name: "memorystore",
    isOurs: false,
    async start() {
      const ForMemory = (require("memorystore") as Factory)(session);
      const stores = new Map<string, Store>();
      return {
        async open(space) {
          const store = stores.get(space) ?? new ForMemory({});
          stores.set(space, store);
          return { store, close: none };
        },
        close: none,
      };
    },
  },
  {
    name: "hipflask's RedisStore",
    needs: "redis",
    isOurs: true,
    start: () => onRedis((client, space) => new RedisStore(client, { prefix: `${space}:` })),
  },
  {
    name: "hipflask's MemoryStore",
    isOurs: true,
    async start() {
      const stores = new Map<string, MemoryStore>();
      return {
        async open(space) {
          const store = stores.get(space) ?? new MemoryStore();
          stores.set(space, store);
          return { store, close: none };
        },
        close: none,
      };
    },
  },
];
