import { setTimeout as sleep } from "node:timers/promises";
import { MemcacheClient } from "memcache-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChaosProxy, startProxy } from "../../test/support/chaos-proxy.ts";
import { until } from "../../test/support/kept-server.ts";
import {
  type MemcachedServer,
  memcachedAsk,
  memcachedFill,
  startMemcached,
} from "../../test/support/memcached-server.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { ConfigError, TooLargeError } from "../errors.ts";
import { storeSuite } from "../testing/index.ts";
import {
  assertGone,
  assertStored,
  at,
  conflicting,
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
import { MemcachedStore } from "./memcached.ts";

const MIB = 1024 * 1024;
const SLACK = 60;
/** What a record takes beside its data: its own header, its key of 63 characters and Memcached's header. */
const OVERHEAD = 29 + 63 + 59;

const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

async function serve(...args: string[]): Promise<MemcachedServer> {
  const server = await startMemcached(args);
  ends.push(() => server.close());
  return server;
}

function connect(server: string | { readonly address: string }, options: object = {}): MemcacheClient {
  const address = typeof server === "string" ? server : server.address;
  const client = new MemcacheClient({ server: address, noDelay: true, ...options });
  ends.push(() => client.shutdown());
  return client;
}

describeWith("memcached", "MemcachedStore on one server", () => {
  const clients: MemcacheClient[] = [];
  let server: MemcachedServer;
  let opened = 0;

  beforeAll(async () => {
    server = await serve();
  });

  storeSuite({
    test,
    open: async (space) => {
      const client = (clients[opened++ % 2] ??= connect(server));
      return { store: new MemcachedStore(client, { prefix: space.padEnd(20, ":") }), close: async () => {} };
    },
    capabilities: { maxBytes: MIB - OVERHEAD },
  });
});

describeWith("memcached", "MemcachedStore on three servers", () => {
  let servers: MemcachedServer[];
  let opened = 0;
  const clients: MemcacheClient[][] = [];

  beforeAll(async () => {
    servers = await Promise.all([serve(), serve(), serve()]);
  });

  storeSuite({
    test,
    open: async (space) => {
      const list = (clients[opened++ % 2] ??= servers.map((server) => connect(server)));
      return { store: new MemcachedStore(list, { prefix: space.padEnd(20, ":") }), close: async () => {} };
    },
    capabilities: { maxBytes: MIB - OVERHEAD },
  });

  const stored = async (prefix: string): Promise<string[][]> => {
    const dumps = servers.map(({ port }) => memcachedAsk(port, "lru_crawler metadump all"));
    return (await Promise.all(dumps)).map((dump) =>
      dump
        .split("\n")
        .flatMap((line) => /^key=(\S+)/.exec(line)?.[1] ?? [])
        .map(decodeURIComponent)
        .filter((name) => name.startsWith(prefix)),
    );
  };
  const keys = Array.from({ length: 300 }, (_, i) => key(`k-${i}`));

  test("each has its share, and one more takes no more than its own", async () => {
    const two = new MemcachedStore(clients[0]!.slice(0, 2), { prefix: "share:" });
    const three = new MemcachedStore(clients[1]!, { prefix: "share:" });
    for (const one of keys) await create(two, one, record("x"));
    for (const names of (await stored("share:")).slice(0, 2)) expect(names.length).toBeGreaterThan(100);
    const found = await Promise.all(keys.map((one) => lives(three, one)));
    const moved = found.filter((isThere) => !isThere).length;
    expect(moved).toBeGreaterThan(60);
    expect(moved).toBeLessThan(140);
  });

  test("one that is down fails what it keeps, and the others do not notice", async () => {
    const store = new MemcachedStore(clients[0]!, { prefix: "down:" });
    const versions = await Promise.all(keys.map((one) => create(store, one, record("x"))));
    const lost = new Set((await stored("down:"))[1]);
    await servers[1]!.kill();
    for (const [i, one] of keys.entries()) {
      const isLost = lost.has(`down:${one.id}`);
      const answer = store.save(one, versions[i]!, record("y"), at(0));
      if (isLost) await expect(answer).rejects.toThrow("ECONNREFUSED");
      else expect(await answer).toMatchObject({ outcome: "saved" });
    }
    const deletes = await Promise.allSettled(keys.map((one) => store.delete(one)));
    expect(deletes.filter(({ status }) => status === "rejected")).toHaveLength(lost.size);
    await servers[1]!.start();
    // What it held is gone, and what it was to end is not heard of again.
    for (const [i, one] of keys.entries()) await assertGone(store, one, versions[i]!);
  });
});

describeWith("memcached", "what MemcachedStore keeps", () => {
  let server: MemcachedServer;
  let client: MemcacheClient;
  const open = (prefix: string) => new MemcachedStore(client, { prefix });
  const ask = (line: string, value?: string) => memcachedAsk(server.port, line, value);

  beforeAll(async () => {
    server = await serve();
    client = connect(server);
  });

  test("is under the prefix and a hash, and says nothing of the user", async () => {
    const store = new MemcachedStore(client);
    await create(store, key("a", tag("ada")), record("data"));
    const value = await ask(`get hipflask:${key("a").id}`);
    expect(value).toMatch(/^VALUE hipflask:a_+ 0 33\r\n\x01[\w-]{12}[^]{16}data\r\nEND$/);
    expect(value).not.toContain("ada");
  });

  test("stays a minute longer than it lives, and as long as it likes when that is more than 30 days", async () => {
    const store = open("times:");
    const ttl = async () => Number(/ t(-?\d+)/.exec(await ask(`mg times:${key("a").id} t`))![1]);
    const isAbout = async (ms: number) => {
      const seconds = await ttl();
      expect(seconds).toBeGreaterThan(ms / 1000 + SLACK - 5);
      expect(seconds).toBeLessThanOrEqual(ms / 1000 + SLACK);
    };
    const version = await create(store, key("a"), record("x", HOUR));
    await isAbout(HOUR);
    await store.touch(key("a"), version, at(2 * HOUR), at(HOUR));
    await isAbout(HOUR);
    const longest = 30 * DAY - SLACK * 1000;
    const saved = await save(store, key("a"), version, record("x", longest));
    await isAbout(longest);
    await store.touch(key("a"), saved, at(longest + 1), at(0));
    expect(await ttl()).toBe(-1);
    await store.touch(key("a"), saved, at(longest + DAY), at(longest));
    await isAbout(DAY);
    await save(store, key("a"), saved, record("x", 400 * DAY));
    expect(await ttl()).toBe(-1);
    await store.replace(
      key("b"),
      await create(store, key("b"), record("x")),
      record("x"),
      key("c"),
      record("x"),
      at(HOUR - 1),
    );
    expect(await ask(`mg times:${key("b").id} t`)).toMatch(/^HD t(61|60|59)$/);
    expect(await ask(`mg times:${key("c").id} t`)).toMatch(/^HD t(61|60|59)$/);
  });

  test("is not lost when clocks have nothing to do with Memcached's", async () => {
    const store = open("clocks:");
    for (const year of [1971, 2001, 2101, 9999]) {
      const now = new Date(Date.UTC(year, 0, 1));
      for (const days of [1, 29, 30, 31, 400]) {
        const kept = { data: Uint8Array.of(days), expires: new Date(now.getTime() + days * DAY) };
        const one = key(`${year}-${days}`);
        await create(store, one, kept, now);
        assertStored(await load(store, one, now), kept, now);
      }
    }
  });

  test("has a limit that Memcached may be told", async () => {
    for (const [option, limit] of [
      ["1m", MIB],
      ["3m", 3 * MIB],
    ] as const) {
      const told = await serve("-I", option);
      const store = new MemcachedStore(connect(told), { prefix: ":".repeat(20) });
      const large = (size: number) => ({ data: new Uint8Array(size).fill(0x0d), expires: at(HOUR) });
      await create(store, key("a"), large(limit - OVERHEAD));
      assertStored(await load(store, key("a")), large(limit - OVERHEAD), at(0));
      for (const size of [limit - OVERHEAD + 1, limit, 20 * MIB]) {
        const error: unknown = await store.create(key("b"), large(size), at(0)).catch((reason) => reason);
        expect(error).toBeInstanceOf(TooLargeError);
        expect(error).toMatchObject({ size: size + 29, limit });
      }
      expect(await lives(store, key("b"))).toBe(false);
    }
  });

  test("is nothing that somebody else wrote: that is an error, and stays as it is", async () => {
    const store = open("foreign:");
    for (const [i, value] of ["", "x", "\x02".padEnd(40, "a"), '{"json":true}'.padEnd(40, " ")].entries()) {
      const one = key(`a-${i}`);
      await ask(`set foreign:${one.id} 0 0 ${value.length}`, value);
      const answers = await Promise.allSettled([
        store.load(one, at(0)),
        store.save(one, "AAAAAAAAAAAA", record("x"), at(0)),
        store.touch(one, "AAAAAAAAAAAA", at(HOUR), at(0)),
        store.delete(one),
      ]);
      for (const answer of answers)
        expect(answer).toMatchObject({ reason: { message: expect.stringContaining("did not write") } });
      expect(await store.create(one, record("x"), at(0))).toBe(undefined);
      expect(await ask(`get foreign:${one.id}`)).toBe(
        `VALUE foreign:${one.id} 0 ${value.length}\r\n${value}\r\nEND`,
      );
    }
  });

  const INJECTIONS = [
    "",
    "a",
    "a".repeat(42),
    "a".repeat(44),
    "a".repeat(251),
    `${"a".repeat(42)} `,
    `${"a".repeat(42)}\n`,
    `${"a".repeat(42)}\r`,
    `${"a".repeat(42)}\0`,
    `${"a".repeat(42)}\u00e0`,
    `${"a".repeat(42)}\uff41`,
    `${"a".repeat(42)}*`,
    `${"a".repeat(21)} ${"b".repeat(21)}`,
    "x\r\nset hipflask:y 0 0 1\r\ny\r\nget z".padEnd(43, "_"),
    "x 0 0 0 noreply\r\n\r\nflush_all".padEnd(43, "_"),
    "../".repeat(15).slice(0, 43),
    "' OR '1'='1".padEnd(43, "_"),
    undefined,
    null,
    7,
    {},
    { $ne: "" },
    ["a".repeat(43)],
    Object("a".repeat(43)),
    { toString: () => "a".repeat(43) },
  ];

  test.each(INJECTIONS)("asks nothing for what is no id: %j", async (id) => {
    const store = open("injected:");
    const asked = async () =>
      (await ask("stats")).match(/STAT (cmd_get|cmd_set|cmd_touch|delete_misses|cas_misses|cmd_flush) \d+/g);
    const before = await asked();
    const wrong = { id: id as string, owner: undefined };
    const answers = await Promise.allSettled([
      store.load(wrong, at(0)),
      store.create(wrong, record("x"), at(0)),
      store.save(wrong, "version", record("x"), at(0)),
      store.touch(wrong, "version", at(HOUR), at(0)),
      store.delete(wrong),
      store.replace(key("old"), "version", record("x"), wrong, record("x"), at(0)),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ reason: expect.any(TypeError) });
    expect(await asked()).toEqual(before);
  });

  test("is another record for each id, whatever ids look like", async () => {
    const store = open("alike:");
    const ids = ["a", "A", "0", "00", "0x0", "1e3", "1000", "-0", "null", "NaN", "__proto__", "constructor"];
    const names = [...ids.map((id) => id.padEnd(43, "_")), ...ids.map((id) => id.padStart(43, "0"))];
    const unique = [...new Set(names)];
    for (const id of unique) await create(store, { id, owner: undefined }, record(id));
    for (const id of unique) expect(await text(store, { id, owner: undefined })).toBe(id);
  });
});

describeWith("memcached", "a MemcachedStore whose Memcached loses records", () => {
  test("evicted ones are gone, and nothing brings them back", { timeout: 60_000 }, async () => {
    const server = await serve("-m", "2");
    const store = new MemcachedStore(connect(server));
    const versions = [];
    for (let i = 0; i < 100; i++) versions.push(await create(store, key(`a-${i}`), record(`data ${i}`)));
    for (let size = 20; size < 200; size += 20) await memcachedFill(server.port, size, 10_000);
    const evicted = [];
    for (let i = 0; i < 100; i++) if (!(await lives(store, key(`a-${i}`)))) evicted.push(i);
    expect(evicted.length).toBeGreaterThan(50);
    for (const i of evicted) {
      await assertGone(store, key(`a-${i}`), versions[i]!);
      expect(await store.delete(key(`a-${i}`))).toBe(undefined);
    }
  });

  test("with a full memory and -M nothing is half done, and what is there can be read and ended", async () => {
    const server = await serve("-m", "2", "-M");
    const store = new MemcachedStore(connect(server));
    const kept = await create(store, key("a"), record("kept"));
    for (const size of [120_000, 500, 400, 300, 200, 170, 140, 120, 100, 80, 60])
      await memcachedFill(server.port, size, 50_000);
    const full = /out of memory/;
    await expect(store.create(key("b"), record("new"), at(0))).rejects.toThrow(full);
    await expect(store.save(key("a"), kept, record("new"), at(0))).rejects.toThrow(full);
    await expect(store.touch(key("a"), kept, at(2 * HOUR), at(0))).rejects.toThrow(full);
    await expect(
      store.replace(key("a"), kept, record("retired"), key("b"), record("new"), at(0)),
    ).rejects.toThrow(full);
    assertStored(await load(store, key("a")), record("kept"), at(0));
    expect(await lives(store, key("b"))).toBe(false);
    // It takes less than any record, and there is room for a first page of what is that small.
    assertStored(await store.delete(key("a")), record("kept"), at(0));
    expect(await lives(store, key("a"))).toBe(false);
    expect(await store.save(key("a"), kept, record("late"), at(0))).toEqual({ outcome: "gone" });
  });

  test("all of them are gone after a restart, and new ones are kept", async () => {
    const server = await serve();
    const store = new MemcachedStore(connect(server));
    const version = await create(store, key("a"), record("x"));
    await server.kill();
    await expect(store.load(key("a"), at(0))).rejects.toThrow(/ECONN|socket/);
    await expect(store.delete(key("a"))).rejects.toThrow(/ECONN|socket/);
    await server.start();
    await assertGone(store, key("a"), version);
    expect(await store.delete(key("a"))).toBe(undefined);
    await create(store, key("b"), record("y"));
    expect(await text(store, key("b"))).toBe("y");
    // Its tokens begin anew, and versions do not.
    const after = await create(store, key("a"), record("z"));
    expect(after).not.toBe(version);
    expect(conflicting(await store.save(key("a"), version, record("late"), at(0))).version).toBe(after);
  });
});

describeWith("memcached", "MemcachedStore over connections that are lost", () => {
  let server: MemcachedServer;
  let proxy: ChaosProxy;
  let store: MemcachedStore;
  let direct: MemcachedStore;

  beforeAll(async () => {
    server = await serve();
    proxy = await startProxy(server.port, { seed: 7 });
    ends.push(() => proxy.close());
    store = new MemcachedStore(connect(`127.0.0.1:${proxy.port}`));
    direct = new MemcachedStore(connect(server));
  });

  /** Loses the connection when Memcached has done what `run` wants of it, and before the answer is back. */
  const withLostAnswer = async (
    run: () => Promise<unknown>,
    isDone: () => Promise<boolean>,
  ): Promise<unknown> => {
    await store.load(key("warm"), at(0));
    proxy.delay(150);
    const answer = run().catch((error: unknown) => error);
    await until("what was sent", isDone);
    proxy.cut();
    await proxy.pass();
    return answer;
  };
  const holds = async (id: string, content: string) => (await text(direct, key(id))) === content;

  test("a create whose answer was lost is not claimed, and not sent again", async () => {
    const error = await withLostAnswer(
      () => store.create(key("a"), record("first"), at(0)),
      () => holds("a", "first"),
    );
    expect(error).toBeInstanceOf(Error);
    await direct.delete(key("a"));
    await sleep(300);
    expect(await lives(store, key("a"))).toBe(false);
  });

  test("a save whose answer was lost is not claimed, and not sent again", async () => {
    const version = await create(direct, key("b"), record("first"));
    const error = await withLostAnswer(
      () => store.save(key("b"), version, record("second"), at(0)),
      () => holds("b", "second"),
    );
    expect(error).toBeInstanceOf(Error);
    await save(direct, key("b"), (await load(direct, key("b"))).version, record("third"));
    await sleep(300);
    expect(await text(store, key("b"))).toBe("third");
  });

  test("a delete whose answer was lost does not say that there was nothing", async () => {
    await create(direct, key("c"), record("first"));
    const error = await withLostAnswer(
      () => store.delete(key("c")),
      async () => !(await lives(direct, key("c"))),
    );
    expect(error).toBeInstanceOf(Error);
  });

  test("under random resets every acknowledged write is there, and none is there twice", async () => {
    await create(direct, key("e"), record("0"));
    const outcomes = { saved: 0, failed: 0 };
    const write = async (one: MemcachedStore): Promise<void> => {
      for (let count = 0; count < 50; count++) {
        try {
          for (let outcome = ""; outcome !== "saved";) {
            const { data, version } = await load(one, key("e"));
            const next = Number(new TextDecoder().decode(data)) + 1;
            ({ outcome } = await one.save(key("e"), version, record(String(next)), at(0)));
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
    expect(outcomes.failed).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(outcomes.saved);
    expect(total).toBeLessThanOrEqual(outcomes.saved + outcomes.failed);
    await until(
      "an answer",
      async () => (await store.load(key("e"), at(0)).catch(() => undefined)) !== undefined,
    );
  });
});

describe("a MemcachedStore that cannot be made", () => {
  const client = new MemcacheClient({ server: "127.0.0.1:1" });

  test("says what to do", () => {
    for (const wrong of [undefined, null, "127.0.0.1:11211", {}, [], [client, undefined]]) {
      expect(() => new MemcachedStore(wrong as never)).toThrow(ConfigError);
    }
    for (const prefix of ["a b", "a\r\n", "\0", "\u00e4:", "\x7f", "x".repeat(201), null, 5]) {
      expect(() => new MemcachedStore(client, { prefix: prefix as string })).toThrow(ConfigError);
    }
    for (const prefix of ["", "shop:", "x".repeat(200), "a.b/c!~"]) {
      expect(new MemcachedStore(client, { prefix })).toBeInstanceOf(MemcachedStore);
    }
  });
});
