import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SessionStore } from "../../src/session/store.ts";
import { cachingStore } from "../../src/stores/caching.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { seededRandom } from "../support/chaos-proxy.ts";
import type { Operation } from "./history.ts";
import { checkHistories, type OpenStore } from "./linearizability.ts";
import { findContradiction } from "./wing-gong.ts";

type Method = "create" | "load" | "save" | "replace" | "touch" | "delete" | "deleteOwned";

/** How a call goes wrong: never made, made without an answer, or made after the caller has given up. */
type Mishap = "lost" | "unanswered" | "late";

/** A store at the other end of a slow network, which loses some calls and some answers. */
function afar(store: SessionStore, random: () => number, mishaps = 0): SessionStore {
  const pause = () => sleep(random() * 3);
  return new Proxy(store, {
    get(target, method: Method) {
      const real = target[method] as ((...args: unknown[]) => Promise<unknown>) | undefined;
      if (typeof real !== "function") return real;
      return async (...args: unknown[]) => {
        await pause();
        const mishap: Mishap | undefined =
          random() < mishaps
            ? (["lost", "unanswered", "late"] as const)[Math.floor(random() * 3)]
            : undefined;
        if (mishap === "late") void sleep(random() * 30).then(() => real.apply(target, args));
        if (mishap === "lost" || mishap === "late") throw new Error("connection reset");
        const answer = await real.apply(target, args);
        await pause();
        if (mishap === "unanswered") throw new Error("connection reset");
        return answer;
      };
    },
  });
}

/** Opens the one store for everybody, each with a network of its own. */
function sharing(store: SessionStore, seed: number, mishaps = 0): OpenStore {
  const random = seededRandom(seed);
  return async () => ({ store: afar(store, random, mishaps), close: async () => {} });
}

const EVERY_OUTCOME = [
  "create created",
  "create exists",
  "load found",
  "load nothing",
  "save saved",
  "save conflict",
  "save gone",
  "replace saved",
  "replace conflict",
  "replace gone",
  "touch true",
  "touch false",
  "delete found",
  "deleteOwned ended",
];

/** What never came about. */
function absent(outcomes: Record<string, number>, expected: readonly string[]): string[] {
  return expected.filter((outcome) => outcomes[outcome] === undefined);
}

const seeds = process.env["HIPFLASK_LONG"] === "1" ? Array.from({ length: 30 }, (_, seed) => seed) : [1];

describe("what clients are answered can be put in one order", () => {
  test.each(seeds)("by a MemoryStore, seed %i", async (seed) => {
    const outcomes = await checkHistories(sharing(new MemoryStore(), seed), { seed });
    expect(absent(outcomes, EVERY_OUTCOME)).toEqual([]);
  });

  test.each(seeds)("by a MemoryStore on a network that loses calls and answers, seed %i", async (seed) => {
    const outcomes = await checkHistories(sharing(new MemoryStore(), seed, 0.1), { seed });
    expect(absent(outcomes, ["load unanswered", "save unanswered", "touch unanswered"])).toEqual([]);
  });

  test.each(seeds)("by a cachingStore over a slow store, seed %i", async (seed) => {
    const random = seededRandom(seed);
    const store = cachingStore(afar(new MemoryStore(), random), afar(new MemoryStore(), random), {
      maxAge: 60,
    });
    await checkHistories(async () => ({ store, close: async () => {} }), { seed });
  });
});

describe("the check finds", () => {
  /** A MemoryStore of which some methods are written anew. */
  const broken = (change: (store: MemoryStore) => Partial<SessionStore>): OpenStore => {
    const spaces = new Map<string, SessionStore>();
    const breakStore = (store: MemoryStore): SessionStore => {
      const changed = change(store);
      return new Proxy(afar(store, seededRandom(7)), {
        get: (target, method: Method) => changed[method] ?? target[method],
      });
    };
    return async (space) => {
      const store = spaces.get(space) ?? breakStore(new MemoryStore());
      spaces.set(space, store);
      return { store, close: async () => {} };
    };
  };
  const failing = async (open: OpenStore): Promise<string> => {
    for (let seed = 1; seed <= 5; seed++) {
      try {
        await checkHistories(open, { seed, operations: 100 });
      } catch (error) {
        return (error as Error).message;
      }
    }
    return "nothing";
  };

  test("a save that ignores the version", async () => {
    const open = broken((store) => ({
      save: async (key, version, record, now) => {
        await sleep(1);
        const current = await store.load(key, now);
        return store.save(key, current?.version ?? version, record, now);
      },
    }));
    expect(await failing(open)).toMatch(/no order explains[^]*"kind":"save"[^]*"answer":"saved"/);
  });

  test("a save that looks at the version first and writes later", async () => {
    const open = broken((store) => ({
      save: async (key, version, record, now) => {
        const current = await store.load(key, now);
        if (current === undefined) return { outcome: "gone" };
        if (current.version !== version) return { outcome: "conflict", current };
        await sleep(2);
        const latest = await store.load(key, now);
        return store.save(key, latest?.version ?? version, record, now);
      },
    }));
    expect(await failing(open)).toMatch(/no order explains/);
  });

  test("a delete that answers before it is done", async () => {
    const open = broken((store) => ({
      delete: async (key) => {
        const stored = await store.load(key, new Date(0));
        void sleep(5).then(() => store.delete(key));
        return stored;
      },
    }));
    expect(await failing(open)).toMatch(/no order explains/);
  });

  test("a save that makes a deleted record anew", async () => {
    const open = broken((store) => ({
      save: async (key, version, record, now) => {
        await sleep(1);
        const result = await store.save(key, version, record, now);
        if (result.outcome !== "gone") return result;
        const created = await store.create(key, record, now);
        return created === undefined ? { outcome: "gone" } : { outcome: "saved", version: created };
      },
    }));
    expect(await failing(open)).toMatch(/no order explains/);
  });

  test("a load that is a moment late", async () => {
    const open = broken((store) => {
      const seen = new Map<string, Awaited<ReturnType<SessionStore["load"]>>>();
      return {
        load: async (key, now) => {
          const before = seen.get(key.id);
          const stored = await store.load(key, now);
          seen.set(key.id, stored);
          return before ?? stored;
        },
      };
    });
    expect(await failing(open)).toMatch(/no order explains/);
  });

  test("a touch that changes the version and a touch that does nothing", async () => {
    const saving = broken((store) => ({
      touch: async (key, version, expires, now) => {
        const current = await store.load(key, now);
        if (current?.version !== version) return false;
        return (await store.save(key, version, { ...current, expires }, now)).outcome === "saved";
      },
    }));
    expect(await failing(saving)).toMatch(/no order explains/);
    const idle = broken((store) => ({
      touch: async (key, version, _, now) => (await store.load(key, now))?.version === version,
    }));
    expect(await failing(idle)).toMatch(/no order explains/);
  });

  test("a replace that leaves the next record behind when it did not succeed", async () => {
    const open = broken((store) => ({
      replace: async (key, version, retired, nextKey, record, now) => {
        const created = await store.create(nextKey, record, now);
        const result = await store.save(key, version, retired, now);
        return result.outcome === "saved" ? { ...result, version: created! } : result;
      },
    }));
    expect(await failing(open)).toMatch(/no order explains/);
  });

  test("a deleteOwned that misses a record", async () => {
    const open = broken((store) => ({
      deleteOwned: async (owner, except, now) => {
        const [missed] = await store.listOwned(owner, now);
        return store.deleteOwned(owner, [...except, missed?.key.id ?? ""]);
      },
    }));
    expect(await failing(open)).toMatch(/no order explains[^]*"kind":"end"/);
  });

  test("data that is torn and a version that stands for two states", async () => {
    const torn = broken((store) => ({
      load: async (key, now) => {
        const stored = await store.load(key, now);
        return stored && { ...stored, data: stored.data.subarray(0, -1) };
      },
    }));
    expect(await failing(torn)).toMatch(/the data of \d+ is torn/);
    const repeating = broken((store) => ({
      create: async (key, record, now) =>
        (await store.create(key, record, now)) === undefined ? undefined : 1,
    }));
    expect(await failing(repeating)).toMatch(/version 1 stands for both|no order explains/);
  });
});

describe("of histories made by hand the check", () => {
  const span = (called: number, answered: number) => ({ client: 0, called, answered });
  const a = { value: "a", expires: 1 };
  const b = { value: "b", expires: 2 };
  const created = { ...span(1, 2), ...a, kind: "create", answer: "created" } as const;
  const save = { ...b, kind: "save", expected: "a" } as const;

  test.each<[string, Operation[]]>([
    ["no operation at all", []],
    [
      "a load that overlaps a save, with either answer",
      [
        created,
        { ...span(3, 8), ...save, answer: "saved" },
        { ...span(4, 5), kind: "load", answer: a },
        { ...span(6, 7), kind: "load", answer: b },
      ],
    ],
    [
      "a save without an answer that happened late",
      [
        created,
        { ...span(3, Infinity), ...save, answer: undefined },
        { ...span(4, 5), kind: "load", answer: a },
        { ...span(6, 7), kind: "load", answer: b },
      ],
    ],
    [
      "a save without an answer that never happened",
      [
        created,
        { ...span(3, Infinity), ...save, answer: undefined },
        { ...span(4, 5), kind: "load", answer: a },
      ],
    ],
    [
      "a refused touch that only a save without an answer explains",
      [
        created,
        { ...span(3, Infinity), ...save, answer: undefined },
        { ...span(4, 5), kind: "touch", expected: "a", expires: 3, answer: false },
      ],
    ],
    [
      "a delete without an answer",
      [
        created,
        { ...span(3, Infinity), kind: "delete", answer: undefined },
        { ...span(4, 5), kind: "load", answer: a },
        { ...span(6, 7), kind: "load", answer: "nothing" },
      ],
    ],
  ])("accepts %s", (_, history) => {
    expect(findContradiction(history)).toBeUndefined();
    expect(findContradiction(history.toReversed())).toBeUndefined();
  });

  test.each<[string, Operation[]]>([
    [
      "what was read before anybody wrote it",
      [
        { ...span(1, 2), kind: "load", answer: a },
        { ...span(3, 4), ...a, kind: "create", answer: "created" },
      ],
    ],
    [
      "the old state after the new one was seen",
      [
        created,
        { ...span(3, 8), ...save, answer: "saved" },
        { ...span(4, 5), kind: "load", answer: b },
        { ...span(6, 7), kind: "load", answer: a },
      ],
    ],
    [
      "two saves of one version",
      [
        created,
        { ...span(3, 6), ...save, answer: "saved" },
        { ...span(4, 5), value: "c", expires: 3, kind: "save", expected: "a", answer: "saved" },
      ],
    ],
    ["a conflict with one's own version", [created, { ...span(3, 6), ...save, answer: a }]],
    [
      "a touch of which nothing is seen",
      [
        created,
        { ...span(3, 4), kind: "touch", expected: "a", expires: 3, answer: true },
        { ...span(5, 6), kind: "load", answer: a },
      ],
    ],
    ["a second creation", [created, { ...span(3, 4), ...b, kind: "create", answer: "created" }]],
    [
      "a creation that was refused where there was nothing",
      [{ ...span(1, 2), ...a, kind: "create", answer: "exists" }],
    ],
    [
      "a record that a delete without an answer ended and that comes back",
      [
        created,
        { ...span(3, Infinity), kind: "delete", answer: undefined },
        { ...span(4, 5), kind: "load", answer: "nothing" },
        { ...span(6, 7), kind: "load", answer: a },
      ],
    ],
    [
      "a save without an answer that happened before it was called",
      [
        created,
        { ...span(3, 4), kind: "load", answer: b },
        { ...span(5, Infinity), ...save, answer: undefined },
      ],
    ],
    [
      "a record that lives after its owner's were ended",
      [created, { ...span(3, 4), kind: "end" }, { ...span(5, 6), kind: "load", answer: a }],
    ],
    [
      "two deletes that both got the record",
      [created, { ...span(3, 6), kind: "delete", answer: a }, { ...span(4, 5), kind: "delete", answer: a }],
    ],
  ])("refuses %s", (_, history) => {
    expect(findContradiction(history)).toMatch(/can be put in an order/);
  });
});
