import { Cluster, Redis } from "ioredis";
import { createCluster, createSentinel } from "redis";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWith } from "../../test/support/provisioned.ts";
import {
  redisCli,
  type RedisCluster,
  type RedisSentinel,
  type RedisServer,
  startRedisCluster,
  startRedisSentinel,
  until,
} from "../../test/support/redis-server.ts";
import type { SessionKey, SessionStore } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import {
  assertStored,
  at,
  create,
  HOUR,
  key,
  load,
  record,
  save,
  tag,
  text,
} from "../testing/stores/common.ts";
import { type RedisClient, RedisStore } from "./redis.ts";

const ada = tag("ada");

function suite(name: string, connect: () => Promise<RedisClient>): void {
  describe(name, () => {
    const clients: RedisClient[] = [];
    let opened = 0;
    storeSuite({
      test,
      open: async (space) => {
        const client = (clients[opened++ % 2] ??= await connect());
        return { store: new RedisStore(client, { prefix: `${name}:${space}:` }), close: async () => {} };
      },
      capabilities: { owners: true, deleteAll: true, list: true },
    });
  });
}

/** Adds one to a record again and again, until `stop`; tells what was acknowledged and why the rest failed. */
function countUp(store: SessionStore, counter: SessionKey) {
  const stopping = new AbortController();
  const outcome = { acknowledged: 0, errors: [] as string[] };
  const done = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const { data, version } = await load(store, counter);
        const next = Number(new TextDecoder().decode(data)) + 1;
        const { outcome: saved } = await store.save(counter, version, record(String(next)), at(0));
        if (saved === "saved") outcome.acknowledged++;
      } catch (error) {
        outcome.errors.push((error as Error).message);
      }
      await pause(2);
    }
    return outcome;
  })();
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/** When a store works again after its server was lost: clients take some time to sort themselves out. */
async function untilItWorks(store: SessionStore, owner: string): Promise<void> {
  let successes = 0;
  await until("a store that works again", async () => {
    const works = await store.load(key("any", owner), at(0)).then(
      () => true,
      () => false,
    );
    successes = works ? successes + 1 : 0;
    return successes === 10;
  });
}

describeWith("redis", "RedisStore on a Cluster", () => {
  let cluster: RedisCluster;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await cluster.close();
  });

  const clients: Record<string, () => Promise<RedisClient>> = {
    "node-redis": async () => {
      const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) });
      ends.push(() => client.destroy());
      client.on("error", () => undefined);
      return client.connect();
    },
    ioredis: async () => {
      const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })));
      ends.push(() => client.disconnect());
      return client;
    },
  };

  const running = () => cluster.nodes.filter((node) => node.isRunning);
  const nodeId = (node: RedisServer) => redisCli(node.port, "CLUSTER", "MYID");
  /** The masters, and which slots each of them has. */
  const masters = async (): Promise<{ node: RedisServer; has(slot: string): boolean }[]> => {
    const lines = (await redisCli(running()[0]!.port, "CLUSTER", "NODES"))
      .split("\n")
      .map((line) => line.split(" "));
    return lines.flatMap(([, address, flags, , , , , , ...slots]) => {
      const node = running().find(({ port }) => address!.startsWith(`127.0.0.1:${port}@`));
      if (node === undefined || !/master/.test(flags!) || slots.length === 0) return [];
      const ranges = slots.map((range) => range.split("-").map(Number));
      const has = (slot: string) =>
        ranges.some(([first, last = first]) => first! <= Number(slot) && Number(slot) <= last!);
      return [{ node, has }];
    });
  };
  const slotOf = ({ id, owner }: SessionKey) =>
    redisCli(running()[0]!.port, "CLUSTER", "KEYSLOT", `{${owner ?? id}}`);

  for (const [name, connect] of Object.entries(clients)) {
    suite(name, connect);

    test(`a slot that moves to another node costs a visitor nothing, and an owner a retry, with ${name}`, async () => {
      const store = new RedisStore(await connect(), { prefix: `${name} moving:` });
      const keys = { visitor: key(`visitor-${name}`), owned: key("owned", tag(`owner-${name}`)) };
      for (const counter of Object.values(keys)) await create(store, counter, record("0"));
      for (const counter of Object.values(keys)) {
        const slot = await slotOf(counter);
        const all = await masters();
        const source = all.find(({ has }) => has(slot))!.node;
        const target = all.find(({ has }) => !has(slot))!.node;
        const counting = countUp(store, counter);
        await redisCli(target.port, "CLUSTER", "SETSLOT", slot, "IMPORTING", await nodeId(source));
        await redisCli(source.port, "CLUSTER", "SETSLOT", slot, "MIGRATING", await nodeId(target));
        await pause(30);
        for (;;) {
          const moving = await redisCli(source.port, "CLUSTER", "GETKEYSINSLOT", slot, "1");
          if (moving === "") break;
          expect(
            await redisCli(source.port, "MIGRATE", "127.0.0.1", `${target.port}`, moving, "0", "5000"),
          ).toBe("OK");
          await pause(30);
        }
        for (const node of [target, source]) {
          await redisCli(node.port, "CLUSTER", "SETSLOT", slot, "NODE", await nodeId(target));
        }
        await pause(30);
        const { acknowledged, errors } = await counting.stop();
        expect(acknowledged).toBeGreaterThan(10);
        expect(await text(store, counter)).toBe(String(acknowledged));
        if (counter === keys.visitor) expect(errors).toEqual([]);
        for (const error of errors) expect(error).toMatch(/TRYAGAIN/);
        await create(store, key("after", counter.owner), record("x"));
        await store.delete(key("after", counter.owner));
      }
      expect(await store.deleteAll(at(0))).toBe(2);
    });
  }

  test("a node that takes over has what it was sent, and everything goes on, with each client", async () => {
    const [a, b] = [key("a", ada), key("b", ada)];
    const stores = [];
    for (const [name, connect] of Object.entries(clients)) {
      const store = new RedisStore(await connect(), { prefix: `${name} failover:` });
      stores.push({ store, version: await create(store, a, record("first")) });
      await create(store, b, record("other"));
    }
    const slot = await slotOf(a);
    const dead = (await masters()).find(({ has }) => has(slot))!.node;
    expect(await redisCli(dead.port, "WAIT", "1", "1000")).toBe("1");
    await dead.kill();
    await until("a new master", async () => (await masters()).some(({ has }) => has(slot)));
    await cluster.ready();
    for (const { store, version } of stores) {
      await untilItWorks(store, ada);
      assertStored(await load(store, a), record("first"), at(0));
      await save(store, a, version, record("second"));
      expect((await store.listOwned(ada, at(0))).length).toBe(2);
      await create(store, key("c", ada), record("new"));
      expect(await store.touch(b, (await load(store, b)).version, at(2 * HOUR), at(0))).toBe(true);
      expect(await store.deleteOwned(ada, [a.id], at(0))).toBe(2);
      expect(await text(store, a)).toBe("second");
    }
    await dead.start();
    await cluster.ready();
  });
});

describeWith("redis", "RedisStore behind a Sentinel", () => {
  let group: RedisSentinel;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    group = await startRedisSentinel();
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await group.close();
  });

  const clients: Record<string, () => Promise<RedisClient>> = {
    "node-redis": async () => {
      const sentinelRootNodes = [{ host: "127.0.0.1", port: group.sentinel.port }];
      const client = createSentinel({ name: group.name, sentinelRootNodes });
      ends.push(() => client.destroy());
      client.on("error", () => undefined);
      return client.connect();
    },
    ioredis: async () => {
      const sentinels = [{ host: "127.0.0.1", port: group.sentinel.port }];
      const client = new Redis({ name: group.name, sentinels });
      ends.push(() => client.disconnect());
      client.on("error", () => undefined);
      return client;
    },
  };
  // Once a client has found the master, it does what it does on one server.
  if (process.env["HIPFLASK_LONG"] === "1") {
    for (const [name, connect] of Object.entries(clients)) suite(name, connect);
  }

  test("a replica that becomes the master goes on, with each client", async () => {
    const counter = key("counter", ada);
    const counting: { store: RedisStore; stop: ReturnType<typeof countUp>["stop"] }[] = [];
    for (const [name, connect] of Object.entries(clients)) {
      const store = new RedisStore(await connect(), { prefix: `${name} failover:` });
      await create(store, counter, record("0"));
      counting.push({ store, stop: countUp(store, counter).stop });
    }
    await pause(100);
    await group.master.kill();
    await until("a new master", async () =>
      (await redisCli(group.sentinel.port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", group.name)).includes(
        String(group.replica.port),
      ),
    );
    for (const { store, stop } of counting) {
      await untilItWorks(store, ada);
      expect((await stop()).acknowledged).toBeGreaterThan(0);
      expect(Number(await text(store, counter))).toBeGreaterThan(0);
      expect(await store.deleteOwned(ada, [], at(0))).toBe(1);
    }
  });
});
