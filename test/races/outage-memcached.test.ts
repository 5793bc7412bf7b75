import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChaosProxy, startProxy } from "../support/chaos-proxy.ts";
import { type RunningApp, startApp } from "../support/client.ts";
import {
  memcachedAsk,
  memcachedConnect,
  memcachedFill,
  type MemcachedServer,
  startMemcached,
} from "../support/memcached-server.ts";
import { describeWith } from "../support/provisioned.ts";
import { commonSituations } from "./outage-situations.ts";
import {
  expectRefused,
  expectUnconcerned,
  goThrough,
  HEALED,
  type Situation,
  statsOf,
  until,
} from "./outage.ts";
import { Witness } from "./witness.ts";

/** So many connections there may be. */
const CONNECTIONS = 100;

/** Bytes, one of each size that Memcached gives to records of the tests, the largest first. */
const SIZES = [500_000, 2000, 1500, 1200, 1000, 800, 600, 500, 400, 300, 250, 200, 150, 100];

describeWith("memcached", "an outage of Memcached", () => {
  let server: MemcachedServer;
  let proxy: ChaosProxy;
  let app: RunningApp;
  let others: Socket[] = [];
  let filling: string[] = [];

  beforeAll(async () => {
    server = await startMemcached(["-M", "-c", `${CONNECTIONS}`]);
    proxy = await startProxy(server.port, { seed: 1 });
    const STORE_URL = `memcached://127.0.0.1:${proxy.port}`;
    app = await startApp({ STORAGE: "server", STORE: "memcached", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await server.close();
  });

  /** Others take every connection that there is, and the app loses its own. */
  async function takeAll(): Promise<void> {
    await proxy.refuse();
    while ((await memcachedAsk(server.port, "version")).startsWith("VERSION")) {
      others.push(await memcachedConnect(server.port));
    }
    await proxy.pass();
  }

  function giveBack(): void {
    for (const other of others) other.destroy();
    others = [];
  }

  async function fill(): Promise<void> {
    for (const size of SIZES) filling.push(...(await memcachedFill(server.port, size, 50_000)));
  }

  async function empty(): Promise<void> {
    await memcachedAsk(server.port, filling.map((key) => `delete ${key} noreply`).join("\r\n"));
    filling = [];
  }

  const common = commonSituations(
    () => server,
    () => proxy,
  );
  const situations: Situation[] = [
    // What these do to Memcached is another story.
    ...common.filter(({ name }) => name !== "stopped in order" && name !== "killed"),
    { name: "without a free connection", begin: takeAll, end: giveBack },
    { name: "out of memory", reads: true, begin: fill, end: empty },
  ];

  test.each(situations)("$name", { timeout: 60_000 }, (situation) => goThrough(app, situation));

  test.each(["stop", "kill"] as const)(
    "%s: nobody is served as a stranger meanwhile, and everybody is one afterwards",
    { timeout: 60_000 },
    async (end) => {
      const witness = await Witness.loggedIn(app);
      const cookie = await witness.client.cookie("session");
      await server[end]();
      try {
        for (const path of ["/me", "/dump"]) expectRefused(await witness.get(path));
        for (let count = 0; count < 5; count++) expectRefused(await witness.write());
        expectRefused(await witness.post("/logout"));
        await expectUnconcerned(app, witness);
      } finally {
        await server.start();
      }
      await until("an answer", HEALED, async () => (await witness.get("/me")).status === 200);
      expect((await witness.get("/me")).json()).toMatchObject({ user: null, new: true });
      expect((await witness.get("/dump")).json()).toEqual({});
      expect(await witness.client.cookie("session")).toBe(cookie);
      expect((await witness.write()).status).toBe(200);
      expect((await witness.login()).status).toBe(200);
      expect(await witness.client.cookie("session")).not.toBe(cookie);
      expect((await witness.get("/me")).json()).toMatchObject({ user: "ada", new: false });
      expect((await statsOf(app)).unhandled).toBe(0);
    },
  );
});

describeWith("memcached", "an outage of one Memcached of two", () => {
  let servers: MemcachedServer[];
  let app: RunningApp;

  beforeAll(async () => {
    servers = await Promise.all([startMemcached(), startMemcached()]);
    const STORE_URL = servers.map(({ url }) => url).join(",");
    app = await startApp({ STORAGE: "server", STORE: "memcached", STORE_URL, ADAPTER: "node" });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    for (const server of servers) await server.close();
  });

  test(
    "does not touch the sessions on the other one, and logs out its own",
    { timeout: 60_000 },
    async () => {
      const users = Array.from({ length: 20 }, (_, i) => Witness.loggedIn(app, `user${i}`));
      const witnesses = await Promise.all(users);
      const alive: Witness[] = [];
      await servers[0]!.kill();
      try {
        // When it was asked five times in a row for what was on the dead one, the app waits half a second with all of them.
        const isAnswered = async (witness: Witness) => (await witness.write()).status === 200;
        const asking = witnesses.map((witness) =>
          until("an answer", 3000, () => isAnswered(witness)).then(
            () => alive.push(witness),
            () => undefined,
          ),
        );
        await Promise.all(asking);
      } finally {
        await servers[0]!.start();
      }
      expect(alive.length).toBeGreaterThan(0);
      expect(alive.length).toBeLessThan(witnesses.length);
      await until("an answer", HEALED, async () => {
        const replies = await Promise.all(witnesses.map((witness) => witness.get("/me")));
        return replies.every(({ status }) => status === 200);
      });
      for (const witness of witnesses) {
        if (alive.includes(witness)) await witness.expectKept();
        else expect((await witness.get("/me")).json()).toMatchObject({ user: null, new: true });
      }
      expect((await statsOf(app)).unhandled).toBe(0);
    },
  );
});
