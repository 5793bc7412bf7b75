import { describe, expect, test } from "vitest";
import { faultyStore } from "../../../test/support/faulty-store.ts";
import { type CookieKind, COOKIES, setUpRevocable } from "../../../test/support/revocable-sessions.ts";
import { failure, request, storeCalls } from "../../../test/support/server-sessions.ts";
import { KEY, OTHER_KEY, Visitor } from "../../../test/support/visitor.ts";
import { acceptFlask, flaskConfig } from "../../flask/index.ts";
import { cachingStore } from "../../stores/caching.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { createSessions, type SessionStore } from "../index.ts";
import { ownerTag } from "../server-side/session-id.ts";

const KINDS = Object.keys(COOKIES) as CookieKind[];
const login = (user: string) => (session: any) => session.regenerate({ user });
const put = (value: unknown) => (session: any) => void (session.data.value = value);
const state = ({ user, new: isNew, data }: any) => ({ user, isNew, data });
const STRANGER = { user: undefined, isNew: true, data: {} };

describe.each(KINDS)("a session in an %s cookie that a store can revoke", (kind) => {
  test("asks the store for what it must and no more", async () => {
    const { visitor, sessions, clock } = setUpRevocable(kind, { idleTimeout: 1000 });
    const calls = (work: (session: any) => unknown) => storeCalls(() => visitor.visit(work));
    expect(await storeCalls(() => visitor.exchange(() => undefined))).toEqual([]);
    expect(await calls(({ data }) => data)).toEqual([]);
    expect(await calls(put(1))).toEqual(["create"]);
    expect(await storeCalls(() => visitor.exchange(() => undefined))).toEqual([]);
    expect(await calls(({ data }) => data)).toEqual(["load"]);
    expect(await calls(put(2))).toEqual(["load", "load"]);
    expect(await calls((session) => session.update((data: any) => void (data.n = 1)))).toEqual([
      "load",
      "load",
    ]);
    expect(await calls(login("42"))).toEqual(["load", "replace"]);
    clock.move(100);
    expect(await calls(({ data }) => data)).toEqual(["load", "load", "touch"]);
    expect(await calls((session) => session.destroy())).toEqual(["load", "delete"]);
    expect(await storeCalls(() => sessions.forUser("42").revokeAll())).toEqual(["deleteOwned", "listOwned"]);
    expect(await calls(login("42"))).toEqual(["create"]);
  });

  test("has its ticket dated anew after a clock that was ahead is put right", async () => {
    const { visitor, clock } = setUpRevocable(kind, { idleTimeout: 1000 });
    await visitor.visit(login("42"));
    clock.move(500);
    await visitor.copy().visit(({ data }) => data);
    clock.move(-400);
    const calls = await storeCalls(() => visitor.visit(({ user }) => expect(user).toBe("42")));
    expect(calls).toEqual(["load", "load", "touch"]);
  });

  test("is over with the logout, for every copy of every cookie it had", async () => {
    const { visitor, look, types } = setUpRevocable(kind);
    await visitor.visit(login("42"));
    const cookies = [visitor.cookie];
    await visitor.visit(put("private"));
    cookies.push(visitor.cookie);
    expect(await look(cookies[0]!)).toMatchObject({ user: "42", data: {} });
    const { setCookies } = await visitor.visit((session) => session.destroy());
    expect(setCookies).toHaveLength(1);
    expect(visitor.cookie).toBe("");
    for (const cookie of cookies) expect(state(await look(cookie))).toEqual(STRANGER);
    expect(types()).toEqual(["session.created", "session.ended", "sid.unknown", "sid.unknown"]);
  });

  test("begins another one after its end in the same request", async () => {
    const { visitor, look, countRecords } = setUpRevocable(kind);
    await visitor.visit(put("private"));
    const old = visitor.cookie;
    await visitor.visit(async (session) => {
      await session.destroy();
      session.data["value"] = "new";
    });
    expect(state(await look(old))).toEqual(STRANGER);
    expect(state(await look(visitor.cookie))).toEqual({
      user: undefined,
      isNew: false,
      data: { value: "new" },
    });
    expect(await countRecords()).toBe(1);
  });

  test("is not brought back by a request that was under way", async () => {
    const { sessions, visitor, look, types } = setUpRevocable(kind);
    await visitor.visit(login("42"));
    const { cookie } = visitor;
    const farewell = (session: any) => (session.clear(), session.flash("Good bye"));
    for (const work of [put(1), (session: any) => session.flash("x"), farewell]) {
      await visitor.visit(login("42"));
      const current = visitor.cookie;
      const setCookies = await request(sessions, current, async (session) => {
        work(session);
        await visitor.copy().visit((other) => other.destroy());
      });
      expect(setCookies).toEqual([]);
      expect(state(await look(current))).toEqual(STRANGER);
    }
    expect(types().filter((type) => type === "session.gone")).toHaveLength(3);
    await visitor.visit(login("42"));
    const error = await failure(
      request(sessions, visitor.cookie, async (session) => {
        await visitor.copy().visit((other) => other.destroy());
        await session.regenerate({ user: "42" });
      }),
    );
    expect(error).toMatchObject({ code: "GONE" });
    expect(state(await look(cookie))).toEqual(STRANGER);
  });

  test("takes its renewal with it into its end", async () => {
    const { visitor, look } = setUpRevocable(kind);
    await visitor.visit(login("42"));
    const late = visitor.copy();
    await visitor.visit((session) => session.regenerate());
    const renewed = visitor.cookie;
    await late.visit((session) => session.destroy());
    expect(state(await look(renewed))).toEqual(STRANGER);
  });

  test("gives nothing to whoever planted or copied the cookie before the login", async () => {
    const { visitor, clock, look } = setUpRevocable(kind);
    await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
    const thief = visitor.copy();
    const { id } = await look(thief.cookie);
    await visitor.visit(login("42"));
    expect((await look(visitor.cookie)).id).not.toBe(id);
    await visitor.visit((session) => {
      expect([session.user, session.data]).toEqual(["42", { cart: ["tea"] }]);
      expect(session.authenticatedAt).toBeDefined();
    });
    clock.move(9);
    await thief.visit(({ user, data }) => expect([user, data]).toEqual([undefined, { cart: ["tea"] }]));
    expect(await failure(thief.visit(put(1)))).toMatchObject({ code: "CONFLICT", status: 503 });
    expect(await failure(thief.visit(login("42")))).toMatchObject({ code: "CONFLICT" });
    clock.move(1);
    expect(state(await look(thief.cookie))).toEqual(STRANGER);
    await visitor.visit(({ user }) => expect(user).toBe("42"));
  });

  test("becomes one new session, whatever twenty requests do with the old cookie meanwhile", async () => {
    const { sessions, visitor, look, clock } = setUpRevocable(kind);
    await visitor.visit(({ data }) => (data["cart"] = ["tea"]));
    const old = visitor.cookie;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const work = i === 7 ? login("42") : i % 2 === 0 ? ({ data }: any) => data.cart : login("13");
        return failure(request(sessions, old, work)).then((error) => error?.code ?? "done");
      }),
    );
    expect(outcomes.filter((outcome, i) => i % 2 === 1 && outcome === "done")).toHaveLength(1);
    expect(outcomes.filter((outcome) => !["done", "CONFLICT", "GONE"].includes(outcome))).toEqual([]);
    clock.move(10);
    expect(state(await look(old))).toEqual(STRANGER);
  });

  test("of one user is closed to it at once when another one logs in", async () => {
    const { visitor, look } = setUpRevocable(kind);
    await visitor.visit(login("1"));
    const old = [visitor.cookie];
    await visitor.visit((session) => ((session.data["private"] = 1), session.regenerate()));
    old.push(visitor.cookie);
    await visitor.visit(login("2"));
    for (const cookie of old) expect(state(await look(cookie))).toEqual(STRANGER);
    await visitor.visit((session) => session.regenerate({ user: null }));
    await visitor.visit(({ user, data }) => expect([user, data]).toEqual([undefined, { private: 1 }]));
  });

  test("is listed and ended with all others of its user", async () => {
    const { sessions, look, visitor, clock } = setUpRevocable(kind);
    const devices = [visitor, new Visitor(sessions), new Visitor(sessions)];
    for (const device of devices) {
      clock.move(1);
      await device.visit((session) => session.regenerate({ user: "42", device: "Kitchen" }));
    }
    await new Visitor(sessions).visit(login("7"));
    const list = await sessions.forUser("42").list();
    expect(list.map(({ device }) => device)).toEqual(["Kitchen", "Kitchen", "Kitchen"]);
    await list[0]!.revoke();
    expect((await look(devices[2]!.cookie)).user).toBeUndefined();
    const { id } = await look(devices[0]!.cookie);
    expect(await sessions.forUser("42").revokeAll({ except: id })).toBe(1);
    expect((await look(devices[0]!.cookie)).user).toBe("42");
    expect((await look(devices[1]!.cookie)).user).toBeUndefined();
    await devices[1]!.visit(login("42"));
    expect((await look(devices[1]!.cookie)).user).toBe("42");
    await sessions.revokeAll();
    for (const device of devices) expect(state(await look(device.cookie))).toEqual(STRANGER);
  });

  test("survives no logout of all devices that began after it, while fifty log in", async () => {
    const { sessions, look } = setUpRevocable(kind, {
      store: faultyStore(new MemoryStore({ maxRecords: 1000 }), async (_, proceed) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        return proceed();
      }),
    });
    const begin = async () => {
      const visitor = new Visitor(sessions);
      await visitor.visit(login("42"));
      return visitor.cookie;
    };
    const before = await Promise.all(Array.from({ length: 25 }, begin));
    const meanwhile = Promise.all(Array.from({ length: 25 }, begin));
    await sessions.forUser("42").revokeAll();
    const after = await begin();
    for (const cookie of before) expect((await look(cookie)).user).toBeUndefined();
    expect((await look(after)).user).toBe("42");
    const users = await Promise.all((await meanwhile).map(async (cookie) => (await look(cookie)).user));
    const alive = users.filter((user) => user === "42").length + 1;
    expect(await sessions.forUser("42").list()).toHaveLength(alive);
  });

  test("that is emptied is over, and leaves nothing to who has a copy where it goes on", async () => {
    const { visitor, look, countRecords } = setUpRevocable(kind);
    await visitor.visit(login("42"));
    const copies = [visitor.cookie];
    await visitor.visit((session) => {
      session.clear();
      session.flash("Good bye");
    });
    expect(state(await look(copies[0]!))).toEqual(STRANGER);
    copies.push(visitor.cookie);
    await visitor.visit((session) => expect(session.flashes()).toHaveLength(1));
    expect(visitor.cookie).toBe("");
    for (const copy of copies) expect(state(await look(copy))).toEqual(STRANGER);
    // What is left is the old name of a moment ago.
    expect(await countRecords()).toBeLessThanOrEqual(1);
  });

  test("is answered with an error while the store is down, and so is its logout; others are not concerned", async () => {
    let isDown = false;
    const store = faultyStore(new MemoryStore({ maxRecords: 1000 }), async (_, proceed) => {
      if (isDown) throw new Error("connection refused");
      return proceed();
    });
    const { visitor, sessions, look } = setUpRevocable(kind, { store });
    await visitor.visit(login("42"));
    const { cookie } = visitor;
    isDown = true;
    const unavailable = { code: "STORE_UNAVAILABLE", status: 503 };
    expect(await failure(look(cookie))).toMatchObject(unavailable);
    const stranger = new Visitor(sessions);
    expect(await failure(stranger.visit(put(1)))).toMatchObject(unavailable);
    expect(await failure(stranger.visit(login("42")))).toMatchObject(unavailable);
    expect(stranger.cookie).toBe("");
    await stranger.visit((session) => expect(state(session)).toEqual(STRANGER));
    await visitor.exchange(() => undefined);
    isDown = false;
    const broken = request(sessions, cookie, async (session) => {
      isDown = true;
      session.data["value"] = 1;
    });
    expect(await failure(broken)).toMatchObject(unavailable);
    isDown = false;
    const unended = request(sessions, cookie, (session) => {
      isDown = true;
      return session.destroy();
    });
    expect(await failure(unended)).toMatchObject(unavailable);
    isDown = false;
    expect((await look(cookie)).user).toBe("42");
  });

  test("is lost with its store, which lets nobody in that it does not know", async () => {
    const { visitor, look, store, clock } = setUpRevocable(kind);
    await visitor.visit(login("42"));
    await store.deleteAll!(new Date(clock.now()));
    expect(state(await look(visitor.cookie))).toEqual(STRANGER);
  });

  test("is none where its cookie comes from sessions without revocation", async () => {
    const { visitor, types, clock } = setUpRevocable(kind);
    const plain = createSessions({ secretKey: KEY, storage: COOKIES[kind](), clock });
    const other = visitor.at(plain);
    await other.visit(login("42"));
    await visitor.visit((session) => expect(state(session)).toEqual(STRANGER));
    expect(types()).toContain("sid.malformed");
  });

  test("leaves no record behind when its lifetime is over", async () => {
    const { visitor, store, clock } = setUpRevocable(kind, { lifetime: 1000 });
    await visitor.visit(login("42"));
    const [record] = await store.listOwned!(ownerTag("42"), new Date(clock.now()));
    expect(record!.expires.getTime()).toBe(clock.now() + 1_000_000);
    clock.move(1000);
    await visitor.visit((session) => expect(state(session)).toEqual(STRANGER));
    expect(await store.listOwned!(ownerTag("42"), new Date(clock.now()))).toEqual([]);
  });

  test("is too large before there is a ticket for it", async () => {
    const { visitor, countRecords } = setUpRevocable(kind);
    const random = Array.from({ length: 2000 }, () => Math.random()).join("");
    expect(await failure(visitor.visit(put(random)))).toMatchObject({ code: "TOO_LARGE" });
    expect(await countRecords()).toBe(0);
  });

  test("can be ended from a WebSocket, and not changed there", async () => {
    const { visitor, sessions, look } = setUpRevocable(kind);
    await visitor.visit(login("42"));
    const { cookie } = visitor;
    const session = await sessions.fromRequest(new Request("https://example.com/", { headers: { cookie } }));
    expect(await failure(session.update(put(1)))).toMatchObject({ code: "HEADERS_SENT" });
    await session.destroy();
    expect(state(await look(cookie))).toEqual(STRANGER);
  });

  test("of another program's is taken over once, and its old cookie leads nowhere after the logout", async () => {
    const clock = new FakeClock();
    const theirs = createSessions({ ...flaskConfig({ SECRET_KEY: OTHER_KEY }), clock });
    const old = new Visitor(theirs);
    await old.visit(({ data }) => Object.assign(data, { _user_id: "42", cart: ["tea"] }));
    const { sessions, look, countRecords } = setUpRevocable(kind, {
      cookie: { name: "__Host-sid" },
      accept: [acceptFlask({ SECRET_KEY: OTHER_KEY })],
      clock,
    });
    const browsers = Array.from({ length: 8 }, () => old.copy().at(sessions));
    const ids = await Promise.all(
      browsers.map(async (browser) => {
        let id;
        await browser.visit((session) => {
          expect([session.user, session.data]).toEqual(["42", { cart: ["tea"] }]);
          id = session.id;
        });
        return id;
      }),
    );
    expect(new Set(ids).size).toBe(1);
    await browsers[0]!.visit(put(1));
    expect(await sessions.forUser("42").list()).toHaveLength(1);
    await browsers[1]!.visit((session) => session.destroy());
    for (const { cookie } of browsers) expect((await look(cookie)).user).toBeUndefined();
    const { setCookies } = await old
      .copy()
      .at(sessions)
      .visit((session) => expect(state(session)).toEqual(STRANGER));
    expect(setCookies).toEqual([expect.stringMatching(/^session=;/)]);
    // The note that it was taken over.
    expect(await countRecords()).toBe(1);
  });

  test("lives as much longer in a process with a cache as that one says", async () => {
    const store = new MemoryStore({ maxRecords: 1000 });
    const { visitor, clock, look } = setUpRevocable(kind, {
      store: cachingStore(new MemoryStore({ maxRecords: 1000 }), store, { maxAge: 5 }),
    });
    await visitor.visit(login("42"));
    const { cookie } = visitor;
    await look(cookie);
    // Another process does it.
    await store.deleteAll();
    expect((await look(cookie)).user).toBe("42");
    clock.move(5);
    expect((await look(cookie)).user).toBeUndefined();
  });
});

describe("revocation", () => {
  const memory: SessionStore = new MemoryStore({ maxRecords: 10 });

  test.each([
    ["what is no store", {}, /needs a store/],
    [
      "a store that cannot end a user's sessions",
      Object.assign(Object.create(memory), { deleteOwned: undefined }),
      /cannot end all sessions of a user/,
    ],
    [
      "a store that cannot end all sessions",
      Object.assign(Object.create(memory), { deleteAll: undefined }),
      /cannot end all sessions of a user/,
    ],
  ])("refuses %s", (_, store, message) => {
    for (const kind of KINDS) expect(() => COOKIES[kind]({ revocation: store as never })).toThrow(message);
  });

  test("refuses Flask's rules, because Flask would not ask", () => {
    const options = flaskConfig({ SECRET_KEY: KEY });
    expect(() => createSessions({ ...options, storage: COOKIES.signed({ revocation: memory }) })).toThrow(
      /Flask would take a session that was revoked/,
    );
  });

  test("is what is missing where sessions in cookies are to be ended", async () => {
    const sessions = createSessions({ secretKey: KEY });
    expect(() => sessions.forUser("42")).toThrow(/revocation/);
    expect(await failure(sessions.revokeAll())).toMatchObject({ code: "CONFIG" });
  });
});
