import Database from "libsql";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import type { SessionKey, SessionRecord, SessionStore } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import { packRecord, unpackRecord } from "./cached-record.ts";
import { cachingStore } from "./caching.ts";
import { MemoryStore } from "./memory.ts";
import { SqliteStore } from "./sqlite.ts";

const at = (seconds: number) => new Date(1_000_000_000_000 + seconds * 1000);
const key = (name: string, owner?: string): SessionKey => ({ id: name.padEnd(43, "_"), owner });
const record = (text: string, seconds = 3600): SessionRecord => ({
  data: new TextEncoder().encode(text),
  expires: at(seconds),
});
const read = async (store: SessionStore, of: SessionKey, seconds = 0) => {
  const stored = await store.load(of, at(seconds));
  return stored && new TextDecoder().decode(stored.data);
};

type When = "before" | "after";
type Method = "create" | "load" | "save" | "touch" | "delete" | "deleteOwned";

/** A store that can be held up, before or after it does what it is asked, and which counts what it is asked. */
function watched(store: SessionStore) {
  const held = new Map<Method, { when: When; reach(): void; released: Promise<unknown> }[]>();
  const calls: string[] = [];
  const hold = (method: Method, when: When = "after") => {
    let reach = () => {};
    let release: (error?: Error) => void = () => {};
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const released = new Promise<void>((resolve, reject) => {
      release = (error) => (error === undefined ? resolve() : reject(error));
    });
    held.set(method, [...(held.get(method) ?? []), { when, reach, released }]);
    return { reached, release: (error?: Error) => release(error) };
  };
  const proxy = new Proxy(store, {
    get(target, method: Method) {
      const real = target[method] as ((...args: unknown[]) => Promise<unknown>) | undefined;
      if (typeof real !== "function") return real;
      return async (...args: unknown[]) => {
        calls.push(method);
        const gate = held.get(method)?.shift();
        const wait = async (when: When) => {
          if (gate?.when !== when) return;
          gate.reach();
          await gate.released;
        };
        await wait("before");
        const answer = await real.apply(target, args);
        await wait("after");
        return answer;
      };
    },
  });
  return { store: proxy, hold, calls };
}

function watchedCaching(maxAge = 60) {
  const cache = watched(new MemoryStore());
  const store = watched(new MemoryStore());
  return { cache, store, caching: cachingStore(cache.store, store.store, { maxAge }) };
}

for (const [name, maxRecords, maxAge] of [
  ["a cachingStore", 1000, 3600],
  ["a cachingStore whose cache holds two records", 2, 3600],
  ["a cachingStore that forgets within a millisecond", 1000, 0.001],
] as const) {
  describe(name, () => {
    const spaces = new Map<string, SessionStore>();
    storeSuite({
      test,
      open: async (space) => {
        const cache = new MemoryStore({ maxRecords });
        const store =
          spaces.get(space) ?? cachingStore(cache, new SqliteStore(new Database(":memory:")), { maxAge });
        spaces.set(space, store);
        return { store, close: async () => {} };
      },
      capabilities: { deleteExpired: true, owners: true, deleteAll: true, list: true },
    });
  });
}

test("a cachingStore is refused whose stores are none, or that is not told for how long", () => {
  const [cache, store] = [new MemoryStore(), new MemoryStore()];
  for (const options of [undefined, null, {}, { maxAge: 0 }, { maxAge: NaN }, { maxAge: "5" }]) {
    expect(() => cachingStore(cache, store, options as never)).toThrow(ConfigError);
  }
  for (const stores of [[cache], [undefined, store], [cache, {}], [null, null]]) {
    const [first, second] = stores as [MemoryStore, MemoryStore];
    expect(() => cachingStore(first, second, { maxAge: 5 })).toThrow(ConfigError);
  }
});

describe("what a cachingStore asks its store", () => {
  test("a record that was created, saved or loaded is not asked for again until maxAge is over", async () => {
    const { caching, store } = watchedCaching(60);
    const version = await caching.create(key("a"), record("first"), at(0));
    expect(await read(caching, key("a"), 1)).toBe("first");
    await caching.save(key("a"), version!, record("second"), at(2));
    expect(await read(caching, key("a"), 61.999)).toBe("second");
    expect(store.calls).toEqual(["create", "save"]);
    expect(await read(caching, key("a"), 62)).toBe("second");
    expect(await read(caching, key("a"), 121)).toBe("second");
    expect(store.calls).toEqual(["create", "save", "load"]);
  });

  test("a conflict brings the record to the cache", async () => {
    const { caching, store } = watchedCaching();
    const version = await caching.create(key("a"), record("first"), at(0));
    await store.store.save(key("a"), version!, record("elsewhere"), at(0));
    expect(await read(caching, key("a"))).toBe("first");
    expect((await caching.save(key("a"), version!, record("late"), at(0))).outcome).toBe("conflict");
    store.calls.length = 0;
    expect(await read(caching, key("a"))).toBe("elsewhere");
    expect(store.calls).toEqual([]);
  });

  test("what is absent is asked for each time", async () => {
    const { caching, store } = watchedCaching();
    expect(await read(caching, key("a"))).toBeUndefined();
    await store.store.create(key("a"), record("elsewhere"), at(0));
    expect(await read(caching, key("a"))).toBe("elsewhere");
  });

  test("a clock that was put back makes nothing last longer", async () => {
    const { caching, store } = watchedCaching(60);
    const version = await caching.create(key("a"), record("first", 1e6), at(500_000));
    await store.store.save(key("a"), version!, record("elsewhere", 1e6), at(0));
    expect(await read(caching, key("a"), 0)).toBe("elsewhere");
  });

  test("a record is live to its last millisecond in the cache, too", async () => {
    const { caching } = watchedCaching(60);
    await caching.create(key("a"), record("first", 10), at(0));
    expect(await read(caching, key("a"), 9.999)).toBe("first");
    expect(await read(caching, key("a"), 10)).toBeUndefined();
  });
});

describe("a cachingStore beside another process", () => {
  const two = () => {
    const store = new MemoryStore();
    const [here, there] = [0, 1].map(() => cachingStore(new MemoryStore(), store, { maxAge: 5 }));
    return { here: here!, there: there! };
  };

  test("serves what the other one ended or wrote for maxAge and no longer, and loses and revives nothing", async () => {
    const { here, there } = two();
    const version = (await here.create(key("a"), record("first"), at(0)))!;
    const ended = (await here.create(key("b"), record("first"), at(0)))!;
    await there.save(key("a"), version, record("second"), at(1));
    await there.delete(key("b"));
    expect(await read(here, key("a"), 4.999)).toBe("first");
    expect(await read(here, key("b"), 4.999)).toBe("first");
    expect(await read(here, key("a"), 5)).toBe("second");
    expect(await read(here, key("b"), 5)).toBeUndefined();
    expect(await here.save(key("b"), ended, record("late"), at(1))).toEqual({ outcome: "gone" });
    expect(await here.touch(key("b"), ended, at(9000), at(1))).toBe(false);
    expect(await read(there, key("b"))).toBeUndefined();
  });

  test("a write over a record that is out of date brings the one that is not, and shows it from then on", async () => {
    const { here, there } = two();
    const version = (await here.create(key("a"), record("first"), at(0)))!;
    await there.save(key("a"), version, record("second"), at(1));
    const result = await here.save(key("a"), version, record("late"), at(1));
    expect(result.outcome === "conflict" && new TextDecoder().decode(result.current.data)).toBe("second");
    expect(await read(here, key("a"), 2)).toBe("second");
    await there.delete(key("a"));
    expect(await read(here, key("a"), 2)).toBe("second");
    const next = await here.replace(key("a"), version, record("x"), key("b"), record("y"), at(2));
    expect(next).toEqual({ outcome: "gone" });
    expect(await read(here, key("a"), 2)).toBeUndefined();
    expect(await read(here, key("b"), 2)).toBeUndefined();
  });

  test("a list of an owner's records is never out of date, and revoking them is seen late elsewhere only", async () => {
    const { here, there } = two();
    await here.create(key("a", "ada"), record("first"), at(0));
    await there.create(key("b", "ada"), record("first"), at(0));
    expect(await here.listOwned!("ada", at(0))).toHaveLength(2);
    await there.deleteOwned!("ada", [], at(0));
    expect(await here.listOwned!("ada", at(0))).toEqual([]);
    expect(await read(there, key("b", "ada"))).toBeUndefined();
    expect(await read(here, key("a", "ada"), 4.999)).toBe("first");
    expect(await read(here, key("a", "ada"), 5)).toBeUndefined();
  });
});

describe("an answer of the store that comes late", () => {
  test.each([
    ["delete", undefined, (store: SessionStore) => store.delete(key("a", "ada"))],
    ["save", "second", (store: SessionStore) => store.save(key("a", "ada"), 1, record("second"), at(0))],
    ["touch", "first", (store: SessionStore) => store.touch(key("a", "ada"), 1, at(9), at(0))],
    [
      "replace",
      "retired",
      (store: SessionStore) =>
        store.replace(key("a", "ada"), 1, record("retired"), key("b"), record("next"), at(0)),
    ],
    ["deleteOwned", undefined, (store: SessionStore) => store.deleteOwned!("ada", [], at(0))],
    ["deleteAll", undefined, (store: SessionStore) => store.deleteAll!(at(0))],
  ] as const)("a load from before a %s does not bring the old record back", async (_, after, write) => {
    const { caching, store } = watchedCaching();
    await store.store.create(key("a", "ada"), record("first"), at(0));
    const { reached, release } = store.hold("load");
    const slow = read(caching, key("a", "ada"));
    await reached;
    await write(caching);
    release();
    expect(await slow).toBe("first");
    expect(await read(caching, key("a", "ada"))).toBe(after);
  });

  test("a load that began while a save was under way is not taken for what the save left", async () => {
    const { caching, store } = watchedCaching();
    const version = (await caching.create(key("a"), record("first"), at(0)))!;
    const saving = store.hold("save");
    const save = caching.save(key("a"), version, record("second"), at(0));
    await saving.reached;
    expect(await read(caching, key("a"))).toBe("second");
    const loading = store.hold("load");
    const load = read(caching, key("a"));
    await loading.reached;
    saving.release();
    const result = await save;
    await caching.save(key("a"), result.outcome === "saved" ? result.version : 0, record("third"), at(0));
    loading.release();
    expect(await load).toBe("second");
    expect(await read(caching, key("a"))).toBe("third");
  });

  test("of two saves whose answers come the wrong way round the later one stays", async () => {
    const { caching, store } = watchedCaching();
    const version = (await caching.create(key("a"), record("first"), at(0)))!;
    const slow = store.hold("save");
    const first = caching.save(key("a"), version, record("second"), at(0));
    await slow.reached;
    const loaded = await caching.load(key("a"), at(0));
    await caching.save(key("a"), loaded!.version, record("third"), at(0));
    slow.release();
    await first;
    expect(await read(caching, key("a"))).toBe("third");
  });

  test("a fill of the cache that is still under way does not outlive a delete", async () => {
    const { caching, store, cache } = watchedCaching();
    await store.store.create(key("a"), record("first"), at(0));
    const filling = cache.hold("create", "before");
    const slow = read(caching, key("a"));
    await filling.reached;
    const deleted = caching.delete(key("a"));
    // Nor does it keep anybody waiting.
    expect(await read(caching, key("a"))).toBeUndefined();
    filling.release();
    await Promise.all([slow, deleted]);
    expect(await read(caching, key("a"))).toBeUndefined();
  });

  test("a fill of the cache that is still under way does not outlive a deleteOwned", async () => {
    const { caching, store, cache } = watchedCaching();
    await store.store.create(key("a", "ada"), record("first"), at(0));
    const filling = cache.hold("create", "before");
    const slow = read(caching, key("a", "ada"));
    await filling.reached;
    const deleted = caching.deleteOwned!("ada", [], at(0));
    await new Promise(setImmediate);
    filling.release();
    await Promise.all([slow, deleted]);
    expect(await read(caching, key("a", "ada"))).toBeUndefined();
    expect(await cache.store.load(key("a", "ada"), at(0))).toBeUndefined();
  });
});

describe("a cachingStore when something fails", () => {
  test("a save that failed and happened all the same is seen", async () => {
    const { caching, store } = watchedCaching();
    const version = (await caching.create(key("a"), record("first"), at(0)))!;
    const { reached, release } = store.hold("save");
    const save = caching.save(key("a"), version, record("second"), at(0));
    await reached;
    release(new Error("connection reset"));
    await expect(save).rejects.toThrow("connection reset");
    expect(await read(caching, key("a"))).toBe("second");
  });

  test("a delete that the cache did not follow is no success", async () => {
    const { caching, cache } = watchedCaching();
    await caching.create(key("a"), record("first"), at(0));
    const { reached, release } = cache.hold("delete");
    const deleted = caching.delete(key("a"));
    await reached;
    release(new Error("cache is down"));
    await expect(deleted).rejects.toThrow("cache is down");
    expect(await read(caching, key("a"))).toBeUndefined();
  });

  test("a load that failed leaves nothing behind", async () => {
    const { caching, store } = watchedCaching();
    await store.store.create(key("a"), record("first"), at(0));
    const { reached, release } = store.hold("load");
    const load = read(caching, key("a"));
    await reached;
    release(new Error("connection reset"));
    await expect(load).rejects.toThrow("connection reset");
    expect(await read(caching, key("a"))).toBe("first");
  });
});

test.each(["", "1-2", "\ud800 \u0000 é", 0, -1, 1.5, 2 ** 53, new Uint8Array(0), Uint8Array.of(0, 255)])(
  "the version %j comes out of the cache as it is",
  (version) => {
    const stored = { ...record("data"), seen: at(-5), version };
    expect(unpackRecord(packRecord(stored))).toEqual(stored);
  },
);

test("what somebody else keeps in the cache's space is no record", () => {
  expect(unpackRecord(new Uint8Array(0))).toBeUndefined();
  expect(unpackRecord(new TextEncoder().encode("something else that is longer than that"))).toBeUndefined();
});

test("a cachingStore refuses what cannot work", () => {
  const store = new MemoryStore();
  for (const maxAge of [0, -1, Number.NaN, Infinity]) {
    expect(() => cachingStore(store, store, { maxAge })).toThrow(ConfigError);
  }
  const { deleteOwned: _, ...cache } = cachingStore(store, store, { maxAge: 1 });
  expect(() => cachingStore(cache, store, { maxAge: 1 })).toThrow(/must have deleteOwned/);
  expect(Object.keys(cachingStore(store, cache, { maxAge: 1 }))).not.toContain("deleteOwned");
});
