import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Fault, faultyStore, moment, sleep } from "../../../test/support/faulty-store.ts";
import { failure, request, setUpServer, storeCalls } from "../../../test/support/server-sessions.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { MemoryStore } from "../../stores/memory.ts";

const increment = (data: any) => void (data.n = (data.n ?? 0) + 1);
const rejects = () => Promise.reject(new Error("no"));

/** Processes that share a store, and the cookie of a session in it. */
async function setUp(processes: number, fault: Fault = (_, proceed) => proceed()) {
  const [clock, memory] = [new FakeClock(), new MemoryStore({ maxRecords: 1000 })];
  const faults = { fault };
  const store = faultyStore(memory, (operation, proceed) => faults.fault(operation, proceed));
  const all = Array.from({ length: processes }, () => setUpServer({ store, clock }));
  const first = setUpServer({ store: memory, clock });
  await first.visitor.visit(({ data }) => (data["n"] = 0));
  const { cookie } = first.visitor;
  return { all, cookie, faults, memory, look: async () => (await first.look(cookie)).data };
}

test("an update that takes too long is called once, and given up after five seconds", async () => {
  const { all, cookie, look } = await setUp(1);
  const start = performance.now();
  let calls = 0;
  const slow = failure(
    request(all[0]!.sessions, cookie, (session) =>
      session.update(() => {
        calls += 1;
        return new Promise(() => undefined);
      }),
    ),
  );
  await moment(1);
  await request(all[0]!.sessions, cookie, (session) => session.update(increment));
  expect(await slow).toMatchObject({ message: expect.stringContaining("longer than 5 seconds") });
  expect([calls, performance.now() - start < 8000]).toEqual([1, true]);
  expect(await look()).toEqual({ n: 1 });
}, 15_000);

describe("1,000 updates at once", () => {
  test.each([
    [1, "in one process"],
    [4, "in four processes with one store"],
  ])("are all counted: %i (%s)", async (processes) => {
    const { all, cookie, look } = await setUp(processes, async (_, proceed) => {
      await moment(1);
      return proceed();
    });
    const updates = Array.from({ length: 1000 }, (_, i) =>
      failure(request(all[i % processes]!.sessions, cookie, (session) => session.update(increment))),
    );
    const failed = (await Promise.all(updates)).filter((error) => error !== undefined);
    for (const error of failed) expect(error).toMatchObject({ code: "CONFLICT", status: 503 });
    expect(await look()).toEqual({ n: 1000 - failed.length });
    expect(failed.length).toBeLessThanOrEqual(processes === 1 ? 0 : 100);
  });

  test("and as many changes of different keys beside them are all there", async () => {
    const { all, cookie, look } = await setUp(4, async (_, proceed) => {
      await moment(1);
      return proceed();
    });
    const keys = Array.from({ length: 250 }, (_, i) => `k${i}`);
    const done = await Promise.all(
      keys.map(async (key, i) => {
        const error = await failure(
          request(all[i % 4]!.sessions, cookie, async (session) => {
            session.data[key] = i;
            if (i % 2 === 0) await session.update(increment);
          }),
        );
        return error === undefined ? [key, i] : [];
      }),
    );
    const acknowledged = done.filter((entry) => entry.length > 0) as [string, number][];
    expect(acknowledged.length).toBeGreaterThan(200);
    expect(await look()).toMatchObject(Object.fromEntries(acknowledged));
  });
});

describe("writes of one process to one session", () => {
  test("that wait for each other are written together", async () => {
    const { all, cookie, look } = await setUp(1);
    const calls = await storeCalls(() =>
      Promise.all(
        Array.from({ length: 100 }, () =>
          request(all[0]!.sessions, cookie, (session) => session.update(increment)),
        ),
      ),
    );
    expect(calls.filter((call) => call === "load")).toHaveLength(100);
    expect(calls.filter((call) => call === "save").length).toBeLessThan(10);
    expect(await look()).toEqual({ n: 100 });
  });

  test("do not wait for those to another one", async () => {
    const { all, cookie } = await setUp(1);
    const other = setUpServer({ store: all[0]!.store, clock: all[0]!.clock });
    await other.visitor.visit(({ data }) => (data["a"] = 1));
    const slow = request(all[0]!.sessions, cookie, (session) => session.update(() => sleep(300)));
    const start = performance.now();
    await request(all[0]!.sessions, other.visitor.cookie, (session) => session.update(increment));
    expect(performance.now() - start).toBeLessThan(250);
    await slow;
  });

  test("are hurt by nobody else's function that throws, or makes what cannot be stored", async () => {
    const { all, cookie, look } = await setUp(1);
    const { sessions } = all[0]!;
    const functions = [
      increment,
      (data: any) => {
        data.n = -1;
        throw new Error("mine");
      },
      increment,
      async (data: any) => {
        data.cart = [{ fn: () => 1 }];
      },
      () => Promise.reject(undefined),
      increment,
    ];
    const results = await Promise.all(
      functions.map((change) => failure(request(sessions, cookie, (session) => session.update(change)))),
    );
    expect(results[1]).toMatchObject({ message: "mine" });
    expect(results[3]).toMatchObject({ code: "UNSERIALIZABLE", path: "cart[0].fn" });
    expect([results[0], results[2], results[5]]).toEqual([undefined, undefined, undefined]);
    expect(await look()).toEqual({ n: 3 });
  });

  test("fail together when the store fails, and nothing of them is kept", async () => {
    const { all, cookie, faults, look } = await setUp(1);
    faults.fault = (operation, proceed) => (operation === "save" ? rejects() : proceed());
    const errors = await Promise.all(
      Array.from({ length: 3 }, () => failure(request(all[0]!.sessions, cookie, (s) => s.update(increment)))),
    );
    for (const error of errors) expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await look()).toEqual({ n: 0 });
    faults.fault = (_, proceed) => proceed();
    await request(all[0]!.sessions, cookie, (session) => session.update(increment));
    expect(await look()).toEqual({ n: 1 });
  });

  test("go on after an answer that was lost: done once, or not at all", async () => {
    const { all, cookie, faults, look } = await setUp(1);
    faults.fault = async (operation, proceed) => {
      const answer = await proceed();
      if (operation === "save") throw new Error("connection reset");
      return answer;
    };
    const { sessions } = all[0]!;
    expect(await failure(request(sessions, cookie, (s) => s.update(increment)))).toMatchObject({
      status: 503,
    });
    faults.fault = (_, proceed) => proceed();
    await request(sessions, cookie, (session) => session.update(increment));
    expect(await look()).toEqual({ n: 2 });
  });

  test("are not held up for ever by an update inside of an update", { timeout: 15_000 }, async () => {
    const { all, cookie, look } = await setUp(1);
    const { sessions } = all[0]!;
    const nested = failure(
      request(sessions, cookie, (session) =>
        session.update(async (data) => {
          data["lost"] = true;
          await session.update(increment);
        }),
      ),
    );
    const behind = request(sessions, cookie, (session) => session.update(increment));
    expect(await nested).toMatchObject({ code: "CONFIG" });
    await behind;
    const data: any = await look();
    expect(data.lost).toBeUndefined();
    expect(data.n).toBeGreaterThanOrEqual(1);
  });
});

describe("conflicts", () => {
  /** Another process writes before each of the first so many saves. */
  async function contended(conflicts: number) {
    const setting = await setUp(1);
    const rival = setUpServer({ store: setting.memory, clock: setting.all[0]!.clock });
    let left = conflicts;
    setting.faults.fault = async (operation, proceed) => {
      if (operation === "save" && left-- > 0)
        await request(rival.sessions, setting.cookie, ({ data }) => (data["rival"] = left));
      return proceed();
    };
    return { ...setting, events: setting.all[0]!.types };
  }

  test("five times are gone through, and each is an event", async () => {
    const { all, cookie, look, events } = await contended(5);
    await request(all[0]!.sessions, cookie, ({ data }) => (data["mine"] = 1));
    expect(await look()).toEqual({ n: 0, mine: 1, rival: 0 });
    expect(events()).toEqual(Array(5).fill("session.conflict"));
  });

  test("a sixth time are an error, and nothing is saved", async () => {
    for (const work of [
      (session: any) => (session.data.mine = 1),
      (session: any) => session.update((data: any) => void (data.mine = 1)),
      (session: any) => session.regenerate({ user: "42" }),
    ]) {
      const { all, cookie, look, faults } = await contended(6);
      const inner = faults.fault;
      // A replacement meets the others as a save does.
      faults.fault = (operation, proceed) => inner(operation === "replace" ? "save" : operation, proceed);
      const error = await failure(request(all[0]!.sessions, cookie, work));
      expect(error).toMatchObject({ code: "CONFLICT", status: 503, retryable: true });
      expect(await look()).toEqual({ n: 0, rival: 0 });
    }
  });

  test("read nothing again: the answer of the save says what is there", async () => {
    const { all, cookie } = await contended(1);
    const calls = await storeCalls(() => request(all[0]!.sessions, cookie, ({ data }) => (data["mine"] = 1)));
    // The rival's own two are among them.
    expect(calls).toEqual(["load", "load", "save", "save", "save"]);
  });
});

describe("a session that has ended in the meantime", () => {
  test("takes no change, and an update and a regeneration say so", async () => {
    for (const [work, code] of [
      [(session: any) => (session.data.a = 1), undefined],
      [(session: any) => session.flash("x"), undefined],
      [(session: any) => session.clear(), undefined],
      [(session: any) => session.update(increment), "GONE"],
      [(session: any) => session.regenerate({ user: "42" }), "GONE"],
      [(session: any) => session.destroy(), undefined],
    ] as const) {
      const { all, cookie, memory, look } = await setUp(2);
      const error = await failure(
        request(all[0]!.sessions, cookie, async (session) => {
          await request(all[1]!.sessions, cookie, (other) => other.destroy());
          await work(session);
        }),
      );
      expect([error?.code, error?.status]).toEqual([code, code && 409]);
      expect(await look()).toEqual({});
      expect(await memory.deleteAll()).toBe(0);
    }
  });

  test("is an event where changes were dropped, and the response sets no cookie", async () => {
    const { all, cookie } = await setUp(2);
    const setCookies = await request(all[0]!.sessions, cookie, async (session) => {
      session.permanent = true;
      await request(all[1]!.sessions, cookie, (other) => other.destroy());
    });
    expect(setCookies).toEqual([]);
    expect(all[0]!.types()).toEqual(["session.gone"]);
  });
});

describe("a session that got a new ID in the meantime", () => {
  test("takes no change under the old one, in this process and in others", async () => {
    for (const renamer of [0, 1]) {
      for (const work of [
        (session: any) => (session.data.late = 1),
        (session: any) => session.update(increment),
        (session: any) => session.regenerate({ user: "7" }),
      ]) {
        const { all, cookie, look, memory } = await setUp(2);
        const error = await failure(
          request(all[0]!.sessions, cookie, async (session) => {
            await request(all[renamer]!.sessions, cookie, (other) => other.regenerate({ user: "42" }));
            await work(session);
          }),
        );
        expect(error).toMatchObject({ code: "CONFLICT", status: 503 });
        expect(await look()).toEqual({ n: 0 });
        expect(await memory.deleteAll()).toBe(2);
      }
    }
  });
});

test("a function runs in the async context of its own request, also when another request's write calls it", async () => {
  const { all, cookie } = await setUp(1, async (_, proceed) => {
    await moment(5);
    return proceed();
  });
  const storage = new AsyncLocalStorage<number>();
  const seen: (number | undefined)[][] = [];
  await Promise.all(
    Array.from({ length: 5 }, (_, i) =>
      storage.run(i, () =>
        request(all[0]!.sessions, cookie, (session) =>
          session.update(() => void seen.push([i, storage.getStore()])),
        ),
      ),
    ),
  );
  expect(seen.length).toBeGreaterThanOrEqual(5);
  for (const [own, found] of seen) expect(found).toBe(own);
});

describe("where no request may wait for another one", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("a write that never ends holds up nobody, and those that meet are all done", async () => {
    vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
    const { all, cookie, faults, look } = await setUp(1);
    const { sessions } = all[0]!;
    faults.fault = (operation, proceed) => (operation === "save" ? new Promise(() => {}) : proceed());
    const stuck = failure(request(sessions, cookie, (session) => session.update(increment)));
    await sleep(20);
    faults.fault = async (_, proceed) => {
      await moment(1);
      return proceed();
    };
    const begun = performance.now();
    const updates = Array.from({ length: 10 }, () =>
      request(sessions, cookie, (session) => session.update(increment)),
    );
    await Promise.all(updates);
    expect(performance.now() - begun).toBeLessThan(900);
    expect(await look()).toEqual({ n: 10 });
    expect(await stuck).toMatchObject({ code: "STORE_TIMEOUT" });
  });
});
