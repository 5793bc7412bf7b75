import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/client.ts";
import { type DynamodbServer, startDynamodb } from "../support/dynamodb-server.ts";
import { type MemcachedServer, startMemcached } from "../support/memcached-server.ts";
import { type MongodbServer, startMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { sendAlone } from "./send-alone.ts";
import { eventsSince, HEALED, statsOf, until } from "./outage.ts";
import { Witness } from "./witness.ts";

/** In each of two waves; in the long form more than may be under way at once. */
const REQUESTS = process.env["HIPFLASK_LONG"] === "1" ? 1500 : 500;
/** Operations that may be under way at once, as the app has it. */
const MAX_PENDING = 1000;

const STORES = [
  { store: "redis", needs: "redis", start: () => startRedis() },
  { store: "memcached", needs: "memcached", start: () => startMemcached() },
  { store: "mongodb", needs: undefined, start: () => startMongodb() },
  { store: "mysql", needs: "mysql", start: () => MysqlServer.start() },
  { store: "postgres", needs: "postgres", start: () => PostgresServer.start() },
  { store: "dynamodb", needs: undefined, start: () => startDynamodb() },
];

for (const { store, needs, start } of STORES) {
  describeWith(needs, `${REQUESTS} requests at once while the store is frozen (${store})`, () => {
    let server: RedisServer | MemcachedServer | MongodbServer | MysqlServer | PostgresServer | DynamodbServer;
    let app: RunningApp;

    beforeAll(async () => {
      server = await start();
      app = await startApp({ STORAGE: "server", STORE: store, STORE_URL: server.url, ADAPTER: "node" });
    }, 60_000);

    afterAll(async () => {
      await app.stop();
      await server.close();
    });

    test("are all refused, take little memory, and leave nothing behind", { timeout: 60_000 }, async () => {
      const witness = await Witness.loggedIn(app);
      const cookie = `session=${await witness.client.cookie("session")}`;
      const wave = () =>
        Promise.all(
          Array.from({ length: REQUESTS }, (_, i) =>
            i % 2 === 0
              ? sendAlone(`${app.origin}/dump`, cookie)
              : sendAlone(`${app.origin}/data/k${i}`, cookie, "PUT", "1"),
          ),
        );
      // The code is warm.
      expect((await wave()).every(({ status }) => status === 200 || status === 503)).toBe(true);
      await witness.expectKept();

      const before = await statsOf(app);
      await server.freeze();
      try {
        const first = await wave();
        expect(new Set(first.map(({ status }) => status))).toEqual(new Set([503]));
        const middle = await statsOf(app);
        expect(eventsSince(before, middle, "store.failed")).toBeLessThanOrEqual(MAX_PENDING + 10);
        expect(eventsSince(before, middle, "store.down")).toBe(1);

        const begun = performance.now();
        const second = await wave();
        const seconds = (performance.now() - begun) / 1000;
        expect(new Set(second.map(({ status }) => status))).toEqual(new Set([503]));
        const after = await statsOf(app);
        // All but one in half a second were refused without asking.
        expect(eventsSince(middle, after, "store.failed")).toBeLessThanOrEqual(2 * seconds + 3);
        expect(after.rss - before.rss).toBeLessThan(100 * 1024 ** 2);
        expect(after.unhandled).toBe(0);
      } finally {
        await server.thaw();
      }
      await until("an answer", HEALED, async () => (await witness.get("/me")).status === 200);
      await witness.expectKept();
      expect((await witness.write()).status).toBe(200);
    });
  });
}
