import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { overHttp } from "../../src/testing/adapters/send.ts";
import { Client, type RunningApp, startApp } from "../support/client.ts";
import { type DynamodbServer, startDynamodb } from "../support/dynamodb-server.ts";
import { type MemcachedServer, startMemcached } from "../support/memcached-server.ts";
import { type MongodbServer, startMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { ANSWERED, HEALED, statsOf, until } from "./outage.ts";
import { Witness } from "./witness.ts";

const LONG = process.env["HIPFLASK_LONG"] === "1";
const STORES = [
  { store: "redis", needs: "redis", start: () => startRedis() },
  { store: "memcached", needs: "memcached", owners: false, start: () => startMemcached() },
  { store: "mongodb", needs: undefined, start: () => startMongodb() },
  { store: "mysql", needs: "mysql", start: () => MysqlServer.start() },
  { store: "postgres", needs: "postgres", start: () => PostgresServer.start() },
  { store: "dynamodb", needs: undefined, start: () => startDynamodb() },
];

for (const { store, needs, owners = true, start } of STORES) {
  describeWith(needs, `a new ID that the browser never got, because the store froze (${store})`, () => {
    let server: RedisServer | MemcachedServer | MongodbServer | MysqlServer | PostgresServer | DynamodbServer;
    let apps: RunningApp[];

    beforeAll(async () => {
      server = await start();
      const env = { STORAGE: "server", STORE: store, STORE_URL: server.url, ADAPTER: "node" };
      apps = await Promise.all([startApp(env), startApp(env)]);
    }, 60_000);

    afterAll(async () => {
      await Promise.all(apps.map((app) => app.stop()));
      await server.close();
    });

    // The old ID of a session that has a new one can be read for ten seconds.
    test.each(LONG ? [0, 12_000] : [0])("is taken back, after %i ms", { timeout: 60_000 }, async (ms) => {
      const app = apps[0]!;
      const witness = await Witness.loggedIn(app);
      const { load = 0 } = (await statsOf(app)).store;
      const renewal = witness.get("/slow?op=regenerate&ms=1000");
      await until("a session", 1000, async () => (await statsOf(app)).store["load"]! > load);
      await server.freeze();
      try {
        const reply = await renewal;
        expect([reply.status, reply.setCookies]).toEqual([503, []]);
        expect(reply.ms).toBeLessThan(1000 + ANSWERED);
        await sleep(ms);
      } finally {
        await server.thaw();
      }
      await until("an answer", HEALED, async () => (await witness.write()).status === 200);
      await witness.expectKept();
      // The other process finds the same, and nothing is left of the new ID.
      const elsewhere = new Client(overHttp(apps[1]!.origin), apps[1]!.origin);
      const headers = [["cookie", `session=${await witness.client.cookie("session")}`]] as const;
      expect((await elsewhere.get("/me", { headers })).json()).toMatchObject({ user: "ada" });
      if (!owners) return;
      await until(
        "one session",
        HEALED,
        async () => (await elsewhere.get("/sessions?user=ada")).json().length === 1,
      );
      await witness.post("/logout-all?user=ada");
    });
  });
}
