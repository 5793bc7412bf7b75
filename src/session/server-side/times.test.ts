import { describe, expect, test } from "vitest";
import { faultyStore, type Operation } from "../../../test/support/faulty-store.ts";
import { request, setUpServer, storeCalls } from "../../../test/support/server-sessions.ts";
import { MemoryStore } from "../../stores/memory.ts";
import type { SessionStore } from "../index.ts";

const DAY = 24 * 60 * 60;
const YEARS = new Date(8e15);

/** A store whose own expiry does nothing at all: only the stored times can end a session. */
function timeless(): SessionStore {
  const memory = new MemoryStore({ maxRecords: 1000 });
  return {
    create: (key, { data }, now) => memory.create(key, { data, expires: YEARS }, now),
    load: (key, now) => memory.load(key, now),
    save: (key, version, { data }, now) => memory.save(key, version, { data, expires: YEARS }, now),
    replace: (key, version, retired, nextKey, { data }, now) =>
      memory.replace(key, version, { ...retired, expires: YEARS }, nextKey, { data, expires: YEARS }, now),
    touch: (key, version, _, now) => memory.touch(key, version, YEARS, now),
    delete: (key) => memory.delete(key),
    listOwned: (owner, now) => memory.listOwned(owner, now),
  };
}

describe("the idle time", () => {
  test("ends a session by the stored time, although the store and the browser would keep it", async () => {
    const { visitor, look, clock, types } = setUpServer({
      store: timeless(),
      idleTimeout: 60,
      lifetime: DAY,
    });
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(59);
    expect((await look(visitor.cookie)).data).toEqual({ a: 1 });
    clock.move(2);
    const session = await look(visitor.cookie);
    expect([session.new, session.data, types()]).toEqual([true, {}, ["session.created", "token.expired"]]);
  });

  test("counts from the last request that used the session, reading or writing", async () => {
    for (const use of [
      (s: any) => s.data,
      (s: any) => (s.data.n += 1),
      (s: any) => s.update((d: any) => void d.n++),
    ]) {
      const { visitor, clock } = setUpServer({ store: timeless(), idleTimeout: 60, lifetime: DAY });
      await visitor.visit(({ data }) => (data["n"] = 0));
      for (let i = 0; i < 10; i++) {
        clock.move(55);
        await visitor.visit((session) => (expect(session.new).toBe(false), use(session)));
      }
      clock.move(61);
      await visitor.visit((session) => expect(session.new).toBe(true));
    }
  });

  test("is not counted from requests that do not ask for the session", async () => {
    const { visitor, clock } = setUpServer({ idleTimeout: 60 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    for (let i = 0; i < 7; i++) {
      clock.move(10);
      await visitor.exchange(() => {});
    }
    await visitor.visit((session) => expect(session.new).toBe(true));
  });

  test("is renewed at most ten times: 1,000 requests that read write no oftener, and set no cookie", async () => {
    const { visitor, clock } = setUpServer({ idleTimeout: 1000 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    const setCookies: string[] = [];
    const calls = await storeCalls(async () => {
      for (let i = 0; i < 1000; i++) {
        clock.move(1);
        setCookies.push(...(await visitor.visit(({ data }) => data)).setCookies);
      }
    });
    expect(calls.filter((call) => call === "touch")).toHaveLength(10);
    expect(calls.filter((call) => call === "load")).toHaveLength(1000);
    expect(calls).toHaveLength(1010);
    expect(setCookies).toEqual([]);
  });

  test("never lets a session live longer than its lifetime", async () => {
    const expires: Date[] = [];
    const store = new MemoryStore({ maxRecords: 10 });
    const watched = new Proxy(store, {
      get: (target, name) =>
        name === "touch"
          ? (...given: Parameters<MemoryStore["touch"]>) => (expires.push(given[2]), target.touch(...given))
          : Reflect.get(target, name, target).bind(target),
    });
    const { visitor, clock } = setUpServer({ store: watched, idleTimeout: 60, lifetime: 100 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    const end = clock.now() + 100_000;
    for (let i = 0; i < 3; i++) {
      clock.move(33);
      await visitor.visit(({ data }) => expect(data).toEqual({ a: 1 }));
    }
    expect(expires.map(Number)).toEqual([end - 100_000 + 93_000, end, end]);
    clock.move(1);
    await visitor.visit((session) => expect(session.new).toBe(true));
  });
});

describe("the lifetime", () => {
  test.each([1, 60, DAY, 30 * DAY, 400 * DAY])(
    "of %i seconds ends a session by the stored time",
    async (lifetime) => {
      const { visitor, look, clock, types } = setUpServer({ store: timeless(), lifetime });
      await visitor.visit(({ data }) => (data["a"] = 1));
      expect((await look(visitor.cookie)).data).toEqual({ a: 1 });
      clock.move(lifetime - 1);
      expect((await look(visitor.cookie)).data).toEqual({ a: 1 });
      clock.move(2);
      expect((await look(visitor.cookie)).data).toEqual({});
      expect(types()).toContain("token.expired");
    },
  );

  test("is 14 days where nothing is said, and no session ends by being idle", async () => {
    const { visitor, look, clock } = setUpServer({ store: timeless() });
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(14 * DAY - 1);
    expect((await look(visitor.cookie)).data).toEqual({ a: 1 });
    clock.move(2);
    expect((await look(visitor.cookie)).data).toEqual({});
  });

  test.each([1, 30 * DAY, 400 * DAY])("of %i seconds is what a store is told", async (lifetime) => {
    const { visitor, look, clock } = setUpServer({ lifetime });
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(lifetime - 1);
    expect((await look(visitor.cookie)).data).toEqual({ a: 1 });
    clock.move(1);
    expect((await look(visitor.cookie)).data).toEqual({});
  });

  test("counts from the creation, through writes, new IDs, logins and emptying", async () => {
    const { visitor, clock, sessions } = setUpServer({ store: timeless(), lifetime: 100 });
    await visitor.visit(({ data }) => (data["n"] = 0));
    const created = new Date(clock.now());
    for (const work of [
      (session: any) => session.regenerate({ user: "42" }),
      (session: any) => session.regenerate(),
      (session: any) => (session.clear(), (session.data.n = 1)),
      (session: any) => session.update((data: any) => void (data.n = 2)),
    ]) {
      clock.move(24);
      await visitor.visit((session) => (expect(session.new).toBe(false), work(session)));
    }
    expect((await sessions.forUser("42").list()).map(({ createdAt }) => createdAt)).toEqual([created]);
    clock.move(5);
    await visitor.visit((session) => expect([session.new, session.data]).toEqual([true, {}]));
  });

  test("begins anew with a session that begins after another one ended", async () => {
    const { visitor, clock } = setUpServer({ lifetime: 100 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    clock.move(90);
    await visitor.visit(async (session) => (await session.destroy(), (session.data["b"] = 2)));
    clock.move(90);
    await visitor.visit(({ data }) => expect(data).toEqual({ b: 2 }));
  });

  test("that was made shorter counts for the sessions that there are", async () => {
    const store = timeless();
    const before = setUpServer({ store, lifetime: 1000 });
    await before.visitor.visit(({ data }) => (data["a"] = 1));
    const after = setUpServer({ store, lifetime: 10, clock: before.clock });
    before.clock.move(11);
    expect((await after.look(before.visitor.cookie)).new).toBe(true);
  });
});

describe("a cookie", () => {
  const dated = (header: string | undefined) => /; Expires=([^;]+)/.exec(header ?? "")?.[1];
  const at = (milliseconds: number) => new Date(milliseconds).toUTCString();
  /** Visits without a browser, which would drop what has expired by its own clock. */
  const setUp = (options: object) => {
    const setting = setUpServer(options);
    let cookie = "";
    const visit = async (work: (session: any) => unknown) => {
      const [header] = await request(setting.sessions, cookie, work);
      cookie = header?.split(";")[0] ?? cookie;
      return header;
    };
    return { ...setting, visit };
  };

  test.each([undefined, 100])(
    "of a permanent session is dated once, with an idle time of %s",
    async (idleTimeout) => {
      const { visit, clock } = setUp({ idleTimeout, lifetime: 250 });
      const end = at(clock.now() + 250_000);
      expect(dated(await visit((s) => ((s.permanent = true), (s.data.n = 0))))).toBe(end);
      clock.move(90);
      expect(await visit((s) => s.data)).toBeUndefined();
      clock.move(90);
      expect(await visit((s) => (s.data.n += 1))).toBeUndefined();
      expect(dated(await visit((s) => s.regenerate({ user: "42" })))).toBe(end);
    },
  );

  test("that ends with the browser has none, and comes again when that changes", async () => {
    const { visit } = setUp({ idleTimeout: 100 });
    expect(dated(await visit((s) => (s.data.n = 0)))).toBeUndefined();
    expect(dated(await visit((s) => (s.permanent = true)))).toBeDefined();
    expect(await visit((s) => (s.data.n = 1))).toBeUndefined();
    const undated = await visit((s) => (s.permanent = false));
    expect([undated === undefined, dated(undated)]).toEqual([false, undefined]);
    await visit((s) => expect(s.permanent).toBe(false));
  });
});

describe("a clock", () => {
  test.each([2, 5, 3600, 400 * DAY])(
    "that jumps back %i seconds ends no session and breaks none",
    async (seconds) => {
      const { visitor, clock } = setUpServer({ idleTimeout: 60, lifetime: 100 });
      await visitor.visit((session) => ((session.data["n"] = 0), session.regenerate({ user: "42" })));
      clock.move(-seconds);
      for (const work of [
        (session: any) => (session.data.n += 1),
        (session: any) => session.update((data: any) => void (data.n += 1)),
        (session: any) => session.regenerate(),
        (session: any) => expect([session.user, session.data]).toEqual(["42", { n: 2 }]),
      ])
        await visitor.visit(work);
      clock.move(seconds + 101);
      await visitor.visit((session) => expect(session.new).toBe(true));
    },
  );

  test("that was ahead and is put right has the store told of the next request, once", async () => {
    const { visitor, clock } = setUpServer({ idleTimeout: 60 });
    await visitor.visit((session) => session.regenerate({ user: "42" }));
    clock.move(-7200);
    const read = () => storeCalls(() => visitor.visit((session) => expect(session.user).toBe("42")));
    expect([await read(), await read()]).toEqual([["load", "touch"], ["load"]]);
    clock.move(61);
    await visitor.visit((session) => expect(session.new).toBe(true));
  });

  test("that is five seconds ahead in one of two processes logs nobody out who uses both", async () => {
    const one = setUpServer({ idleTimeout: 60 });
    const two = setUpServer({ idleTimeout: 60, store: one.store });
    two.clock.move(5);
    await one.visitor.visit(({ data }) => (data["n"] = 0));
    for (let i = 1; i <= 10; i++) {
      one.clock.move(30);
      two.clock.move(30);
      const { sessions } = i % 2 === 0 ? one : two;
      await request(sessions, one.visitor.cookie, ({ data }) => {
        expect(data).toEqual({ n: i - 1 });
        data["n"] = i;
      });
    }
  });
});

describe("visitors without a cookie", () => {
  test("leave nothing behind: 10,000 reads, logouts and clears make no record, no cookie and no call", async () => {
    const calls: Operation[] = [];
    const store = faultyStore(new MemoryStore({ maxRecords: 100 }), (operation, proceed) => {
      calls.push(operation);
      return proceed();
    });
    const { sessions } = setUpServer({ store });
    const setCookies: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      const work = [
        (session: any) => [session.data.n, session.user, session.flashes(), session.id],
        (session: any) => session.destroy(),
        (session: any) => session.clear(),
        (session: any) => session.update((data: any) => void data.n),
      ][i % 4]!;
      setCookies.push(...(await request(sessions, "", work)));
    }
    expect([setCookies, calls]).toEqual([[], []]);
  });
});
