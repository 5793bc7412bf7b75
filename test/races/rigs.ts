import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  start(): Promise<Rig>;
}

/** Every store, on the real thing. */
export const RIGS: readonly RigKind[] = [
  { store: "memory", processes: 1, start: async () => rig("memory", "", async () => undefined) },
  { store: "file", processes: 4, start: () => inFolder("file", (folder) => join(folder, "sessions")) },
  { store: "sqlite", processes: 4, start: () => inFolder("sqlite", (folder) => join(folder, "sessions.db")) },
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
];

function rig(store: string, url: string, close: () => Promise<void>): Rig {
  return { env: { STORAGE: "server", STORE: store, STORE_URL: url }, close };
}

async function inFolder(store: string, path: (folder: string) => string): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-rig-"));
  return rig(store, path(folder), () => rm(folder, { recursive: true, force: true }));
}
