import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStore } from "hipflask";
import { DynamodbStore } from "hipflask/stores/dynamodb";
import { FileStore } from "hipflask/stores/file";
import { MemcachedStore } from "hipflask/stores/memcached";
import { MongodbStore } from "hipflask/stores/mongodb";
import { MysqlStore } from "hipflask/stores/mysql";
import { PostgresStore } from "hipflask/stores/postgres";
import { RedisStore } from "hipflask/stores/redis";
import { SqliteStore } from "hipflask/stores/sqlite";
import { Redis } from "ioredis";
import Database from "libsql";
import { MemcacheClient } from "memcache-client";
import { MongoClient } from "mongodb";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProxy } from "../support/chaos-proxy.ts";
import { connectDynamodb, startDynamodb } from "../support/dynamodb-server.ts";
import { startMemcached } from "../support/memcached-server.ts";
import { startMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { startRedis } from "../support/redis-server.ts";
import { checkHistories } from "./linearizability.ts";

const SEEDS = Array.from({ length: process.env["HIPFLASK_LONG"] === "1" ? 8 : 1 }, (_, i) => i + 1);
const SLOW = { timeout: 300_000 };

interface Opened {
  readonly store: SessionStore;
  close(): Promise<void>;
}

describe("random histories of eight clients are linearizable on", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hipflask-histories-"));
  });

  afterAll(() => rm(folder, { recursive: true }));

  test.each(SEEDS)("SqliteStore (seed %i)", SLOW, async (seed) => {
    const open = async (space: string): Promise<Opened> => {
      const database = new Database(join(folder, `${space}.db`));
      return { store: new SqliteStore(database), close: async () => void database.close() };
    };
    expect((await checkHistories(open, { seed }))["save saved"]).toBeGreaterThan(0);
  });

  test.each(SEEDS)("FileStore (seed %i)", SLOW, async (seed) => {
    const open = async (space: string): Promise<Opened> => ({
      store: new FileStore(join(folder, space), { durability: "fast" }),
      close: async () => undefined,
    });
    expect((await checkHistories(open, { seed }))["save saved"]).toBeGreaterThan(0);
  });
});

/** Checks histories over connections whose data is delayed at random, and which break now and then. */
async function checkDisturbed(
  server: { readonly port: number; close(): unknown },
  seed: number,
  open: (port: number, space: string) => Promise<Opened>,
): Promise<void> {
  const proxy = await startProxy(server.port, { seed });
  try {
    const outcomes = await checkHistories((space) => open(proxy.port, space), {
      seed,
      timeout: 500,
      disturb() {
        proxy.delay(0, 3);
        proxy.resetAtRandom(0.05);
      },
      calm: () => proxy.pass(),
    });
    expect(outcomes["save saved"]).toBeGreaterThan(0);
  } finally {
    await proxy.close();
    await server.close();
  }
}

const TITLE = "random histories over connections that break are linearizable on";

describeWith("redis", TITLE, () => {
  const clients: Record<string, (port: number) => Promise<Opened>> = {
    "node-redis": async (port) => {
      const client = createClient({ socket: { port, reconnectStrategy: 10 } });
      client.on("error", () => undefined);
      await client.connect();
      return { store: new RedisStore(client), close: async () => client.destroy() };
    },
    ioredis: async (port) => {
      const client = new Redis(port, "127.0.0.1", {
        retryStrategy: () => 10,
        // A touch that is sent again may bring back an older expiry: docs/stores/redis.md.
        autoResendUnfulfilledCommands: false,
      });
      client.on("error", () => undefined);
      // `once` of node:events would take a broken connection for the end.
      await new Promise((resolve) => client.once("ready", resolve));
      return { store: new RedisStore(client), close: async () => client.disconnect() };
    },
  };
  const cases = SEEDS.flatMap((seed) =>
    Object.entries(clients).map(([name, open]) => ({ name, open, seed })),
  );

  test.each(cases)("RedisStore with $name (seed $seed)", SLOW, async ({ open, seed }) =>
    checkDisturbed(await startRedis(), seed, open),
  );
});

describeWith("memcached", TITLE, () => {
  test.each(SEEDS)("MemcachedStore (seed %i)", SLOW, async (seed) =>
    checkDisturbed(await startMemcached(), seed, async (port) => {
      const client = new MemcacheClient({ server: `127.0.0.1:${port}`, noDelay: true });
      return { store: new MemcachedStore(client), close: async () => client.shutdown() };
    }),
  );
});

describe(TITLE, () => {
  const cases = SEEDS.flatMap((seed) => [false, true].map((replicaSet) => ({ seed, replicaSet })));

  test.each(cases)(
    "MongodbStore (seed $seed, replica set: $replicaSet)",
    SLOW,
    async ({ seed, replicaSet }) => {
      const server = await startMongodb({ replicaSet });
      await checkDisturbed(server, seed, async (port, space) => {
        const url = server.url.replace(String(server.port), String(port));
        const client = new MongoClient(url, { maxPoolSize: 2 });
        return { store: new MongodbStore(client.db().collection(space)), close: () => client.close() };
      });
    },
  );

  test.each(SEEDS)("DynamodbStore (seed %i)", SLOW, async (seed) =>
    checkDisturbed(await startDynamodb(), seed, async (port, space) => {
      // A touch that is sent again may bring back an older expiry: docs/stores/dynamodb.md.
      const client = connectDynamodb(`http://127.0.0.1:${port}`, { maxAttempts: 1 });
      return { store: new DynamodbStore(client, { table: space }), close: async () => client.destroy() };
    }),
  );
});

describeWith("mysql", TITLE, () => {
  test.each(SEEDS)("MysqlStore (seed %i)", SLOW, async (seed) => {
    const server = await MysqlServer.start();
    await checkDisturbed(server, seed, async (port, space) => {
      const uri = server.url.replace(String(server.port), String(port));
      const pool = createPool({ uri, connectionLimit: 2 });
      return { store: new MysqlStore(pool, { table: space }), close: () => pool.end() };
    });
  });
});

describeWith("postgres", TITLE, () => {
  test.each(SEEDS)("PostgresStore (seed %i)", SLOW, async (seed) => {
    const server = await PostgresServer.start();
    await checkDisturbed(server, seed, async (port, space) => {
      const connectionString = server.url.replace(String(server.port), String(port));
      const pool = new pg.Pool({ connectionString, max: 2 });
      pool.on("error", () => undefined);
      return { store: new PostgresStore(pool, { table: space }), close: () => pool.end() };
    });
  });
});
