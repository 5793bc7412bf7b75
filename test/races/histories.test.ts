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
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
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

/** Delays each piece of data at random and now and then breaks a connection. */
function disturb(proxy: ChaosProxy): void {
  proxy.delay(0, 3);
  proxy.resetAtRandom(0.05);
}

describeWith("redis", "random histories over connections that break are linearizable on", () => {
  const clients = {
    "node-redis": async (port: number) => {
      const client = createClient({ socket: { port, reconnectStrategy: 10 } });
      client.on("error", () => undefined);
      await client.connect();
      return { store: new RedisStore(client), close: async () => client.destroy() };
    },
    ioredis: async (port: number) => {
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

  test.each(cases)("RedisStore with $name (seed $seed)", SLOW, async ({ open, seed }) => {
    const server = await startRedis();
    const proxy = await startProxy(server.port, { seed });
    try {
      const opened = async (): Promise<Opened> => {
        proxy.pass();
        const connected = await open(proxy.port);
        disturb(proxy);
        return connected;
      };
      const outcomes = await checkHistories(opened, { seed, timeout: 500, calm: () => proxy.pass() });
      expect(outcomes["save saved"]).toBeGreaterThan(0);
    } finally {
      await proxy.close();
      await server.close();
    }
  });
});

describeWith("memcached", "random histories over connections that break are linearizable on", () => {
  test.each(SEEDS)("MemcachedStore (seed %i)", SLOW, async (seed) => {
    const server = await startMemcached();
    const proxy = await startProxy(server.port, { seed });
    disturb(proxy);
    try {
      const open = async (): Promise<Opened> => {
        const client = new MemcacheClient({ server: `127.0.0.1:${proxy.port}`, noDelay: true });
        return { store: new MemcachedStore(client), close: async () => client.shutdown() };
      };
      const outcomes = await checkHistories(open, { seed, timeout: 500, calm: () => proxy.pass() });
      expect(outcomes["save saved"]).toBeGreaterThan(0);
    } finally {
      await proxy.close();
      await server.close();
    }
  });
});

describe("random histories over connections to MongoDB that break are linearizable on", () => {
  /** Whose indexes were made over a better connection. */
  class Ready extends MongodbStore {
    override async setup(): Promise<void> {}
  }

  const cases = SEEDS.flatMap((seed) => [false, true].map((replicaSet) => ({ seed, replicaSet })));

  test.each(cases)(
    "MongodbStore (seed $seed, replica set: $replicaSet)",
    SLOW,
    async ({ seed, replicaSet }) => {
      const server = await startMongodb({ replicaSet });
      const proxy = await startProxy(server.port, { seed });
      try {
        const open = async (space: string): Promise<Opened> => {
          const direct = new MongoClient(server.url);
          await new MongodbStore(direct.db().collection(space)).setup();
          await direct.close();
          const url = server.url.replace(String(server.port), String(proxy.port));
          const client = new MongoClient(url, { maxPoolSize: 2 });
          disturb(proxy);
          return { store: new Ready(client.db().collection(space)), close: () => client.close() };
        };
        const outcomes = await checkHistories(open, { seed, timeout: 500, calm: () => proxy.pass() });
        expect(outcomes["save saved"]).toBeGreaterThan(0);
      } finally {
        await proxy.close();
        await server.close();
      }
    },
  );
});

describeWith("mysql", "random histories over connections that break are linearizable on", () => {
  test.each(SEEDS)("MysqlStore (seed %i)", SLOW, async (seed) => {
    const server = await MysqlServer.start();
    const proxy = await startProxy(server.port, { seed });
    try {
      const uri = server.url.replace(String(server.port), String(proxy.port));
      const open = async (space: string): Promise<Opened> => {
        proxy.pass();
        const pool = createPool({ uri, connectionLimit: 2 });
        const store = new MysqlStore(pool, { table: space });
        await store.setup();
        disturb(proxy);
        return { store, close: () => pool.end() };
      };
      const outcomes = await checkHistories(open, { seed, timeout: 500, calm: () => proxy.pass() });
      expect(outcomes["save saved"]).toBeGreaterThan(0);
    } finally {
      await proxy.close();
      await server.close();
    }
  });
});

describeWith("postgres", "random histories over connections that break are linearizable on", () => {
  test.each(SEEDS)("PostgresStore (seed %i)", SLOW, async (seed) => {
    const server = await PostgresServer.start();
    const proxy = await startProxy(server.port, { seed });
    try {
      const connectionString = server.url.replace(String(server.port), String(proxy.port));
      const open = async (space: string): Promise<Opened> => {
        proxy.pass();
        const pool = new pg.Pool({ connectionString, max: 2 });
        pool.on("error", () => undefined);
        const store = new PostgresStore(pool, { table: space });
        await store.setup();
        disturb(proxy);
        return { store, close: () => pool.end() };
      };
      const outcomes = await checkHistories(open, { seed, timeout: 500, calm: () => proxy.pass() });
      expect(outcomes["save saved"]).toBeGreaterThan(0);
    } finally {
      await proxy.close();
      await server.close();
    }
  });
});

describe("random histories over connections that break are linearizable on", () => {
  /** Whose table was made over a better connection. */
  class Ready extends DynamodbStore {
    override async setup(): Promise<void> {}
  }

  test.each(SEEDS)("DynamodbStore (seed %i)", SLOW, async (seed) => {
    const server = await startDynamodb();
    const proxy = await startProxy(server.port, { seed });
    try {
      const open = async (space: string): Promise<Opened> => {
        const direct = connectDynamodb(server.url);
        await new DynamodbStore(direct, { table: space }).setup();
        direct.destroy();
        const url = `http://127.0.0.1:${proxy.port}`;
        // A touch that is sent again may bring back an older expiry: docs/stores/dynamodb.md.
        const client = connectDynamodb(url, { maxAttempts: 1 });
        disturb(proxy);
        return { store: new Ready(client, { table: space }), close: async () => client.destroy() };
      };
      const outcomes = await checkHistories(open, { seed, timeout: 500, calm: () => proxy.pass() });
      expect(outcomes["save saved"]).toBeGreaterThan(0);
    } finally {
      await proxy.close();
      await server.close();
    }
  });
});
