import { MemcacheClient } from "memcache-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { startProxy } from "../../../test/support/chaos-proxy.ts";
import { until } from "../../../test/support/kept-server.ts";
import {
  type MemcachedServer,
  memcachedAsk,
  startMemcached,
} from "../../../test/support/memcached-server.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { ConfigError, TooLargeError } from "../../errors.ts";
import type { LoadedRecord } from "../../session/store.ts";
import { FlaskMemcachedStore } from "./memcached.ts";

/** What Flask-Session wrote in Memcached. */
interface Written {
  readonly id: string;
  readonly status: number;
  readonly sid: string;
  readonly store_key: string;
  readonly flags: number;
  readonly value_hex: string;
  readonly ttl_about: number;
}

const DAY = 24 * 60 * 60 * 1000;

/** Data and version of a record. */
function hex(loaded: LoadedRecord | undefined): string[] {
  return [loaded!.data, loaded!.version as Uint8Array].map((bytes) => Buffer.from(bytes).toString("hex"));
}

describeWith("memcached", "FlaskMemcachedStore", () => {
  let server: MemcachedServer;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startMemcached();
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await server.close();
  });

  const connect = (address = server.address) => {
    const client = new MemcacheClient({ server: address, noDelay: true });
    ends.push(() => client.shutdown());
    return client;
  };
  const ask = (line: string, value?: string) => memcachedAsk(server.port, line, value);
  /** Seconds until Memcached ends what is under a key, by its own account. */
  const left = async (name: string) => Number(/t(\d+)/.exec(await ask(`mg ${name} t`))?.[1]);

  describe("a layout", () => {
    const clients: MemcacheClient[] = [];
    let opened = 0;
    layoutSuite({
      open: async (space) =>
        new FlaskMemcachedStore((clients[opened++ % 2] ??= connect()), { prefix: `${space}:` }),
      expiry: "server",
    });
  });

  test("what Python wrote is loaded, and what is written is what Python would have: key, value, flags, seconds", async () => {
    const written = vectors<Written>("flask_session_memcached").filter(({ status }) => status === 200);
    expect(written.length).toBeGreaterThan(15);
    const client = connect();
    for (const { sid, store_key, flags, value_hex, ttl_about } of written) {
      const prefix = store_key.slice(0, -sid.length);
      const store = new FlaskMemcachedStore(client, prefix === "session:" ? {} : { prefix });
      const value = Buffer.from(value_hex, "hex");
      const latin1 = value.toString("latin1");
      const own = { id: sid, owner: undefined };

      const end = Math.floor(Date.now() / 1000) + ttl_about;
      await ask(`set ${store_key} ${flags} ${end} ${value.length}`, latin1);
      expect(hex(await store.delete(own))).toEqual([value_hex, value_hex]);
      expect(await ask(`get ${store_key}`)).toBe("END");

      const now = new Date();
      await store.create(own, { data: value, expires: new Date(now.getTime() + ttl_about * 1000) }, now);
      expect(await ask(`get ${store_key}`)).toBe(
        `VALUE ${store_key} ${flags} ${value.length}\r\n${latin1}\r\nEND`,
      );
      expect(Math.abs((await left(store_key)) - ttl_about)).toBeLessThanOrEqual(3);
    }
  });

  test("up to 30 days the end is said in seconds from now, beyond that as an instant", async () => {
    const store = new FlaskMemcachedStore(connect(), { prefix: "ttl:" });
    const name = `ttl:${key("a").id}`;
    const about = async (seconds: number) => {
      expect(Math.abs((await left(name)) - seconds)).toBeLessThanOrEqual(3);
    };
    const from = (ms: number) => new Date(Date.now() + ms);
    const data = record("x").data;
    // A clock that is a day late changes what is said as an instant, as it does for Python.
    const version = (await store.create(key("a"), { data, expires: from(29 * DAY) }, from(-DAY)))!;
    await about(30 * 24 * 3600);
    await store.touch(key("a"), version, from(29 * DAY + 1000), from(-DAY));
    await about(29 * 24 * 3600);
    const next = saved(await store.save(key("a"), version, { data, expires: from(9000.5) }, from(0)));
    await about(9);
    await store.touch(key("a"), next, from(400 * DAY), from(0));
    await about(400 * 24 * 3600);
    await store.touch(key("a"), next, from(99 * 365 * DAY), from(0));
    expect(await store.load(key("a"))).toBeDefined();
    await store.touch(key("a"), next, from(-DAY), from(0));
    await about(1);
  });

  test("a touch leaves alone what is not the version any more", async () => {
    const store = new FlaskMemcachedStore(connect(), { prefix: "blind:" });
    const name = `blind:${key("a").id}`;
    const version = (await store.create(key("a"), record("ours"), at(0)))!;
    await ask(`set ${name} 0 100 6`, "theirs");
    expect(await store.touch(key("a"), version, at(DAY), at(0))).toBe(false);
    expect(await left(name)).toBeLessThanOrEqual(100);
    const late = await store.save(key("a"), version, record("late"), at(0));
    expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
    expect(await ask(`get ${name}`)).toBe(`VALUE ${name} 0 6\r\ntheirs\r\nEND`);
  });

  test("a connection that is lost in the middle is an error, and nothing is written twice", async () => {
    const proxy = await startProxy(server.port, { seed: 7 });
    ends.push(() => proxy.close());
    const store = new FlaskMemcachedStore(connect(`127.0.0.1:${proxy.port}`), { prefix: "lost:" });
    const direct = new FlaskMemcachedStore(connect(), { prefix: "lost:" });
    const version = (await direct.create(key("a"), record("1"), at(0)))!;
    await store.load(key("a"));
    proxy.delay(100);
    const saving = store.save(key("a"), version, record("2"), at(0)).catch((error: unknown) => error);
    await until("what was sent", async () => text(await direct.load(key("a"))) === "2");
    proxy.cut();
    await proxy.pass();
    expect(await saving).toBeInstanceOf(Error);
    const { version: second } = (await direct.load(key("a")))!;
    saved(await direct.save(key("a"), second, record("3"), at(0)));
    await until("a connection that works", () =>
      store.load(key("a")).then(
        (found) => text(found) === "3",
        () => false,
      ),
    );
  });

  test("what is too large is said to be, and nothing has changed", async () => {
    const store = new FlaskMemcachedStore(connect(), { prefix: "large:" });
    const version = (await store.create(key("a"), record("small"), at(0)))!;
    const large = { data: new Uint8Array(1024 * 1024), expires: at(DAY) };
    await expect(store.save(key("a"), version, large, at(0))).rejects.toThrow(TooLargeError);
    await expect(store.create(key("b"), large, at(0))).rejects.toThrow(TooLargeError);
    expect(text(await store.load(key("a")))).toBe("small");
    expect(await store.load(key("b"))).toBeUndefined();
  });

  test("IDs and prefixes of every length that is allowed make keys that Memcached takes", async () => {
    const store = new FlaskMemcachedStore(connect(), { prefix: "~".repeat(122) });
    const own = { id: "-".repeat(128), owner: undefined };
    await store.create(own, record("x"), at(0));
    expect(text(await store.load(own))).toBe("x");
    for (const prefix of ["~".repeat(123), "a b", "a\n", "\r\nflush_all\r\n", "é", null, 5]) {
      expect(() => new FlaskMemcachedStore(connect(), { prefix: prefix as string })).toThrow(ConfigError);
    }
  });

  test("refuses other clients, and says what to do", () => {
    for (const other of [undefined, null, {}, server.address, Promise.resolve({})]) {
      expect(() => new FlaskMemcachedStore(other as never)).toThrow(ConfigError);
      expect(() => new FlaskMemcachedStore(other as never)).toThrow(/FlaskMemcachedStore takes a client/);
    }
    const several = new MemcacheClient({
      server: { servers: [{ server: server.address, maxConnections: 1 }, { server: "127.0.0.1:1" }] },
    });
    expect(() => new FlaskMemcachedStore(several)).toThrow(/there can be one server/);
  });
});
