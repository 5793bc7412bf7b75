import { describe, expect, test } from "vitest";
import { faultyStore } from "../../test/support/faulty-store.ts";
import { failure, request, setUpServer, storeCalls } from "../../test/support/server-sessions.ts";
import { inProduction } from "../../test/support/production.ts";
import { KEY, Visitor } from "../../test/support/visitor.ts";
import { ConfigError, HeadersSentError } from "../errors.ts";
import { MemoryStore } from "../stores/memory.ts";
import { createSessions, serverSide } from "./index.ts";
import { newSessionId } from "./session-id.ts";

describe("round trips to the store", () => {
  const increment = (data: any) => void (data.n = (data.n ?? 0) + 1);
  const setUp = async () => {
    const setting = setUpServer();
    await setting.visitor.visit(({ data }) => (data["n"] = 1));
    const calls = (work: (session: any) => unknown) => storeCalls(() => setting.visitor.visit(work));
    return { ...setting, calls };
  };

  test("are none where nobody asks for the session, cookie or not", async () => {
    const { visitor } = await setUp();
    expect(await storeCalls(() => visitor.exchange(() => {}))).toEqual([]);
    expect(await storeCalls(() => setUpServer().visitor.visit((session) => session.data["n"]))).toEqual([]);
  });

  test.each<[string, (session: any) => unknown, string[]]>([
    ["a read", (s) => s.data.n, ["load"]],
    ["a write of what was there already", (s) => (s.data.n = 1), ["load"]],
    ["a read and a write", (s) => (s.data.n += 1), ["load", "save"]],
    ["an update", (s) => s.update(increment), ["load", "save"]],
    ["an update and a change before it", (s) => ((s.data.a = 1), s.update(increment)), ["load", "save"]],
    ["an update that changes nothing", (s) => s.update(() => {}), ["load"]],
    ["a login", (s) => s.regenerate({ user: "42" }), ["load", "replace"]],
    [
      "a login with changes before it",
      (s) => ((s.data.a = 1), s.flash("x"), s.regenerate({ user: "42" })),
      ["load", "replace"],
    ],
    ["a logout", (s) => s.destroy(), ["load", "delete"]],
    ["a clear", (s) => s.clear(), ["load", "save"]],
    [
      "a logout after which another session begins",
      async (s) => (await s.destroy(), s.flash("x")),
      ["load", "delete", "create"],
    ],
  ])("of %s", async (_, work, expected) => {
    const { calls } = await setUp();
    expect(await calls(work)).toEqual(expected);
  });

  test.each<[string, (session: any) => unknown, string[]]>([
    ["first data", (s) => (s.data.n = 1), ["create"]],
    ["a first update", (s) => s.update(increment), ["create"]],
    ["a first login", (s) => ((s.data.a = 1), s.regenerate({ user: "42" })), ["create"]],
    ["an update that leaves nothing", (s) => s.update(() => {}), []],
    ["a new ID for nobody", (s) => s.regenerate(), []],
    ["a logout of nobody", (s) => s.destroy(), []],
    ["a clear of nothing", (s) => s.clear(), []],
  ])("of %s of a visitor without a session", async (_, work, expected) => {
    const { visitor } = setUpServer();
    expect(await storeCalls(() => visitor.visit(work))).toEqual(expected);
    await visitor.visit((session) => expect(session.new).toBe(!expected.includes("create")));
  });
});

describe("a cookie", () => {
  test("holds an ID of 43 characters with every protection, and nothing that is kept in the store", async () => {
    const stored: string[] = [];
    const memory = new MemoryStore();
    const store = new Proxy(memory, {
      get: (target, name) =>
        name === "create"
          ? (...given: Parameters<MemoryStore["create"]>) => {
              stored.push(JSON.stringify(given[0]) + Buffer.from(given[1].data).toString());
              return target.create(...given);
            }
          : Reflect.get(target, name, target).bind(target),
    });
    const { visitor, events } = setUpServer({ store });
    const { setCookies, vary, cacheControl } = await visitor.visit(({ data }) => (data["a"] = 1));
    expect(setCookies[0]).toMatch(/^__Host-session=[\w-]{43}; Secure; HttpOnly; Path=\/; SameSite=Lax$/);
    expect([setCookies.length, vary, cacheControl]).toEqual([1, "Cookie", "no-store"]);
    const id = visitor.cookie.split("=")[1]!;
    expect(stored).toHaveLength(1);
    expect(stored.join() + JSON.stringify(events)).not.toContain(id);
  });

  test("with a well-formed ID that was never given is never adopted", async () => {
    const { sessions, look, types, countRecords } = setUpServer();
    const forged = `__Host-session=${newSessionId(undefined).text}`;
    const session = await look(forged);
    expect([session.new, session.id, types()]).toEqual([true, undefined, ["sid.unknown"]]);
    const [setCookie] = await request(sessions, forged, ({ data }) => (data["a"] = 1));
    expect(setCookie).toMatch(/^__Host-session=/);
    expect(setCookie).not.toContain(forged);
    expect((await look(forged)).data).toEqual({});
    expect(await countRecords()).toBe(1);
  });

  test("that holds no ID is one event, and nothing of it is sent to the store", async () => {
    for (const value of [
      "x",
      "../../etc/passwd",
      "a".repeat(4000),
      '"',
      `${newSessionId(undefined).text}.x`,
      "%00",
    ]) {
      const { look, types } = setUpServer();
      expect(await storeCalls(() => look(`__Host-session=${value}`))).toEqual([]);
      expect(types()).toEqual(["sid.malformed"]);
    }
  });

  test("of a user cannot be made another user's", async () => {
    const { visitor, look } = setUpServer();
    await visitor.visit((session) => session.regenerate({ user: "1" }));
    const other = new Visitor(setUpServer().sessions);
    await other.visit((session) => session.regenerate({ user: "2" }));
    const [mine, theirs] = [visitor.cookie.split("."), other.cookie.split(".")];
    for (const cookie of [`${mine[0]}.${theirs[1]}`, mine[0]!])
      expect((await look(cookie)).user).toBeUndefined();
  });

  test("is one of two good ones of its name: neither is used", async () => {
    const { visitor, look, types } = setUpServer();
    const other = visitor.copy();
    await visitor.visit(({ data }) => (data["a"] = 1));
    await other.visit(({ data }) => (data["a"] = 2));
    const [first, second] = [visitor.cookie, other.cookie];
    expect((await look(`${first}; ${second}`)).data).toEqual({});
    expect(types()).toContain("cookie.duplicate");
    const unknown = `__Host-session=${newSessionId(undefined).text}`;
    for (const cookie of [`${first}; ${first}`, `${unknown}; ${first}`, `${first}; __Host-session=x`])
      expect((await look(cookie)).data).toEqual({ a: 1 });
  });

  test("is one of many of its name: nobody searches the store for them all", async () => {
    const { visitor, look } = setUpServer();
    await visitor.visit(({ data }) => (data["a"] = 1));
    const many = Array.from({ length: 100 }, () => `__Host-session=${newSessionId(undefined).text}`);
    expect(await storeCalls(() => look([visitor.cookie, ...many].join("; ")))).toEqual([]);
  });

  test("whose session the store has lost sets none, and can be read as nothing", async () => {
    const { visitor, sessions } = setUpServer();
    await visitor.visit(({ data }) => (data["a"] = 1));
    await sessions.revokeAll();
    expect((await visitor.visit((session) => expect(session.data).toEqual({}))).setCookies).toEqual([]);
    expect((await visitor.visit((session) => session.destroy())).setCookies[0]).toContain("Max-Age=0");
    expect(visitor.cookie).toBe("");
  });
});

describe("a store that fails", () => {
  const setUp = () => {
    const faults = { failing: new Set<string>() };
    const store = faultyStore(new MemoryStore(), (operation, proceed) =>
      faults.failing.has(operation) ? Promise.reject(new Error("down")) : proceed(),
    );
    return { ...setUpServer({ store }), faults };
  };

  test("makes every request fail that needs it, sets no cookie, and logs nobody out", async () => {
    const { visitor, faults, sessions } = setUp();
    await visitor.visit(async (session) => session.regenerate({ user: "42" }));
    const { cookie } = visitor;
    for (const [failing, work] of [
      ["load", (s: any) => s.data],
      ["save", (s: any) => (s.data.a = 1)],
      ["save", (s: any) => s.update((data: any) => void (data.a = 1))],
      ["replace", (s: any) => s.regenerate({ user: "7" })],
      ["delete", (s: any) => s.destroy()],
    ] as const) {
      faults.failing = new Set([failing]);
      expect(await failure(visitor.visit(work))).toMatchObject({ code: "STORE_UNAVAILABLE", status: 503 });
      faults.failing = new Set();
      expect(visitor.cookie).toBe(cookie);
      await visitor.visit((session) => expect([session.user, session.data]).toEqual(["42", {}]));
    }
    faults.failing = new Set(["create"]);
    const stranger = new Visitor(sessions);
    expect(await failure(stranger.visit(({ data }) => (data["a"] = 1)))).toMatchObject({ status: 503 });
    expect(stranger.cookie).toBe("");
  });

  test("leaves visitors without a cookie alone, and requests that do not ask for the session", async () => {
    const { visitor, faults, sessions } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    faults.failing = new Set(["load", "create"]);
    await visitor.exchange(() => {});
    await new Visitor(sessions).visit((session) => expect(session.data).toEqual({}));
  });

  test("during a login that the handler takes for failed leaves the visitor as they were", async () => {
    const { visitor, faults, countRecords } = setUp();
    await visitor.visit(({ data }) => (data["a"] = 1));
    faults.failing = new Set(["replace"]);
    await visitor.visit(async (session) => {
      await failure(session.regenerate({ user: "42" }));
      expect([session.user, session.authenticatedAt]).toEqual([undefined, undefined]);
      session.flash("Try again");
    });
    await visitor.visit((session) =>
      expect([session.user, session.flashes().length]).toEqual([undefined, 1]),
    );
    expect(await countRecords()).toBe(1);
  });

  test("is no reason to fail where it only had to note that the session was used", async () => {
    const { faults, store } = setUp();
    const { visitor, clock } = setUpServer({ store, idleTimeout: 100 });
    await visitor.visit(({ data }) => (data["a"] = 1));
    faults.failing = new Set(["touch"]);
    clock.move(50);
    await visitor.visit((session) => expect(session.data).toEqual({ a: 1 }));
  });
});

describe("records that cannot be read", () => {
  test.each([
    "",
    "x",
    "{}",
    "[1]",
    '{"_created":"today"}',
    '{"_created":1795200000',
    '{"_created":1795200000}garbage',
    `{"_created":1795200000,"a":${"[".repeat(300)}${"]".repeat(300)}}`,
    '{" t":[1]}',
    '{"_created":1795200000,"a":{" u":"no uuid"}}',
    "\u0080\u0004\u0095",
  ])("are no session, one event, and stay as they are: %j", async (text) => {
    const { look, store, types, clock } = setUpServer();
    const id = newSessionId(undefined);
    const now = new Date(clock.now());
    const record = { data: Buffer.from(text, "latin1"), expires: new Date(clock.now() + 1000) };
    await store.create(id.key, record, now);
    const session = await look(`__Host-session=${id.text}`);
    expect([session.new, session.data, types()]).toEqual([true, {}, ["record.corrupt"]]);
    expect(Buffer.from((await store.load(id.key, now))!.data).toString("latin1")).toBe(text);
  });
});

describe("options", () => {
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
});

describe("after the headers have left", () => {
  test("every change throws instead of being lost", async () => {
    const { visitor } = setUpServer();
    let late: any;
    await visitor.visit((session) => {
      session.data["nested"] = { list: [1] };
      late = session;
    });
    for (const change of [
      () => (late.data.x = 1),
      () => late.data.nested.list.push(2),
      () => late.flash("x"),
      () => late.clear(),
      () => (late.permanent = true),
    ])
      expect(change).toThrow(HeadersSentError);
    for (const change of [
      () => late.destroy(),
      () => late.regenerate({ user: "1" }),
      () => late.update(() => {}),
    ])
      expect(await failure(change())).toBeInstanceOf(HeadersSentError);
    await visitor.visit((session) =>
      expect([session.user, session.data]).toEqual([undefined, { nested: { list: [1] } }]),
    );
  });

  test("what was begun before them is in the response, although nobody waited for it", async () => {
    const increment = (data: any) => void (data.n = (data.n ?? 0) + 1);
    const { visitor, countRecords } = setUpServer();
    await visitor.visit((session) => {
      session.data["p"] = 1;
      void session.update(increment);
      void session.update(increment);
    });
    await visitor.visit((session) => {
      expect(session.data).toEqual({ p: 1, n: 2 });
      session.data["p"] = 2;
      void session.update(increment);
      void session.regenerate({ user: "42" });
      void session.update(increment);
    });
    await visitor.visit((session) => {
      expect([session.user, session.data]).toEqual(["42", { p: 2, n: 4 }]);
      session.data["p"] = 3;
      void session.destroy();
    });
    await visitor.visit((session) =>
      expect([session.new, session.user, session.data]).toEqual([true, undefined, {}]),
    );
    expect(visitor.cookie).toBe("");
    expect(await countRecords()).toBe(0);
  });
});
