import { Redis } from "ioredis";
import type { RecordStore } from "hipflask";
import { createClient, createClientPool, RESP_TYPES } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { type ChaosProxy, startProxy } from "../../../test/support/chaos-proxy.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { redisCli, type RedisServer, startRedis, until } from "../../../test/support/redis-server.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { ConfigError } from "../../errors.ts";
import { FlaskRedisStore, type RedisClient } from "./redis.ts";

/** What Flask-Session wrote in Redis. */
interface Written {
  readonly id: string;
  readonly status: number;
  readonly sid: string;
  readonly store_key: string;
  readonly value_hex: string;
  readonly ttl: number;
}

const DAY = 24 * 60 * 60 * 1000;

describeWith("redis", "FlaskRedisStore on one server", () => {
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
      layoutSuite({
        open: async (space) => {
          const client = (clients[opened++ % 2] ??= await connect());
          return new FlaskRedisStore(client, { prefix: `${name}:${space}:` });
        },
        expiry: "server",
      });
    });
  }

  describe("the layout", () => {
    const written = ["msgpack", "json", "pickle_032"].flatMap((format) =>
      vectors<Written>(`flask_session_redis_${format}`).filter(({ status }) => status === 200),
    );
    test("what Python wrote is loaded, and what is written is what Python would have: key, value, seconds", async () => {
      expect(written.length).toBeGreaterThan(200);
      const raw = await connectNodeRedis();
      const binary = raw.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      for (const { sid, store_key, value_hex, ttl } of written) {
        const prefix = store_key.slice(0, -sid.length);
        const store = new FlaskRedisStore(raw, prefix === "session:" ? {} : { prefix });
        const value = Buffer.from(value_hex, "hex");
        const own = { id: sid, owner: undefined };

        await raw.set(store_key, value, { expiration: { type: "EX", value: ttl } });
        const { data, version } = (await store.delete(own))!;
        expect([data, version as Uint8Array].every((bytes) => value.equals(bytes))).toBe(true);
        expect(await raw.exists(store_key)).toBe(0);

        const now = new Date(1_795_200_000_250);
        const expires = new Date(now.getTime() + ttl * 1000);
        await store.create(own, { data: value, expires }, now);
        expect((await binary.get(store_key))!.toString("hex")).toBe(value_hex);
        const left = await raw.ttl(store_key);
        expect(left).toBeGreaterThan(ttl - 5);
        expect(left).toBeLessThanOrEqual(ttl);
        await store.delete(own);
      }
    });

    test("the seconds are those from now to the end, whole, and never none", async () => {
      const store = new FlaskRedisStore(await connectIoRedis(), { prefix: "ttl:" });
      const ttl = async () => Number(await cli("PTTL", `ttl:${key("a").id}`));
      const about = async (ms: number) => {
        const left = await ttl();
        expect(left).toBeGreaterThan(ms - 1000);
        expect(left).toBeLessThanOrEqual(ms);
      };
      const version = (await store.create(key("a"), record("1", 3600_001), at(0)))!;
      await about(3601_000);
      await store.touch(key("a"), version, at(400 * DAY), at(DAY));
      await about(399 * DAY);
      const next = saved(await store.save(key("a"), version, record("2", 60_000), at(1)));
      await about(60_000);
      await store.touch(key("a"), next, at(0), at(DAY));
      await about(1000);
    });

    test("what another program keeps under the key, in another form, is left as it is", async () => {
      const store = new FlaskRedisStore(await connectNodeRedis(), { prefix: "foreign:" });
      const name = `foreign:${key("a").id}`;
      await cli("HSET", name, "field", "value");
      const version = Uint8Array.of(1);
      for (const call of [
        () => store.create(key("a"), record("x"), at(0)),
        () => store.load(key("a")),
        () => store.save(key("a"), version, record("x"), at(0)),
        () => store.touch(key("a"), version, at(DAY), at(0)),
        () => store.delete(key("a")),
      ]) {
        await expect(call()).rejects.toThrow("WRONGTYPE");
        await expect(call()).rejects.not.toThrow(key("a").id);
      }
      expect(await cli("HGETALL", name)).toBe("field\nvalue");
    });

    test("a session that Python made again without looking is a conflict for whoever knew the old one", async () => {
      const store = new FlaskRedisStore(await connectNodeRedis(), { prefix: "blind:" });
      const version = (await store.create(key("a"), record("ours"), at(0)))!;
      await cli("SET", `blind:${key("a").id}`, "theirs", "EX", "100");
      const late = await store.save(key("a"), version, record("late"), at(0));
      expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
      expect(await store.touch(key("a"), version, at(DAY), at(0))).toBe(false);
      expect(Number(await cli("TTL", `blind:${key("a").id}`))).toBeLessThanOrEqual(100);
      if (late.outcome === "conflict") {
        saved(await store.save(key("a"), late.current.version, record("merged"), at(0)));
      }
      expect(text(await store.load(key("a")))).toBe("merged");
    });
  });

  for (const [name, connect] of [
    ["node-redis", connectNodeRedis],
    ["ioredis", connectIoRedis],
  ] as const) {
    test(`each operation is one script, with ${name}`, async () => {
      const store = new FlaskRedisStore(await connect(), { prefix: `${name} counted:` });
      const operations = async (id: string) => {
        const version = (await store.create(key(id), record("1"), at(0)))!;
        await store.load(key(id));
        await store.save(key(id), version, record("2"), at(0));
        await store.touch(key(id), version, at(DAY), at(0));
        await store.delete(key(id));
      };
      await operations("warm");
      await cli("CONFIG", "RESETSTAT");
      await operations("counted");
      const stats = await cli("INFO", "commandstats");
      const calls = [...stats.matchAll(/cmdstat_(eval|evalsha|script\S*|multi|exec):calls=(\d+)/g)];
      expect(calls.map(([, command, count]) => [command, count])).toEqual([["evalsha", "5"]]);
      await cli("SCRIPT", "FLUSH");
      await operations("flushed");
    });

    describe(`connections that are lost, with ${name}`, () => {
      let proxy: ChaosProxy;
      let store: RecordStore;
      let direct: RecordStore;
      beforeAll(async () => {
        proxy = await startProxy(server.port, { seed: 7 });
        const prefix = `${name} lost:`;
        store = new FlaskRedisStore(await connect(proxy.port), { prefix });
        direct = new FlaskRedisStore(await connect(), { prefix });
        const version = (await direct.create(key("warm"), record("x"), at(0)))!;
        await direct.save(key("warm"), version, record("x"), at(0));
        await direct.delete(key("warm"));
      });
      afterAll(() => proxy.close());

      /** Loses the connection when Redis has done what `run` wants of it, and before the answer is back. */
      const withLostAnswer = async <T>(run: () => Promise<T>, isDone: () => Promise<boolean>) => {
        await store.load(key("warm"), at(0));
        proxy.delay(150);
        const answer = run().catch((error: Error) => error);
        await until("what was sent", isDone);
        proxy.cut();
        await proxy.pass();
        return answer;
      };
      const holds = async (id: string, content: string) =>
        text(await direct.load(key(id), at(0))) === content;

      test("a create that is repeated is not taken for somebody else's", async () => {
        const created = await withLostAnswer(
          () => store.create(key("a"), record("first"), at(0)),
          () => holds("a", "first"),
        );
        if (name === "ioredis") expect(created).toEqual((await direct.load(key("a"), at(0)))!.version);
        else expect(created).toBeInstanceOf(Error);
      });

      test("a save that is repeated claims neither that it happened nor that it did not", async () => {
        const version = (await direct.create(key("b"), record("1"), at(0)))!;
        const answer = await withLostAnswer(
          () => store.save(key("b"), version, record("2"), at(0)),
          () => holds("b", "2"),
        );
        expect(answer).toBeInstanceOf(Error);
        expect(await holds("b", "2")).toBe(true);
      });

      test("a delete that is repeated does not say that there was nothing", async () => {
        await direct.create(key("c"), record("first"), at(0));
        const deleted = await withLostAnswer(
          () => store.delete(key("c")),
          async () => (await direct.load(key("c"), at(0))) === undefined,
        );
        expect(deleted).toBeInstanceOf(Error);
      });

      test("a touch that is repeated has happened", async () => {
        const version = (await direct.create(key("d"), record("first", 10_000), at(0)))!;
        const touched = await withLostAnswer(
          () => store.touch(key("d"), version, at(DAY), at(0)),
          async () => Number(await cli("TTL", `${name} lost:${key("d").id}`)) > 3600,
        );
        if (name === "ioredis") expect(touched).toBe(true);
        else expect(touched).toBeInstanceOf(Error);
      });

      test("under random resets every acknowledged count is there, and none is there twice", async () => {
        await direct.create(key("e"), record("0"), at(0));
        const outcomes = { saved: 0, failed: 0 };
        const count = async (one: RecordStore): Promise<void> => {
          for (let round = 0; round < 50; round++) {
            try {
              for (let outcome = ""; outcome !== "saved";) {
                const current = (await one.load(key("e"), at(0)))!;
                const next = record(`${Number(text(current)) + 1}`);
                ({ outcome } = await one.save(key("e"), current.version, next, at(0)));
              }
              outcomes.saved++;
            } catch {
              outcomes.failed++;
            }
          }
        };
        proxy.resetAtRandom(0.1);
        await Promise.all([count(store), count(store), count(direct)]);
        await proxy.pass();
        const total = Number(text(await direct.load(key("e"), at(0))));
        expect(outcomes.failed).toBeGreaterThan(0);
        expect(total).toBeGreaterThanOrEqual(outcomes.saved);
        expect(total).toBeLessThanOrEqual(outcomes.saved + outcomes.failed);
      });
    });
  }

  test("with its memory full nothing new is kept, nothing is lost, and what there is can be ended", async () => {
    const full = await startRedis(["--maxmemory", "3mb"]);
    try {
      const store = new FlaskRedisStore(await connectNodeRedis(full.port));
      const version = (await store.create(key("a"), record("kept"), at(0)))!;
      await redisCli(full.port, "CONFIG", "SET", "maxmemory", "1");
      await expect(store.create(key("b"), record("new"), at(0))).rejects.toThrow("OOM");
      await expect(store.save(key("a"), version, record("more"), at(0))).rejects.toThrow("OOM");
      expect(text(await store.load(key("a")))).toBe("kept");
      expect(await store.touch(key("a"), version, at(DAY), at(0))).toBe(true);
      expect(text(await store.delete(key("a")))).toBe("kept");
      expect(await store.load(key("a"))).toBeUndefined();
    } finally {
      await full.close();
    }
  });

  test("setup warns when Redis evicts keys", async () => {
    const store = new FlaskRedisStore(await connectNodeRedis());
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    try {
      await store.setup();
      expect(warn).not.toHaveBeenCalled();
      await cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
      await store.setup();
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining("noeviction"), expect.objectContaining({ code: "HIPFLASK_REDIS_EVICTS" })],
      ]);
    } finally {
      warn.mockRestore();
      await cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
    }
  });

  test("refuses what is no client, and says what to do", () => {
    const client = createClient();
    expect(() => new FlaskRedisStore(client, { prefix: null as never })).toThrow(ConfigError);
    for (const other of [undefined, null, {}, "redis://127.0.0.1", Promise.resolve({})]) {
      expect(() => new FlaskRedisStore(other as never)).toThrow(ConfigError);
      expect(() => new FlaskRedisStore(other as never)).toThrow(/FlaskRedisStore takes a client/);
    }
  });
});
