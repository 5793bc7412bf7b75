import { describe, expect, test } from "vitest";
import { faultyStore } from "../../../test/support/faulty-store.ts";
import { failure, setUpServer } from "../../../test/support/server-sessions.ts";
import { Visitor } from "../../../test/support/visitor.ts";
import { HeadersSentError } from "../../errors.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { newSessionId } from "./session-id.ts";
import { FakeClock } from "../../testing/fake-clock.ts";

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

  test("by saying nothing is given up after a second, and of 1,001 calls at once one is refused", async () => {
    const silent = faultyStore(new MemoryStore(), () => new Promise<never>(() => {}));
    const { sessions } = setUpServer({ store: silent });
    const start = performance.now();
    const waiting = Array.from({ length: 1000 }, () =>
      failure(new Visitor(sessions).visit(({ data }) => (data["a"] = 1))),
    );
    expect(await failure(new Visitor(sessions).visit(({ data }) => (data["a"] = 1)))).toMatchObject({
      code: "STORE_UNAVAILABLE",
      status: 503,
    });
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: "STORE_TIMEOUT", status: 503 });
    expect(performance.now() - start).toBeGreaterThan(900);
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
    const clock = new FakeClock(new Date("2026-11-20T18:40:00Z"));
    const { look, store, types } = setUpServer({ clock });
    const id = newSessionId(undefined);
    const now = new Date(clock.now());
    const record = { data: Buffer.from(text, "latin1"), expires: new Date(clock.now() + 1000) };
    await store.create(id.key, record, now);
    const session = await look(`__Host-session=${id.text}`);
    expect([session.new, session.data, types()]).toEqual([true, {}, ["record.corrupt"]]);
    expect(Buffer.from((await store.load(id.key, now))!.data).toString("latin1")).toBe(text);
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
