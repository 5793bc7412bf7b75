import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/client.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { expectRefused, statsOf, type Timed, timed, until, Witness } from "./outage.ts";

const LONG = process.env["HIPFLASK_LONG"] === "1";

const STORES = [
  { store: "redis", start: () => startRedis() },
  { store: "postgres", start: () => PostgresServer.start() },
];

for (const { store, start } of STORES) {
  describeWith(store, `a store that stops between a request's read and its write (${store})`, () => {
    let server: RedisServer | PostgresServer;
    let app: RunningApp;

    beforeAll(async () => {
      server = await start();
      app = await startApp({ STORAGE: "server", STORE: store, STORE_URL: server.url, ADAPTER: "node" });
    }, 60_000);

    afterAll(async () => {
      await app.stop();
      await server.close();
    });

    async function askThenFreeze(asks: (() => Promise<Timed>)[]): Promise<Timed[]> {
      const { load = 0 } = (await statsOf(app)).store;
      const replies = Promise.all(asks.map((ask) => ask()));
      await until("read", 5000, async () => (await statsOf(app)).store["load"]! >= load + asks.length);
      await server.freeze();
      try {
        return await replies;
      } finally {
        await server.thaw();
      }
    }

    test.each(["write", "update", "flash", "regenerate"])("is answered 503: %s", async (op) => {
      const witness = await Witness.loggedIn(app);
      const [reply] = await askThenFreeze([() => witness.get(`/slow?op=${op}&ms=800&key=k`)]);
      console.log(op, reply!.ms, reply!.status);
      await until("an answer", 2000, async () => (await witness.get("/me")).status === 200);
      await witness.expectKept();
      await until("a written", 2000, async () => (await witness.write()).status === 200);
      await witness.expectKept();
    });

    test("many at once", async () => {
      const witness = await Witness.loggedIn(app);
      const replies = await askThenFreeze(Array.from({length: 10}, (_, i) => () => witness.get(`/slow?op=${i % 2 ? "regenerate" : "update"}&ms=${800 + 10 * i}&key=k`)));
      console.log(replies.map((r) => [r.status, Math.round(r.ms)].join(" ")));
      await until("an answer", 2000, async () => (await witness.get("/me")).status === 200);
      await witness.expectKept();
    });
  });
}
