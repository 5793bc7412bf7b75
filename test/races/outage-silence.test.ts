import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { createSessions, serverSide, type SessionManager, type SessionStore } from "hipflask";
import { PostgresStore } from "hipflask/stores/postgres";
import { RedisStore } from "hipflask/stores/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appServer } from "../app/adapters.ts";
import { conformanceRoutes } from "../app/routes.ts";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { listen } from "../support/client.ts";
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
];

for (const { client, needs, start, open } of CLIENTS) {
  describeWith(needs, `when connections die without a word (${client})`, () => {
    let server: RedisServer | PostgresServer;
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
