import { Redis } from "ioredis";
import { createClient, createClientPool, RESP_TYPES } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ChaosProxy, startProxy } from "../../test/support/chaos-proxy.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { redisCli, type RedisServer, startRedis, until } from "../../test/support/redis-server.ts";
import { ConfigError } from "../errors.ts";
import type { SessionStore } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import {
  assertGone,
  assertStored,
  at,
  create,
  DAY,
  HOUR,
  key,
  lives,
  load,
  record,
  save,
  tag,
  text,
} from "../testing/stores/common.ts";
import { type RedisClient, RedisStore } from "./redis.ts";

const ada = tag("ada");

describeWith("redis", "RedisStore on one server", () => {
  let server: RedisServer;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await server.close();
  });

  const connectNodeRedis = async (port = server.port) => {
    const client = createClient({ socket: { port, reconnectStrategy: 10 } });
    ends.push(() => client.destroy());
    client.on("error", () => undefined);
    return client.connect();
  };
  const connectPool = async () => {
    const pool = createClientPool({ url: server.url });
    ends.push(() => pool.destroy());
    await pool.connect();
    return pool;
  };
  const connectIoRedis = async (port = server.port) => {
    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 10 });
    ends.push(() => client.disconnect());
    client.on("error", () => undefined);
    return client;
  };
  const cli = (...args: string[]) => redisCli(server.port, ...args);

  for (const [name, connect] of [
    ["node-redis", connectNodeRedis],
    ["a pool of node-redis", connectPool],
    ["ioredis", connectIoRedis],
  ] as const) {
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

  for (const [name, connect] of [
    ["node-redis", connectNodeRedis],
    ["ioredis", connectIoRedis],
  ] as const) {
    describe(`one script per operation, with ${name}`, () => {
      const counted = async (run: () => Promise<unknown>): Promise<Record<string, number>> => {
        await run();
        await cli("CONFIG", "RESETSTAT");
        await run();
        const stats = await cli("INFO", "commandstats");
        const calls = [...stats.matchAll(/cmdstat_(eval|evalsha|script\S*|multi|exec):calls=(\d+)/g)];
        return Object.fromEntries(calls.map(([, command, count]) => [command, Number(count)]));
      };

      test("and one only when Redis knows it", async () => {
        const store = new RedisStore(await connect(), { prefix: `${name} counted:` });
        let id = 0;
        const made = async (owner?: string) => {
          const fresh = key(`made-${id++}`, owner);
          return [fresh, await create(store, fresh, record("x"))] as const;
        };
        for (const owner of [undefined, ada]) {
          const [first, version] = await made(owner);
          expect(await counted(() => made(owner))).toEqual({ evalsha: 1 });
          expect(await counted(() => store.load(first, at(0)))).toEqual({ evalsha: 1 });
          expect(await counted(() => store.save(first, "stale", record("x"), at(0)))).toEqual({ evalsha: 1 });
          expect(await counted(() => store.touch(first, version, at(HOUR), at(0)))).toEqual({ evalsha: 1 });
          const again = [await made(owner), await made(owner)];
          expect(
            await counted(() => {
              const [old, oldVersion] = again.pop()!;
              return store.replace(old, oldVersion, record("x"), key(`n-${id++}`, ada), record("x"), at(0));
            }),
          ).toEqual({ evalsha: 1 });
          expect(await counted(() => store.delete(first))).toEqual({ evalsha: 1 });
        }
        expect(await counted(() => store.listOwned(ada, at(0)))).toEqual({ evalsha: 1 });
        expect(await counted(() => store.deleteOwned(ada, [], at(0)))).toEqual({ evalsha: 1 });
      });

      test("and one more when it has forgotten it", async () => {
        const store = new RedisStore(await connect(), { prefix: `${name} flushed:` });
        const version = await create(store, key("a", ada), record("first"));
        await cli("SCRIPT", "FLUSH");
        await save(store, key("a", ada), version, record("second"));
        await cli("SCRIPT", "FLUSH");
        expect(await text(store, key("a", ada))).toBe("second");
      });
    });

    describe(`connections that are lost, with ${name}`, () => {
      let proxy: ChaosProxy;
      let store: RedisStore;
      let direct: RedisStore;
      beforeAll(async () => {
        proxy = await startProxy(server.port, { seed: 7 });
        const prefix = `${name} lost:`;
        store = new RedisStore(await connect(proxy.port), { prefix });
        direct = new RedisStore(await connect(), { prefix });
        const version = await create(direct, key("warm"), record("x"));
        await save(direct, key("warm"), version, record("x"));
        await direct.delete(key("warm"));
        await store.load(key("warm"), at(0));
      });
      afterAll(() => proxy.close());

      /** Loses the connection when Redis has done what `run` wants of it, and before the answer is back. */
      const withLostAnswer = async <T>(
        run: () => Promise<T>,
        isDone: () => Promise<boolean>,
      ): Promise<T | Error> => {
        await store.load(key("warm"), at(0));
        proxy.delay(150);
        const answer = run().catch((error: Error) => error);
        await until("what was sent", isDone);
        proxy.cut();
        await proxy.pass();
        return answer;
      };
      const holds = async (id: string, content: string) => (await text(direct, key(id))) === content;

      test("a save that is repeated because its answer was lost does not conflict with itself", async () => {
        const version = await create(direct, key("a"), record("first"));
        const result = await withLostAnswer(
          () => store.save(key("a"), version, record("second"), at(0)),
          () => holds("a", "second"),
        );
        if (name === "ioredis") expect(result).toMatchObject({ outcome: "saved" });
        else expect(result).toBeInstanceOf(Error);
        expect(await text(direct, key("a"))).toBe("second");
      });

      test("a save whose answer was lost and that another one followed does not say that it changed nothing", async () => {
        const version = await create(direct, key("b"), record("first"));
        const result = await withLostAnswer(
          () => store.save(key("b"), version, record("second"), at(0)),
          async () => {
            if (!(await holds("b", "second"))) return false;
            await save(direct, key("b"), (await load(direct, key("b"))).version, record("third"));
            return true;
          },
        );
        expect(result).toBeInstanceOf(Error);
        expect(await text(direct, key("b"))).toBe("third");
      });

      test("a create that is repeated because its answer was lost is not taken for somebody else's", async () => {
        const created = await withLostAnswer(
          () => store.create(key("c"), record("first"), at(0)),
          () => holds("c", "first"),
        );
        if (name === "ioredis") expect(created).toBe((await load(direct, key("c"))).version);
        else expect(created).toBeInstanceOf(Error);
        expect(await text(direct, key("c"))).toBe("first");
      });

      test("a delete whose answer was lost does not say that there was nothing", async () => {
        await create(direct, key("d"), record("first"));
        const deleted = await withLostAnswer(
          () => store.delete(key("d")),
          async () => !(await lives(direct, key("d"))),
        );
        expect(deleted).toBeInstanceOf(Error);
      });

      test("under random resets every acknowledged write is there, and none is there twice", async () => {
        let version = await create(direct, key("e"), record("0"));
        const outcomes = { saved: 0, failed: 0 };
        const write = async (one: SessionStore): Promise<void> => {
          for (let count = 0; count < 50; count++) {
            try {
              for (let outcome = ""; outcome !== "saved";) {
                const { data, version: loaded } = await load(one, key("e"));
                const next = Number(new TextDecoder().decode(data)) + 1;
                ({ outcome } = await one.save(key("e"), loaded, record(String(next)), at(0)));
              }
              outcomes.saved++;
            } catch {
              outcomes.failed++;
            }
          }
        };
        proxy.resetAtRandom(0.1);
        await Promise.all([write(store), write(store), write(direct)]);
        await proxy.pass();
        const total = Number(await text(direct, key("e")));
        expect(total).toBeGreaterThanOrEqual(outcomes.saved);
        expect(total).toBeLessThanOrEqual(outcomes.saved + outcomes.failed);
        ({ version } = await load(store, key("e")));
        await save(store, key("e"), version, record("healthy"));
      });
    });
  }

  describe("owners", () => {
    const keysOf = async (prefix: string) => {
      const found = (await cli("--scan", "--pattern", `${prefix}*`)).split("\n");
      return found.filter((name) => name !== "").map((name) => name.slice(prefix.length));
    };
    const open = async (prefix: string) => new RedisStore(await connectNodeRedis(), { prefix });

    test("all keys of an owner are in one hash slot, and none holds more than hashes", async () => {
      const store = await open("layout:");
      await create(store, key("a", ada), record("x"));
      await create(store, key("v"), record("x"));
      expect((await keysOf("layout:")).toSorted()).toEqual(
        [`{${ada}}:${key("a").id}`, `{${ada}}:epoch`, `{${ada}}:index`, `{${key("v").id}}`].toSorted(),
      );
    });

    test("deleteOwned ends what no index knows, and what comes later lives", async () => {
      const store = await open("index lost:");
      const lost = await create(store, key("lost", ada), record("x"));
      const spared = await create(store, key("spared", ada), record("x"));
      await cli("DEL", `index lost:{${ada}}:index`);
      expect(await lives(store, key("lost", ada))).toBe(true);
      await store.deleteOwned(ada, [key("spared").id], at(0));
      await create(store, key("later", ada), record("x"));
      await assertGone(store, key("lost", ada), lost);
      expect(await lives(store, key("later", ada))).toBe(true);
      await save(store, key("spared", ada), spared, record("x"));
      expect((await store.listOwned(ada, at(0))).length).toBe(2);
      await cli("DEL", `index lost:{${ada}}:index`);
      await store.deleteOwned(ada, [], at(0));
      for (const name of ["spared", "later"]) expect(await lives(store, key(name, ada))).toBe(false);
    });

    test("when the epoch is lost the owner's sessions end, those that were revoked too", async () => {
      const store = await open("epoch lost:");
      const old = await create(store, key("old", ada), record("x"));
      await cli("DEL", `epoch lost:{${ada}}:index`);
      await store.deleteOwned(ada, [], at(0));
      const live = await create(store, key("live", ada), record("x"));
      await cli("DEL", `epoch lost:{${ada}}:epoch`);
      await create(store, key("new", ada), record("x"));
      await assertGone(store, key("old", ada), old);
      await assertGone(store, key("live", ada), live);
      expect((await store.listOwned(ada, at(0))).map(({ key: { id } }) => id)).toEqual([key("new").id]);
    });

    test("epoch and index stay as long as the longest record, and a record a minute longer than it lives", async () => {
      const store = await open("times:");
      const ttl = async (name: string) => Number(await cli("PTTL", `times:{${ada}}:${name}`));
      const version = await create(store, key("a", ada), record("x", HOUR));
      expect(await ttl(key("a").id)).toBeGreaterThan(HOUR + 50_000);
      expect(await ttl(key("a").id)).toBeLessThanOrEqual(HOUR + 60_000);
      for (const longer of [
        () => create(store, key("b", ada), record("x", 2 * DAY), at(DAY)),
        () => store.touch(key("a", ada), version, at(3 * DAY), at(0)),
        () => save(store, key("a", ada), version, record("x", 400 * DAY), at(0)),
        () => create(store, key("c", ada), record("x", 1), at(0)),
      ]) {
        await longer();
        const longest = Math.max(await ttl(key("a").id), await ttl(key("b").id));
        // What the two questions take comes off.
        for (const name of ["epoch", "index"]) expect(await ttl(name)).toBeGreaterThan(longest - 1000);
      }
      const before = await ttl("epoch");
      await store.deleteOwned(ada, [key("b").id], at(DAY));
      expect(await ttl("epoch")).toBeGreaterThan(before - 1000);
      expect(await ttl("epoch")).toBeLessThanOrEqual(before);
    });

    test("what Redis has removed leaves the index", async () => {
      const store = await open("pruned:");
      await create(store, key("a", ada), record("x"));
      const index = `pruned:{${ada}}:index`;
      for (let old = 0; old < 20; old++) await cli("ZADD", index, String(Date.now() - 1), `old-${old}`);
      await create(store, key("b", ada), record("x"));
      expect(await cli("ZCARD", index)).toBe("2");
      await cli("DEL", `pruned:{${ada}}:${key("a").id}`);
      expect((await store.listOwned(ada, at(0))).length).toBe(1);
      expect(await cli("ZCARD", index)).toBe("1");
    });

    test("deleteAll leaves alone what is not the store's, even under a prefix that is a pattern", async () => {
      const prefix = "a[b]*?\\^:";
      const store = await open(prefix);
      const other = await open("ab:");
      for (const one of [store, other]) {
        for (let index = 0; index < 20; index++) {
          await create(one, key(`v-${index}`), record("x"));
          await create(one, key(`o-${index}`, tag(`owner-${index % 3}`)), record("x"));
        }
      }
      const foreign = [`${prefix}something`, `${prefix}{else`, "x{y}:epoch"];
      for (const name of foreign) await cli("SET", name, "1");
      expect(await store.deleteAll(at(0))).toBe(40);
      expect(await cli("EXISTS", ...foreign)).toBe("3");
      expect(await lives(other, key("v-0"))).toBe(true);
      expect(await lives(other, key("o-0", tag("owner-0")))).toBe(true);
    });
  });

  describe("clients that are set up in another way", () => {
    const ofKinds: Record<string, () => Promise<RedisClient>> = {
      "node-redis with RESP 2 and types of its own": async () => {
        const client = createClient({
          url: server.url,
          RESP: 2,
          commandOptions: { typeMapping: { [RESP_TYPES.NUMBER]: String, [RESP_TYPES.ARRAY]: Set as never } },
        });
        ends.push(() => client.destroy());
        return client.connect();
      },
      "node-redis with a prefix": async () => {
        const client = createClient({ url: server.url, keyPrefix: "nr-app:" });
        ends.push(() => client.destroy());
        return client.connect();
      },
      "ioredis with numbers as text": async () => {
        const client = new Redis(server.url, { stringNumbers: true });
        ends.push(() => client.disconnect());
        return client;
      },
      "ioredis with a prefix and pipelines": async () => {
        const client = new Redis(server.url, {
          keyPrefix: "io-app:",
          enableAutoPipelining: true,
          autoPipeliningIgnoredCommands: ["eval", "evalsha"],
        });
        ends.push(() => client.disconnect());
        return client;
      },
    };
    for (const [name, connect] of Object.entries(ofKinds)) {
      test(name, async () => {
        const store = new RedisStore(await connect(), { prefix: "other:" });
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        const version = await create(store, key("a", ada), { data: bytes, expires: at(HOUR) });
        assertStored(await load(store, key("a", ada)), { data: bytes, expires: at(HOUR) }, at(0));
        await save(store, key("a", ada), version, record("second"));
        await create(store, key("b", ada), record("other"));
        await create(store, key("v"), record("visitor"));
        expect((await store.listOwned(ada, at(0))).length).toBe(2);
        expect(await store.deleteOwned(ada, [key("a").id], at(0))).toBe(1);
        expect(await text(store, key("a", ada))).toBe("second");
        expect(await store.deleteAll(at(0))).toBe(2);
        expect(await lives(store, key("a", ada))).toBe(false);
        expect(await lives(store, key("v"))).toBe(false);
      });
    }

    test("what is no client is refused, and says what to do", () => {
      for (const wrong of [undefined, null, "redis://127.0.0.1", {}, { evalSha() {}, commandOptions() {} }]) {
        expect(() => new RedisStore(wrong as unknown as RedisClient)).toThrow(ConfigError);
      }
      const promise = Promise.resolve() as unknown as RedisClient;
      expect(() => new RedisStore(promise)).toThrow(/await/);
    });

    test("an ioredis whose pipelines would break the scripts is refused", () => {
      const client = new Redis(server.url, { enableAutoPipelining: true });
      ends.push(() => client.disconnect());
      expect(() => new RedisStore(client)).toThrow(/autoPipeliningIgnoredCommands/);
    });

    test("a prefix with braces is refused, and what is no text", async () => {
      const client = await connectIoRedis();
      for (const prefix of ["{app}:", "a{", "}", null, 5, {}]) {
        expect(() => new RedisStore(client, { prefix: prefix as string })).toThrow(ConfigError);
      }
    });
  });

  describe("setup", () => {
    const warnings = async (policy: string): Promise<string[]> => {
      const said = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
      try {
        await cli("CONFIG", "SET", "maxmemory-policy", policy);
        await new RedisStore(await connectIoRedis()).setup();
        await new RedisStore(await connectNodeRedis()).setup();
        return said.mock.calls.map(([message]) => String(message));
      } finally {
        said.mockRestore();
        await cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
      }
    };

    test("warns of a Redis that evicts", async () => {
      for (const policy of ["allkeys-lru", "volatile-ttl"]) {
        expect(await warnings(policy)).toEqual([
          expect.stringContaining(policy),
          expect.stringContaining(policy),
        ]);
      }
      expect(await warnings("noeviction")).toEqual([]);
    });

    test("says nothing where it may not ask, and the store needs no more than its own commands", async () => {
      const commands =
        "+evalsha +eval +get +set +hget +hset +hmget +exists +del +unlink +pexpire +pttl +time +zadd +zrem +zrange +zremrangebyscore +scan";
      await cli("ACL", "SETUSER", "app", "on", ">secret", "~app:*", "-@all", ...commands.split(" "));
      const client = await createClient({ url: `redis://app:secret@127.0.0.1:${server.port}` }).connect();
      ends.push(() => client.destroy());
      const store = new RedisStore(client, { prefix: "app:" });
      const version = await create(store, key("a", ada), record("first"));
      await store.setup();
      await save(store, key("a", ada), version, record("second"));
      await create(store, key("v"), record("visitor"));
      await store.deleteOwned(ada, [key("a", ada).id], at(0));
      expect((await store.listOwned(ada, at(0))).length).toBe(1);
      expect(await store.deleteAll(at(0))).toBe(2);
    });
  });
});

describeWith("redis", "RedisStore on a Redis that refuses", () => {
  test("with its memory full nothing is half done, and what is there can be read and ended", async () => {
    const server = await startRedis();
    const client = new Redis(server.url);
    try {
      const store = new RedisStore(client);
      const kept = await create(store, key("a", ada), record("kept"));
      const other = await create(store, key("b", ada), record("other"));
      const visitor = await create(store, key("v"), record("visitor"));
      await redisCli(server.port, "CONFIG", "SET", "maxmemory", "1");
      const before = await redisCli(server.port, "DBSIZE");
      const refused = [
        store.create(key("c", ada), record("new"), at(0)),
        store.save(key("a", ada), kept, record("new"), at(0)),
        store.touch(key("a", ada), kept, at(2 * HOUR), at(0)),
        store.replace(key("v"), visitor, record("retired"), key("d", ada), record("new"), at(0)),
        store.deleteOwned(ada, [key("a").id], at(0)),
      ];
      for (const result of await Promise.allSettled(refused)) {
        expect(result).toMatchObject({ status: "rejected", reason: { message: /^OOM/ } });
      }
      expect(await redisCli(server.port, "DBSIZE")).toBe(before);
      assertStored(await load(store, key("a", ada)), record("kept"), at(0));
      assertStored(await load(store, key("v")), record("visitor"), at(0));
      assertStored(await store.delete(key("v")), record("visitor"), at(0));
      await store.deleteOwned(ada, [], at(0));
      await assertRefusedOrGone(store, kept);
      await redisCli(server.port, "CONFIG", "SET", "maxmemory", "0");
      await assertGone(store, key("b", ada), other);
    } finally {
      client.disconnect();
      await server.close();
    }
  });

  test("a replica that may not write says so, and reads", async () => {
    const master = await startRedis();
    const replica = await startRedis(["--replicaof", `127.0.0.1 ${master.port}`]);
    const client = await createClient({ url: master.url }).connect();
    const readOnly = await createClient({ url: replica.url }).connect();
    try {
      const version = await create(new RedisStore(client), key("a", ada), record("kept"));
      await client.wait(1, 1000);
      const store = new RedisStore(readOnly);
      assertStored(await load(store, key("a", ada)), record("kept"), at(0));
      for (const refused of [
        store.save(key("a", ada), version, record("new"), at(0)),
        store.delete(key("a", ada)),
        store.deleteOwned(ada, [], at(0)),
      ]) {
        await expect(refused).rejects.toThrow(/READONLY/);
      }
      assertStored(await load(store, key("a", ada)), record("kept"), at(0));
    } finally {
      client.destroy();
      readOnly.destroy();
      await Promise.all([master.close(), replica.close()]);
    }
  });
});

async function assertRefusedOrGone(
  store: SessionStore,
  version: string | number | Uint8Array,
): Promise<void> {
  expect(await store.load(key("a", ada), at(0))).toBeUndefined();
  expect(await store.save(key("a", ada), version, record("late"), at(0))).toEqual({ outcome: "gone" });
}
