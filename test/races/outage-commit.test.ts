import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/client.ts";
import { type MemcachedServer, startMemcached } from "../support/memcached-server.ts";
import { type MongodbServer, startMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { type RedisServer, startRedis } from "../support/redis-server.ts";
import { ANSWERED, expectRefused, HEALED, statsOf, until } from "./outage.ts";
import { type Timed, Witness } from "./witness.ts";

const ADAPTERS = ["node", "web", "hono"] as const;
const STORES = [
  {
    store: "redis",
    needs: "redis",
    start: () => startRedis(["--appendonly", "yes", "--appendfsync", "always"]),
  },
  { store: "memcached", needs: "memcached", forgets: true, start: () => startMemcached() },
  { store: "mongodb", needs: undefined, start: () => startMongodb({ durable: true }) },
  { store: "mysql", needs: "mysql", start: () => MysqlServer.start({ durable: true }) },
  { store: "postgres", needs: "postgres", start: () => PostgresServer.start({ durable: true }) },
];
/** Milliseconds between what a request reads and what it writes: time enough to break the store. */
const BETWEEN = 1000;

for (const { store, needs, forgets = false, start } of STORES) {
  describeWith(
    needs,
    `when the store breaks between what a request reads and what it writes (${store})`,
    () => {
      let server: RedisServer | MemcachedServer | MongodbServer | MysqlServer | PostgresServer;
      let apps: RunningApp[];

      beforeAll(async () => {
        server = await start();
        const env = { STORAGE: "server", STORE: store, STORE_URL: server.url };
        apps = await Promise.all(ADAPTERS.map((ADAPTER) => startApp({ ...env, ADAPTER })));
      }, 60_000);

      afterAll(async () => {
        await Promise.all(apps.map((app) => app.stop()));
        await server.close();
      });

      const loads = async () => {
        const all = await Promise.all(apps.map(statsOf));
        return all.reduce((sum, stats) => sum + stats.store["load"]!, 0);
      };

      /** Breaks the store once each of them has read its session. */
      async function breakMeanwhile(
        witnesses: readonly Witness[],
        path: (index: number) => string,
        begin: () => Promise<void> | void,
      ): Promise<Timed[]> {
        const before = await loads();
        const replies = Promise.all(witnesses.map((witness, index) => witness.get(path(index))));
        await until(
          "a session for everybody",
          BETWEEN,
          async () => (await loads()) === before + witnesses.length,
        );
        await begin();
        return replies;
      }

      async function expectHealed(witnesses: readonly Witness[]): Promise<void> {
        await until("an answer to everybody", HEALED, async () => {
          const replies = await Promise.all(witnesses.map((witness) => witness.get("/me")));
          return replies.every(({ status }) => status === 200);
        });
        for (const witness of witnesses) await witness.expectKept();
        for (const { status } of await Promise.all(witnesses.map((witness) => witness.write())))
          expect(status).toBe(200);
        for (const app of apps) expect((await statsOf(app)).unhandled).toBe(0);
      }

      const frozen = { name: "frozen", begin: () => server.freeze(), end: () => server.thaw() };
      const killed = { name: "killed", begin: () => server.kill(), end: () => server.start() };
      const breaks = process.env["HIPFLASK_LONG"] === "1" && !forgets ? [frozen, killed] : [frozen];

      test.each(breaks)(
        "the answer is 503, by every adapter: $name",
        { timeout: 60_000 },
        async ({ begin, end }) => {
          const operations = ["write", "update", "flash"];
          const users = apps.flatMap((app) => operations.map(() => Witness.loggedIn(app)));
          const witnesses = await Promise.all(users);
          const path = (index: number) => `/slow?op=${operations[index % 3]}&ms=${BETWEEN}&key=k`;
          const strangers = apps.map((app) => new Witness(app, "eve"));
          const news = strangers.map((stranger) => stranger.get(`/slow?op=write&ms=${BETWEEN}`));
          let replies: Timed[];
          try {
            replies = [...(await breakMeanwhile(witnesses, path, begin)), ...(await Promise.all(news))];
          } finally {
            await end();
          }
          for (const reply of replies) expectRefused(reply, BETWEEN + ANSWERED);
          await expectHealed(witnesses);
          for (const stranger of strangers) {
            expect(await stranger.client.cookie("session")).toBe(undefined);
            expect((await stranger.get("/me")).json()).toMatchObject({ user: null, new: true });
          }
        },
      );

      test("nobody waits for the store once more behind others of the same session", async () => {
        const witness = await Witness.loggedIn(apps[0]!);
        const many = Array.from({ length: 10 }, () => witness);
        const path = (index: number) => `/slow?op=${index % 2 === 0 ? "update" : "regenerate"}&ms=${BETWEEN}`;
        try {
          const replies = await breakMeanwhile(many, path, () => server.freeze());
          for (const reply of replies) expectRefused(reply, BETWEEN + ANSWERED);
        } finally {
          await server.thaw();
        }
      });
    },
  );
}
