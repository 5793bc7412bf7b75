import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConfigError, TooLargeError } from "../errors.ts";
import type { SessionKey, SessionRecord } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import { MemoryStore } from "./memory.ts";

const now = new Date(0);
const key = (name: string | number, owner?: string): SessionKey => ({ id: `id-${name}`, owner });
const record = (bytes: number, seconds = 3600): SessionRecord => ({
  data: new Uint8Array(bytes),
  expires: new Date(seconds * 1000),
});

describe("MemoryStore", () => {
  const spaces = new Map<string, MemoryStore>();
  storeSuite({
    test,
    open: async (space) => {
      const store = spaces.get(space) ?? new MemoryStore();
      spaces.set(space, store);
      return { store, close: async () => store.close() };
    },
    capabilities: { owners: true, deleteAll: true, list: true },
  });
});

describe("the limits of a MemoryStore", () => {
  const names = async (store: MemoryStore, all: readonly string[]) => {
    const kept = await Promise.all(all.map((name) => store.delete(key(name))));
    return all.filter((_, index) => kept[index] !== undefined).join("");
  };

  test("what was used least recently makes room for a new record", async () => {
    const store = new MemoryStore({ maxRecords: 4 });
    const versions = [];
    for (const name of "abcd") versions.push(await store.create(key(name), record(1), now));
    await store.load(key("a"), now);
    await store.save(key("b"), versions[1]!, record(1), now);
    await store.touch(key("c"), versions[2]!, record(1).expires, now);
    await store.create(key("e"), record(1), now);
    expect(await store.load(key("d"), now)).toBeUndefined();
    await store.create(key("f"), record(1), now);
    expect(await names(store, [..."abcdef"])).toBe("bcef");
    store.close();
  });

  test("a look at an owner's list and a create that fails are no use", async () => {
    const store = new MemoryStore({ maxRecords: 2 });
    await store.create(key("a", "ada"), record(1), now);
    await store.create(key("b", "ada"), record(1), now);
    await store.listOwned("ada", now);
    await store.create(key("a", "ada"), record(1), now);
    await store.create(key("c"), record(1), now);
    expect(await names(store, ["a", "b", "c"])).toBe("bc");
    store.close();
  });

  test("a record that grows makes others go, the least recently used first", async () => {
    const store = new MemoryStore({ maxBytes: 5000 });
    const version = await store.create(key("a"), record(700), now);
    for (const name of "bcde") await store.create(key(name), record(700), now);
    await store.save(key("a"), version!, record(2000), now);
    expect(await names(store, [..."abcde"])).toBe("ade");
    store.close();
  });

  test("a record that is larger than all may be is refused, and what was there stays", async () => {
    const store = new MemoryStore({ maxBytes: 5000 });
    const version = (await store.create(key("a"), record(700), now))!;
    await store.create(key("b"), record(700), now);
    await expect(store.create(key("c"), record(4701), now)).rejects.toBeInstanceOf(TooLargeError);
    await expect(store.save(key("a"), version, record(4701), now)).rejects.toMatchObject({
      code: "TOO_LARGE",
      size: 5001,
      limit: 5000,
    });
    await expect(
      store.replace(key("a"), version, record(1), key("d"), record(4701), now),
    ).rejects.toBeInstanceOf(TooLargeError);
    expect((await store.load(key("a"), now))?.version).toBe(version);
    expect(await store.load(key("d"), now)).toBeUndefined();
    await store.create(key("c"), record(4700), now);
    expect(await names(store, [..."abcd"])).toBe("c");
    store.close();
  });

  test("an owner's list holds what was not evicted, in any order of coming and going", async () => {
    const store = new MemoryStore({ maxRecords: 50, maxBytes: 40_000 });
    const owners = ["ada", "bob", "eve"];
    let state = 1;
    const random = (limit: number) => (state = (state * 48_271) % 2_147_483_647) % limit;
    for (let round = 0; round < 5000; round++) {
      const recordKey = key(round, owners[random(4)]);
      await store.create(recordKey, record(random(1000)), now);
      const other = key(Math.max(0, round - random(60)));
      if (random(3) === 0) await store.delete(other);
      else await store.load(other, now);
      if (random(200) === 0) await store.deleteOwned(owners[random(3)]!, []);
    }
    const listed = (await Promise.all(owners.map((owner) => store.listOwned(owner, now)))).flat();
    const live = [];
    let bytes = 0;
    for (let round = 0; round < 5000; round++) {
      const kept = await store.load(key(round), now);
      if (kept === undefined) continue;
      bytes += kept.data.length + 300;
      live.push(key(round).id);
    }
    expect(bytes).toBeLessThanOrEqual(40_000);
    expect(live.length).toBeGreaterThan(20);
    expect(live).toEqual(expect.arrayContaining(listed.map((owned) => owned.key.id)));
    for (const owner of owners) await store.deleteOwned(owner, []);
    const visitors = live.length - listed.length;
    expect(await store.deleteAll()).toBe(visitors);
    store.close();
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])("%d is no limit", (limit) => {
    expect(() => new MemoryStore({ maxRecords: limit })).toThrow(ConfigError);
    expect(() => new MemoryStore({ maxBytes: limit })).toThrow(/maxBytes of a MemoryStore must be/);
  });
});

describe("the sweep of a MemoryStore", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("removes what has expired, a minute late and never early", async () => {
    const store = new MemoryStore();
    for (let index = 0; index < 3000; index++)
      await store.create(key(index), record(1, index % 2 ? 10 : 3600), now);
    const version = await store.create(key("saved"), record(1, 10), now);
    await store.save(key("saved"), version!, record(1, 3600), now);
    vi.advanceTimersByTime(69_000);
    expect((await store.load(key(1), now))?.version).toBe(2);
    vi.advanceTimersByTime(140_000);
    const kept = [];
    for (let index = 0; index < 3000; index++) kept.push((await store.load(key(index), now)) !== undefined);
    expect(kept).toEqual(kept.map((_, index) => index % 2 === 0));
    expect(await store.load(key("saved"), now)).toBeDefined();
    store.close();
  });

  test("goes by the time that passes, not by how far the clock it is told was moved", async () => {
    const store = new MemoryStore();
    await store.create(key("a"), record(1, 3600), now);
    expect(await store.load(key("a"), new Date(1e12))).toBeUndefined();
    vi.advanceTimersByTime(600_000);
    expect(await store.load(key("a"), now)).toBeDefined();
    vi.advanceTimersByTime(3_200_000);
    expect(await store.delete(key("a"))).toBeUndefined();
    store.close();
  });

  test("has one timer at most, and none when there is nothing to sweep", async () => {
    const store = new MemoryStore();
    expect(vi.getTimerCount()).toBe(0);
    for (let index = 0; index < 5000; index++) await store.create(key(index), record(1, 1), now);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(30_000);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(200_000);
    expect(vi.getTimerCount()).toBe(0);
    await store.create(key("a"), record(1), now);
    expect(vi.getTimerCount()).toBe(1);
    store.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("goes on with the next record where a timer has ended with the request that made it", async () => {
    const store = new MemoryStore();
    for (let index = 0; index < 100; index++) await store.create(key(index), record(1, 1), now);
    vi.clearAllTimers();
    vi.advanceTimersByTime(130_000);
    await store.create(key("a"), record(1), now);
    expect(await store.load(key(0), now)).toBeUndefined();
    expect(await store.load(key("a"), now)).toBeDefined();
    expect(vi.getTimerCount()).toBe(1);
    store.close();
  });

  const count = process.env["HIPFLASK_LONG"] === "1" ? 1_000_000 : 200_000;
  test(
    `of ${count} records that have all expired goes in slices that take less than 5 ms`,
    { timeout: 120_000 },
    async () => {
      const store = new MemoryStore({ maxRecords: count, maxBytes: 2 ** 32 });
      for (let index = 0; index < count; index++) await store.create(key(index), record(106, 1), now);
      const slices: number[] = [];
      vi.advanceTimersByTime(59_000);
      while (vi.getTimerCount() > 0) {
        const began = process.hrtime.bigint();
        vi.advanceTimersToNextTimer();
        slices.push(Number(process.hrtime.bigint() - began) / 1e6);
      }
      expect(await store.load(key(0), now)).toBeUndefined();
      slices.sort((a, b) => a - b);
      // The median, since a machine that does something else meanwhile makes some of them look long.
      expect(slices[Math.floor(slices.length / 2)]).toBeLessThan(5);
      expect(slices.length).toBeGreaterThanOrEqual(count / 1000);
      store.close();
    },
  );
});

test("a process with a MemoryStore full of sessions ends by itself", () => {
  const program = `
    import { MemoryStore } from "hipflask/stores/memory";
    const store = new MemoryStore();
    for (let i = 0; i < 10_000; i++) {
      const key = { id: String(i), owner: undefined };
      await store.create(key, { data: new Uint8Array(10), expires: new Date(Date.now() + 1000) }, new Date());
    }
    console.log("done");
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@hipflask/source", "--import", "tsx", "--input-type=module", "--eval", program],
    { encoding: "utf8", timeout: 15_000 },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "done\n", stderr: "" });
});
