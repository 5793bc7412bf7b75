import { describe, expect, test } from "vitest";
import { failure } from "../../../test/support/server-sessions.ts";
import { Visitor } from "../../../test/support/visitor.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { FlaskSessionCodec, PyDate, PyFloat, Tuple } from "../../codec/index.ts";
import { ConfigError } from "../../errors.ts";
import { flaskConfig } from "../../flask/index.ts";
import { MemoryStore } from "../../stores/memory.ts";
import {
  acceptedFlaskSession,
  createSessions,
  flaskSession,
  serverSide,
  type SessionEvent,
} from "../index.ts";

const SID = "U0U6GcvH9gNR4TcJI3tgJQB7a_Wml0qrqgPV4Z6hraM";
const UUID = "f32268ac-3417-42ca-87c8-91188e15ad5f";

/** An application that has left Flask-Session, and its old store. */
function setUp({ url = "https://example.com/", lifetime = 36_500 * 86_400 } = {}) {
  const [python, native] = [new MemoryStore(), new MemoryStore()];
  const clock = new FakeClock();
  const { flask } = flaskConfig({});
  const sessions = createSessions<Record<string, any>>({
    storage: serverSide(native),
    accept: [acceptedFlaskSession(python, { format: "pickle", readPickle: true }, flask!.cookie, undefined)],
    lifetime,
    clock,
  });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  const now = () => new Date(clock.now());
  const at = (id: string) => ({ id, owner: undefined });
  return {
    sessions,
    python,
    native,
    clock,
    types: () => events.map(({ type }) => type),
    /** A browser that holds Python's cookie. */
    async visitor(id: string, data: Record<string, unknown>) {
      const bytes = new FlaskSessionCodec({ format: "pickle" }).encode(data);
      await python.create(at(id), { data: bytes, expires: new Date(clock.now() + 86_400_000) }, now());
      const visitor = new Visitor(sessions, url);
      await visitor.exchange(({ jar }) => jar.set("session", id));
      return visitor;
    },
    old: (id: string) => python.load(at(id), now()),
    countNative: () => native.deleteAll(),
  };
}

describe.each([
  ["under another name", "https://example.com/", "__Host-session"],
  ["under the same name", "http://localhost/", "session"],
])("a session of Flask-Session's, with the new cookie %s", (_, url, name) => {
  test.each([SID, UUID])("is taken over with all that it holds, and ends where it was: %s", async (id) => {
    const { visitor, old, types } = setUp({ url });
    const browser = await visitor(id, {
      _permanent: true,
      _user_id: "42",
      _flashes: [new Tuple(["message", "hi"])],
      cart: ["tea"],
      price: new PyFloat(1),
    });
    const { setCookies } = await browser.visit((session) => {
      expect(session.data).toEqual({ cart: ["tea"], price: 1 });
      expect(session.user).toBe("42");
      expect(session.permanent).toBe(true);
      expect(session.new).toBe(false);
      expect(session.flashes()).toEqual([{ category: "message", message: "hi" }]);
    });
    expect(setCookies.filter((cookie) => cookie.startsWith(`${name}=`))).toHaveLength(1);
    expect(browser.cookie).toMatch(new RegExp(`^${name}=[\\w-]{43}\\.[\\w-]{22}$`));
    expect(await old(id)).toBeUndefined();
    expect(types()).toContain("session.adopted");
    await browser.visit((session) => expect(session.data).toEqual({ cart: ["tea"], price: 1 }));
  });

  test("is one session for parallel requests with the old cookie, and loses nothing", async () => {
    const { visitor } = setUp({ url });
    const browser = await visitor(SID, { n: 0 });
    const copies = Array.from({ length: 20 }, () => browser.copy());
    await Promise.all(
      copies.map((copy, i) =>
        copy.visit(async (session) => {
          session.data[`k${i}`] = i;
          await session.update((data) => void (data["n"] += 1));
        }),
      ),
    );
    expect(new Set(copies.map(({ cookie }) => cookie)).size).toBe(1);
    await copies[0]!.visit(({ data }) => {
      expect(data["n"]).toBe(20);
      expect(Object.keys(data)).toHaveLength(21);
    });
  });

  test("is found by a request that comes to the old store when another one has just moved it", async () => {
    const { visitor, python, types } = setUp({ url });
    const browser = await visitor(SID, { _user_id: "42" });
    const other = browser.copy();
    const load = python.load.bind(python);
    python.load = async (...args) => {
      python.load = load;
      await other.visit((session) => expect(session.user).toBe("42"));
      return load(...args);
    };
    await browser.visit((session) => expect(session.user).toBe("42"));
    expect(browser.cookie).toBe(other.cookie);
    // Under the same name the ID has the form of ours, and is looked for first.
    if (name !== "session") expect(types()).toEqual(["session.adopted"]);
  });

  test("is found again by a browser that never got the answer", async () => {
    const { visitor } = setUp({ url });
    const browser = await visitor(SID, { _user_id: "42", n: 1 });
    await browser.copy().visit(({ data }) => (data["n"] = 2));
    await browser.visit((session) => {
      expect(session.data["n"]).toBe(2);
      expect(session.user).toBe("42");
    });
  });

  test("stays ended after a logout, whoever still has the old cookie", async () => {
    for (const user of [{}, { _user_id: "42" }]) {
      const { visitor, countNative } = setUp({ url });
      const browser = await visitor(SID, { n: 1, ...user });
      const thief = browser.copy();
      await browser.visit((session) => session.destroy());
      await thief.visit((session) => {
        expect(session.new).toBe(true);
        expect(session.user).toBeUndefined();
      });
      expect(await countNative()).toBeLessThanOrEqual(1);
    }
  });

  test("is in the user's list, and ends with the others", async () => {
    const { visitor, sessions } = setUp({ url });
    const browser = await visitor(SID, { _user_id: "42" });
    const thief = browser.copy();
    await browser.visit((session) => session.data);
    expect(await sessions.forUser("42").list()).toHaveLength(1);
    await sessions.forUser("42").revokeAll();
    for (const one of [browser, thief]) await one.visit((session) => expect(session.user).toBeUndefined());
  });

  test("gets a new ID at the next login", async () => {
    const { visitor } = setUp({ url });
    const browser = await visitor(SID, { cart: ["tea"] });
    const thief = browser.copy();
    await browser.visit((session) => session.regenerate({ user: "42" }));
    await browser.visit((session) => expect(session.user).toBe("42"));
    await thief.visit((session) => expect(session.user).toBeUndefined());
  });
});

test("an old cookie without a session is no session, and nothing is made of it", async () => {
  const { sessions, countNative, types } = setUp();
  const visitor = new Visitor(sessions);
  await visitor.exchange(({ jar }) => jar.set("session", SID));
  await visitor.visit((session) => expect(session.new).toBe(true));
  expect(await countNative()).toBe(0);
  expect(types()).toEqual(["sid.unknown"]);
});

test("a session whose old record cannot be ended is not answered, so that it cannot come back later", async () => {
  const { visitor, python } = setUp();
  const browser = await visitor(SID, { n: 1 });
  const end = python.delete.bind(python);
  python.delete = () => Promise.reject(new Error("down"));
  const error = await failure(browser.visit((session) => session.data));
  expect(error.code).toBe("STORE_UNAVAILABLE");
  python.delete = end;
  await browser.visit(({ data }) => expect(data["n"]).toBe(1));
});

test("what the new storage cannot keep is left out, and the rest stays", async () => {
  const { visitor, types } = setUp();
  const browser = await visitor(SID, { day: new PyDate("2026-11-20"), n: 1 });
  await browser.visit(({ data }) => expect(data).toEqual({ n: 1 }));
  expect(types()).toContain("session.schema");
});

test("a visitor who has a session already keeps it", async () => {
  const { visitor, old } = setUp();
  const browser = await visitor(SID, { n: 1 });
  await browser.visit((session) => session.data);
  await browser.exchange(({ jar }) => jar.set("session", UUID));
  await browser.visit(({ data }) => expect(data["n"]).toBe(1));
  expect(await old(SID)).toBeUndefined();
});

test("a store of Flask-Session's takes no sessions over", () => {
  const { flask } = flaskConfig({});
  const accept = [acceptedFlaskSession(new MemoryStore(), {}, flask!.cookie, undefined)];
  expect(() => createSessions({ storage: flaskSession(new MemoryStore()), accept })).toThrow(ConfigError);
});
