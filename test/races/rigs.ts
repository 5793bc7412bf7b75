import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDynamodb } from "../support/dynamodb-server.ts";
import { startMemcached } from "../support/memcached-server.ts";
import { openMongodb, REAL_MONGODB } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { startRedis, startRedisCluster } from "../support/redis-server.ts";

/** A place that the conformance app can keep its sessions in. */
export interface Rig {
  /** For the conformance app. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface RigKind {
  readonly store: string;
  /** The row of scripts/needs.mjs that it needs. */
  readonly needs?: string;
  /** How many processes can share it. */
  readonly processes: number;
  /** How many requests at once it can answer in time; of more than these some are refused. Default: all of them. */
  readonly bears?: number;
  /** Whether it can list and end a user's sessions. Default: true. */
  readonly owners?: boolean;
  start(): Promise<Rig>;
}

/** Every store, on the real thing. */
export const RIGS: readonly RigKind[] = [
  { store: "memory", processes: 1, start: async () => rig("memory", "", async () => undefined) },
  { store: "file", processes: 4, start: () => inFolder("file", (folder) => join(folder, "sessions")) },
  { store: "sqlite", processes: 4, start: () => inFolder("sqlite", (folder) => join(folder, "sessions.db")) },
  {
    store: "mysql",
    needs: "mysql",
    processes: 4,
    async start() {
      const server = await MysqlServer.start();
      return rig("mysql", server.url, () => server.close());
    },
  },
  {
    store: "postgres",
    needs: "postgres",
    processes: 4,
    async start() {
      const server = await PostgresServer.start();
      return rig("postgres", server.url, () => server.close());
    },
  },
  {
    store: "redis",
    needs: "redis",
    processes: 4,
    async start() {
      const server = await startRedis();
      return rig("redis", server.url, () => server.close());
    },
  },
  {
    store: "redis-cluster",
    needs: "redis",
    processes: 4,
    async start() {
      const cluster = await startRedisCluster();
      return rig("redis-cluster", cluster.nodes.map(({ url }) => url).join(","), () => cluster.close());
    },
  },
  {
    store: "memcached",
    needs: "memcached",
    processes: 4,
    owners: false,
    async start() {
      const servers = await Promise.all([startMemcached(), startMemcached()]);
      return rig("memcached", servers.map(({ url }) => url).join(","), async () => {
        for (const server of servers) await server.close();
      });
    },
  },
  {
    store: "mongodb",
    processes: 4,
    // The stand-in is slower than the real thing.
    ...(REAL_MONGODB === undefined ? { bears: 300 } : {}),
    async start() {
      const server = await openMongodb();
      return rig("mongodb", server.url, () => server.close());
    },
  },
  {
    store: "dynamodb",
    processes: 4,
    // The SDK takes a millisecond or two of the processor for each.
    bears: 100,
    async start() {
      const server = await startDynamodb();
      return rig("dynamodb", server.url, () => server.close());
    },
  },
];

function rig(store: string, url: string, close: () => Promise<void>): Rig {
  return { env: { STORAGE: "server", STORE: store, STORE_URL: url }, close };
}

async function inFolder(store: string, path: (folder: string) => string): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-rig-"));
  return rig(store, path(folder), () => rm(folder, { recursive: true, force: true }));
}
