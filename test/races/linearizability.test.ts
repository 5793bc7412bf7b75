import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SessionKey, SessionStore } from "../../src/session/store.ts";
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

const seeds = process.env["HIPFLASK_LONG"] === "1" ? Array.from({ length: 100 }, (_, seed) => seed) : [1, 2];

describe("what clients are answered can be put in one order", () => {
  test.each(seeds)("by a MemoryStore, seed %i", async (seed) => {
    const outcomes = await checkHistories(sharing(new MemoryStore(), seed), { seed });
    for (const outcome of [
      ...[
        "create created",
        "create exists",
        "load found",
        "load nothing",
        "delete found",
        "deleteOwned ended",
      ],
      ...["save saved", "save conflict", "save gone", "replace saved", "replace conflict", "replace gone"],
      ...["touch true", "touch false"],
    ]) {
      expect(outcomes[outcome], outcome).toBeGreaterThan(0);
    }
  });

  test.each(seeds)("by a MemoryStore on a network that loses calls and answers, seed %i", async (seed) => {
    const outcomes = await checkHistories(sharing(new MemoryStore(), seed, 0.05), { seed });
    for (const operation of ["create", "load", "save", "replace", "touch", "delete"]) {
      expect(outcomes[`${operation} unanswered`], operation).toBeGreaterThan(0);
    }
  });

  test.each(seeds)("by a cachingStore over a slow store, seed %i", async (seed) => {
    const random = seededRandom(seed);
    const store = cachingStore(afar(new MemoryStore(), random), afar(new MemoryStore(), random), {
      maxAge: 60,
    });
    await checkHistories(async () => ({ store, close: async () => {} }), { seed });
  });
});
