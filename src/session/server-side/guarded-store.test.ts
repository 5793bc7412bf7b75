import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sleep } from "../../../test/support/faulty-store.ts";
import { failure, storeCalls } from "../../../test/support/server-sessions.ts";
import { ConfigError, StoreError, TooLargeError } from "../../errors.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { Events } from "../events.ts";
import { type GuardOptions, StoreGuard } from "./guarded-store.ts";

function setUp(options: Partial<GuardOptions> = {}) {
  const events = new Events();
  const types: string[] = [];
  events.on("*", ({ type }) => types.push(type));
  const guard = new StoreGuard(new MemoryStore(), events, { timeout: 0.1, maxPending: 10, ...options });
  const load = (work: () => Promise<unknown>) => guard.call("load", work);
  return {
    load,
    types,
    count: (type: string) => types.filter((each) => each === type).length,
    fail: () => failure(load(() => Promise.reject(new Error("refused by the driver")))),
    succeed: () => load(() => Promise.resolve("value")),
  };
}

const never = () => new Promise<never>(() => {});

describe("a call", () => {
  test("gives what the store gives", async () => {
    const { succeed, types } = setUp();
    expect(await storeCalls(async () => expect(await succeed()).toBe("value"))).toEqual(["load"]);
    expect(types).toEqual([]);
  });

  test("that the store refuses is unavailable, with the driver's error as its cause", async () => {
    const { fail, load, types } = setUp();
    const calls = await storeCalls(async () => {
      const error = await fail();
      expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", status: 503, retryable: true });
      expect([error.cause.message, error.message.includes("driver")]).toEqual([
        "refused by the driver",
        false,
      ]);
      const thrown = load(() => {
        throw new Error("at once");
      });
      expect(await failure(thrown)).toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(await failure(load(() => Promise.reject(undefined)))).toMatchObject({
        code: "STORE_UNAVAILABLE",
      });
    });
    expect(calls).toEqual(["load failed", "load failed", "load failed"]);
    expect(types).toEqual(["store.failed", "store.failed", "store.failed"]);
  });

  test("that takes too long is given up soon after its time, and not before", async () => {
    const { load, types } = setUp({ timeout: 0.3 });
    const start = performance.now();
    const calls = await storeCalls(async () => {
      const late = await Promise.all([load(never), load(never)].map(failure));
      expect(late).toMatchObject([{ code: "STORE_TIMEOUT", status: 503 }, { code: "STORE_TIMEOUT" }]);
    });
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(300);
    expect(took).toBeLessThan(900);
    expect(calls).toEqual(["load timeout", "load timeout"]);
    expect(types).toEqual(["store.failed", "store.failed"]);
  });

  test("that is answered too late changes nothing any more, however it is answered", async () => {
    const { load, types, succeed } = setUp();
    const late: ((work: "good" | "bad") => void)[] = [];
    const calls = ["good", "bad"].map(() =>
      load(
        () =>
          new Promise((resolve, reject) =>
            late.push((end) => (end === "good" ? resolve(1) : reject(new Error("late")))),
          ),
      ),
    );
    expect(await Promise.all(calls.map(failure))).toMatchObject([
      { code: "STORE_TIMEOUT" },
      { code: "STORE_TIMEOUT" },
    ]);
    late[0]!("good");
    late[1]!("bad");
    await sleep(5);
    expect(await succeed()).toBe("value");
    expect(types).toEqual(["store.failed", "store.failed"]);
  });

  test("of a process that was busy elsewhere is not taken for one that took too long", async () => {
    const { load } = setUp({ timeout: 0.3 });
    const call = load(() => sleep(50));
    const start = performance.now();
    while (performance.now() - start < 700);
    await call;
  });

  test("that asks for what the store cannot do says so, and is no failure of the store", async () => {
    const { load, succeed, types } = setUp();
    const errors = [new ConfigError("cannot"), new TooLargeError("too large", 2, 1, [])];
    for (let i = 0; i < 10; i++)
      for (const error of errors) expect(await failure(load(() => Promise.reject(error)))).toBe(error);
    expect(await succeed()).toBe("value");
    expect(types).toEqual([]);
  });

  test("beyond as many as may be under way is refused at once, and there is room again when one ends", async () => {
    const { load, succeed } = setUp({ maxPending: 3, timeout: 5 });
    const ends: (() => void)[] = [];
    const pending = [1, 2, 3].map(() => load(() => new Promise<void>((resolve) => ends.push(resolve))));
    const calls = await storeCalls(async () =>
      expect(await failure(succeed())).toMatchObject({ code: "STORE_UNAVAILABLE" }),
    );
    expect(calls).toEqual(["load refused"]);
    ends[1]!();
    await pending[1];
    expect(await succeed()).toBe("value");
    ends[0]!();
    ends[2]!();
    await Promise.all(pending);
  });
});

describe("a store that is down", () => {
  test("is not asked after five failures in a row, and each thing is said once", async () => {
    const { fail, count, succeed } = setUp();
    for (let i = 0; i < 5; i++) await fail();
    const calls = await storeCalls(async () => {
      for (let i = 0; i < 100; i++)
        expect(await failure(succeed())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    });
    expect(new Set(calls)).toEqual(new Set(["load refused"]));
    expect([count("store.failed"), count("store.down"), count("store.up")]).toEqual([5, 1, 0]);
  });

  test("is none as long as it answers now and then", async () => {
    const { fail, succeed, count } = setUp();
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 4; j++) await fail();
      await succeed();
    }
    expect(count("store.down")).toBe(0);
  });

  test("is tried with one call in half a second", async () => {
    const { fail, load } = setUp();
    for (let i = 0; i < 5; i++) await fail();
    let asked = 0;
    const until = performance.now() + 1600;
    while (performance.now() < until) {
      await failure(
        load(() => {
          asked++;
          return Promise.reject(new Error("still down"));
        }),
      );
      await sleep(5);
    }
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(4);
  });

  test("that says nothing makes one caller wait, and not each one who asks after the other", async () => {
    const { load } = setUp({ timeout: 0.6 });
    await Promise.all(Array.from({ length: 5 }, () => failure(load(never))));
    const calls = await storeCalls(async () => {
      for (let waited = false; !waited; await sleep(20)) {
        const error = await failure(load(never));
        waited = error instanceof StoreError && error.code === "STORE_TIMEOUT";
      }
      for (let i = 0; i < 3; i++) await failure(load(never));
    });
    expect(calls.slice(-4)).toEqual(["load timeout", "load refused", "load refused", "load refused"]);
  });

  test("works for everybody again within two seconds, also when it had stopped answering at all", async () => {
    for (const down of [() => Promise.reject(new Error("down")), never]) {
      const { load, succeed, count } = setUp();
      await Promise.all(Array.from({ length: 6 }, () => failure(load(down))));
      const start = performance.now();
      while ((await failure(succeed())) !== undefined) await sleep(10);
      expect(performance.now() - start).toBeLessThan(2000);
      expect(await Promise.all(Array.from({ length: 10 }, succeed))).toHaveLength(10);
      expect([count("store.down"), count("store.up")]).toEqual([1, 1]);
      for (let i = 0; i < 4; i++) await failure(load(() => Promise.reject(new Error("again"))));
      expect(await succeed()).toBe("value");
    }
  });

  test("keeps no process alive, nor does a call that nobody answers", async () => {
    const guard = new URL("./guarded-store.ts", import.meta.url).href;
    const events = new URL("../events.ts", import.meta.url).href;
    const script = `
      import { StoreGuard } from ${JSON.stringify(guard)};
      import { Events } from ${JSON.stringify(events)};
      const guard = new StoreGuard({}, new Events(), { timeout: 60, maxPending: 100 });
      const failing = () => Promise.reject(new Error("down"));
      for (let i = 0; i < 5; i++) guard.call("load", failing).catch(() => {});
      guard.call("load", () => new Promise(() => {})).catch(() => {});
    `;
    const run = promisify(execFile);
    const options = ["--conditions=@hipflask/source", "--import", "tsx", "--input-type=module", "-e", script];
    // Rejects when the process has to be killed.
    await run(process.execPath, options, { timeout: 10_000, cwd: new URL("../../..", import.meta.url) });
  });
});

describe("where timers end with the request that made them", () => {
  /** As on workerd, when the request that was the first one has ended. */
  function setUpApart(options?: Partial<GuardOptions>) {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    vi.spyOn(globalThis, "setInterval").mockReturnValue({ unref() {} } as never);
    return setUp(options);
  }

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("a store that was down works again, and is tried with one call in half a second until then", async () => {
    const { fail, succeed, count } = setUpApart();
    for (let i = 0; i < 5; i++) await fail();
    expect(await failure(succeed())).toMatchObject({ message: expect.stringContaining("is down") });
    await sleep(700);
    expect(await succeed()).toBe("value");
    expect([count("store.down"), count("store.up")]).toEqual([1, 1]);
  });

  test("a store that was down is tried also when the clock has been put back", async () => {
    const { fail, succeed } = setUpApart();
    for (let i = 0; i < 5; i++) await fail();
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now - 3_600_000);
    expect(await succeed()).toBe("value");
  });

  test("each call is given up in time", async () => {
    const { load } = setUpApart();
    const start = performance.now();
    expect(await failure(load(never))).toMatchObject({ code: "STORE_TIMEOUT" });
    expect(performance.now() - start).toBeLessThan(900);
  });

  test("calls of requests that have ended take no room for good", async () => {
    const { load, succeed } = setUpApart({ maxPending: 2 });
    const timeout = vi.spyOn(globalThis, "setTimeout").mockReturnValue(undefined as never);
    const left = [load(never), load(never)].map(failure);
    timeout.mockRestore();
    expect(await failure(succeed())).toMatchObject({ message: expect.stringContaining("too much to do") });
    await sleep(400);
    expect(await succeed()).toBe("value");
    await Promise.all(left);
  });
});
