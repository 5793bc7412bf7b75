import { Redis } from "ioredis";
import { MemcacheClient } from "memcache-client";
import { MongoClient } from "mongodb";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { createClient } from "redis";
import { createSessions, serverSide, type SessionManager, type SessionStore } from "hipflask";
import { DynamodbStore } from "hipflask/stores/dynamodb";
import { MemcachedStore } from "hipflask/stores/memcached";
import { MongodbStore } from "hipflask/stores/mongodb";
import { MysqlStore } from "hipflask/stores/mysql";
import { PostgresStore } from "hipflask/stores/postgres";
import { RedisStore } from "hipflask/stores/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appServer } from "../app/adapters.ts";
import { conformanceRoutes } from "../app/routes.ts";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { listen } from "../support/client.ts";
import { connectDynamodb, type DynamodbServer, startDynamodb } from "../support/dynamodb-server.ts";
import { type MemcachedServer, startMemcached } from "../support/memcached-server.ts";
import { type MongodbServer, startMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { ANSWERED, HEALED, until } from "./outage.ts";
import { Witness } from "./witness.ts";

interface Opened {
  readonly store: SessionStore;
  /** What the application does when the store is down. */
  onDown?(): unknown;
  close(): unknown;
}

/** The clients, set up so that none keeps a connection that is dead. */
const CLIENTS = [
  {
    client: "node-redis",
    needs: "redis",
    start: () => startRedis(),
    async open(url: string): Promise<Opened> {
      const socket = { connectTimeout: 1000, socketTimeout: 5000, reconnectStrategy: 200 };
      const client = createClient({ url, disableOfflineQueue: true, pingInterval: 2000, socket });
      client.on("error", () => undefined);
      await client.connect();
      // It notices a dead connection only while nobody writes to it.
      const onDown = () => {
        client.destroy();
        client.connect().catch(() => undefined);
      };
      return { store: new RedisStore(client), onDown, close: () => client.destroy() };
    },
  },
  {
    client: "ioredis",
    needs: "redis",
    start: () => startRedis(),
    async open(url: string): Promise<Opened> {
      const client = new Redis(url, {
        connectTimeout: 1000,
        socketTimeout: 1500,
        maxRetriesPerRequest: 1,
        retryStrategy: () => 200,
      });
      client.on("error", () => undefined);
      return { store: new RedisStore(client), close: () => client.disconnect() };
    },
  },
  {
    client: "memcache-client",
    needs: "memcached",
    start: () => startMemcached(),
    async open(url: string): Promise<Opened> {
      const { host } = new URL(url);
      const client = new MemcacheClient({
        server: host,
        noDelay: true,
        connectTimeout: 2000,
        cmdTimeout: 3000,
      });
      return { store: new MemcachedStore(client), close: () => client.shutdown() };
    },
  },
  {
    client: "mongodb",
    needs: undefined,
    start: () => startMongodb(),
    async open(url: string): Promise<Opened> {
      const client = new MongoClient(url, {
        serverSelectionTimeoutMS: 2000,
        connectTimeoutMS: 2000,
        heartbeatFrequencyMS: 1000,
        socketTimeoutMS: 5000,
      });
      const store = new MongodbStore(client.db().collection("sessions"));
      await store.setup();
      return { store, close: () => client.close() };
    },
  },
  {
    client: "mysql2",
    needs: "mysql",
    start: () => MysqlServer.start(),
    async open(uri: string): Promise<Opened> {
      const pool = createPool({ uri, connectTimeout: 1000, maxIdle: 9, idleTimeout: 1000 });
      const store = new MysqlStore(pool);
      await store.setup();
      return { store, close: () => pool.end() };
    },
  },
  {
    client: "pg",
    needs: "postgres",
    start: () => PostgresServer.start(),
    async open(connectionString: string): Promise<Opened> {
      const pool = new pg.Pool({
        connectionString,
        connectionTimeoutMillis: 1000,
        query_timeout: 1500,
        idleTimeoutMillis: 1000,
      });
      pool.on("error", () => undefined);
      const store = new PostgresStore(pool);
      await store.setup();
      return { store, close: () => pool.end() };
    },
  },
  {
    client: "@aws-sdk/client-dynamodb",
    needs: undefined,
    start: () => startDynamodb(),
    async open(url: string): Promise<Opened> {
      const client = connectDynamodb(url, {
        maxAttempts: 2,
        requestHandler: { connectionTimeout: 500, requestTimeout: 500, throwOnRequestTimeout: true },
      });
      const store = new DynamodbStore(client);
      await store.setup();
      return { store, close: () => client.destroy() };
    },
  },
];

for (const { client, needs, start, open } of CLIENTS) {
  describeWith(needs, `when connections die without a word (${client})`, () => {
    let server: RedisServer | MemcachedServer | MongodbServer | MysqlServer | PostgresServer | DynamodbServer;
    let opened: Opened;
    let near: ChaosProxy;
    let far: ChaosProxy;
    let app: { readonly origin: string; close(): void };

    beforeAll(async () => {
      server = await start();
      far = await startProxy(server.port, { seed: 1 });
      near = await startProxy(far.port, { seed: 1 });
      opened = await open(server.url.replace(String(server.port), String(near.port)));
      const sessions: SessionManager = createSessions({ storage: serverSide(opened.store) });
      sessions.on("store.down", () => opened.onDown?.());
      const respond = conformanceRoutes({ sessions, unhandled: () => 0 });
      app = await listen(appServer("node", { sessions, respond, respondBefore: () => undefined }, "http1"));
    }, 60_000);

    afterAll(async () => {
      app.close();
      // Nobody would answer a farewell.
      await far.pass();
      await opened.close();
      await near.close();
      await far.close();
      await server.close();
    });

    test("others are made soon, though requests keep coming", { timeout: 30_000 }, async () => {
      const witness = await Witness.loggedIn(app);
      await Promise.all(Array.from({ length: 20 }, () => witness.get("/me")));
      // Those that there are lead nowhere; those to come lead to the server.
      far.blackHole();
      near.targetPort = server.port;
      await until("an answer to everybody", ANSWERED + 2 * HEALED, async () => {
        const round = await Promise.all(Array.from({ length: 5 }, () => witness.get("/me")));
        for (const reply of round) expect(reply.ms).toBeLessThan(ANSWERED);
        return round.every(({ status }) => status === 200);
      });
      await witness.expectKept();
    });
  });
}
