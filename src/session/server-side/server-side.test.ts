import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { inProduction } from "../../../test/support/production.ts";
import { sleep } from "../../../test/support/faulty-store.ts";
import { failure, setUpServer } from "../../../test/support/server-sessions.ts";
import { KEY } from "../../../test/support/visitor.ts";
import { ConfigError } from "../../errors.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { createSessions, serverSide } from "../index.ts";

describe("options", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("that make no sense are refused at the start", () => {
    const store = new MemoryStore();
    for (const options of [
      { timeout: 0 },
      { timeout: -1 },
      { timeout: Number.NaN },
      { timeout: "1" as never },
      { maxPending: 0 },
      { maxPending: Number.POSITIVE_INFINITY },
      { maxPerUser: 0 },
      { cleanEvery: 0 },
      // JavaScript's timers would take it for a millisecond.
      { cleanEvery: 30 * 24 * 60 * 60 },
    ])
      expect(() => serverSide(store, options)).toThrow(ConfigError);
    for (const no of [undefined, null, {}, "redis://127.0.0.1", MemoryStore])
      expect(() => serverSide(no as never)).toThrow(ConfigError);
    expect(() => createSessions({ storage: serverSide as never })).toThrow(ConfigError);
    const { listOwned: _, ...unable } = { listOwned: 1, load: () => Promise.resolve(undefined) };
    expect(() => serverSide(unable as never, { maxPerUser: 1 })).toThrow(/list/);
  });

  test("need no secret key, but a key that is given is checked", async () => {
    expect(() => createSessions({ storage: serverSide(new MemoryStore()) })).not.toThrow();
    expect(() => setUpServer({ secretKey: KEY })).not.toThrow();
    await inProduction(() => expect(() => setUpServer({ secretKey: "changeme" })).toThrow(ConfigError));
  });

  test("of a store that cannot list or end sessions: asking for it says so, and is no failure of the store", async () => {
    const { store, sessions, types, visitor } = setUpServer();
    Object.assign(store, { listOwned: undefined, deleteOwned: undefined, deleteAll: undefined });
    for (let i = 0; i < 6; i++) {
      for (const work of [
        () => sessions.forUser("1").list(),
        () => sessions.forUser("1").revokeAll(),
        () => sessions.revokeAll(),
      ])
        expect(await failure(work())).toBeInstanceOf(ConfigError);
    }
    await visitor.visit((session) => session.regenerate({ user: "1" }));
    expect(types()).toEqual(["session.created"]);
  });

  test("clean the store now and then, all there is, and go on after a failure", async () => {
    const answers = [1000, 1000, 7, undefined];
    const limits: number[] = [];
    const deleteExpired = (limit: number) => {
      limits.push(limit);
      const answer = answers.length > 0 ? answers.shift() : 0;
      return answer === undefined ? Promise.reject(new Error("down")) : Promise.resolve(answer);
    };
    const { types } = setUpServer({
      store: Object.assign(new MemoryStore(), { deleteExpired }),
      cleanEvery: 0.05,
    });
    while (limits.length < 6) await sleep(10);
    expect(new Set(limits)).toEqual(new Set([1000]));
    expect(types()).toEqual(["store.failed"]);
  });

  test("clean the store on after ten minutes at the latest, also where the clock has jumped meanwhile", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let batches = 0;
    const deleteExpired = async () => {
      clock.move(7200);
      return ++batches < 3 ? 1000 : 0;
    };
    const { clock } = setUpServer({
      store: Object.assign(new MemoryStore(), { deleteExpired }),
      cleanEvery: 1,
    });
    await vi.advanceTimersByTimeAsync(2000);
    expect(batches).toBe(1);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(batches).toBe(2);
  });

  test("clean nothing by a timer where each ends with the request that made it, and say so", () => {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    expect(() => setUpServer({ cleanEvery: 60 })).toThrow(/Cron Trigger/);
    expect(() => setUpServer()).not.toThrow();
  });

  test("let the application clean the store itself, where that has something to clean", async () => {
    const store = Object.assign(new MemoryStore(), {
      deleteExpired: (limit: number) => Promise.resolve(limit),
    });
    const { sessions } = setUpServer({ store });
    expect([await sessions.deleteExpired(), await sessions.deleteExpired(5)]).toEqual([1000, 5]);
    expect(await setUpServer().sessions.deleteExpired()).toBe(0);
  });
});
