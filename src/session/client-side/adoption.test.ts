import { describe, expect, test } from "vitest";
import { failure } from "../../../test/support/server-sessions.ts";
import { KEY, OTHER_KEY, Visitor } from "../../../test/support/visitor.ts";
import { FlaskCookie, FlaskSessionCodec, Tuple } from "../../codec/index.ts";
import { ConfigError } from "../../errors.ts";
import { acceptFlask, flaskConfig } from "../../flask/index.ts";
import { MemoryStore } from "../../stores/memory.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import {
  acceptedFlaskSession,
  createSessions,
  encryptedCookie,
  type SessionEvent,
  type SessionOptions,
  serverSide,
  signedCookie,
} from "../index.ts";

const SID = "U0U6GcvH9gNR4TcJI3tgJQB7a_Wml0qrqgPV4Z6hraM";
const HTTPS = "https://example.com/";
const LOCAL = "http://localhost/";

/** An application that keeps sessions in cookies, and has left Flask or Flask-Session. */
function setUp({
  storage = encryptedCookie(),
  url = HTTPS,
  old = {},
  ...options
}: Partial<SessionOptions> & { url?: string; old?: object } = {}) {
  const python = new MemoryStore();
  const clock = new FakeClock();
  const sessions = createSessions<Record<string, any>>({
    secretKey: KEY,
    storage,
    accept: [
      acceptFlask({ SECRET_KEY: OTHER_KEY, SESSION_COOKIE_NAME: "session", ...old }),
      acceptedFlaskSession(python, {}, flaskConfig({ SESSION_COOKIE_NAME: "sid" }).flask!.cookie, undefined),
    ],
    clock,
    ...options,
  });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  const codec = new FlaskCookie(OTHER_KEY, { clock });
  const at = (id: string) => ({ id, owner: undefined });
  const browser = async (name: string, value: string) => {
    const visitor = new Visitor(sessions, url);
    await visitor.exchange(({ jar }) => jar.set(name, value));
    return visitor;
  };
  return {
    sessions,
    clock,
    python,
    codec,
    browser,
    types: () => events.map(({ type }) => type),
    /** A browser with Flask's cookie. */
    flask: (data: Record<string, unknown>) => browser("session", codec.seal(codec.stringify(data))),
    /** A browser with Flask-Session's. */
    async flaskSession(data: Record<string, unknown>, id = SID) {
      const bytes = new FlaskSessionCodec({ format: "msgpack" }).encode(data);
      const expires = new Date(clock.now() + 86_400_000);
      await python.create(at(id), { data: bytes, expires }, new Date(clock.now()));
      return browser("sid", id);
    },
    record: (id = SID) => python.load(at(id), new Date(clock.now())),
  };
}

const OLD = {
  _permanent: true,
  _user_id: "42",
  _flashes: [new Tuple(["message", "hi"])],
  cart: ["tea"],
};

describe.each([
  ["encryptedCookie()", encryptedCookie, HTTPS, "__Host-session"],
  ["encryptedCookie(), with both cookies under one name", encryptedCookie, LOCAL, "session"],
  ["signedCookie()", signedCookie, HTTPS, "__Host-session"],
])("a session of Flask's is taken over into %s", (_, make, url, name) => {
  // Flask's cookie and a signed one of ours look the same, so they need two names, also on this machine.
  const named = make === signedCookie ? { name: "__Host-session" } : {};
  const start = () => setUp({ storage: make(), url, cookie: named });

  test("with all that it holds, although the handler only reads", async () => {
    const { flask, types } = start();
    const browser = await flask(OLD);
    const { setCookies, vary } = await browser.visit((session) => {
      expect(session.data).toEqual({ cart: ["tea"] });
      expect(session.user).toBe("42");
      expect(session.permanent).toBe(true);
      expect(session.new).toBe(false);
    });
    expect(vary).toBe("Cookie");
    expect(setCookies.filter((cookie) => cookie.startsWith(`${name}=`))).toHaveLength(1);
    expect(browser.cookie.split("; ")).toHaveLength(1);
    expect(browser.cookie.startsWith(`${name}=`)).toBe(true);
    expect(types()).toEqual(["session.adopted"]);
    const second = await browser.visit((session) => {
      expect(session.user).toBe("42");
      expect(session.flashes()).toEqual([{ category: "message", message: "hi" }]);
    });
    expect(second.setCookies).toHaveLength(1);
    expect(types()).toEqual(["session.adopted"]);
  });

  test("by every one of 20 parallel requests, and by a browser that never got an answer", async () => {
    const { flask } = start();
    const browser = await flask(OLD);
    const copies = Array.from({ length: 20 }, () => browser.copy());
    await Promise.all(copies.map((copy) => copy.visit(({ user }) => expect(user).toBe("42"))));
    for (const one of [browser, ...copies]) await one.visit(({ user }) => expect(user).toBe("42"));
  });

  test("is left alone by a request that does not ask for it", async () => {
    const { flask, types } = start();
    const browser = await flask(OLD);
    const { setCookies, vary } = await browser.exchange(() => undefined);
    expect([setCookies, vary, types()]).toEqual([[], null, []]);
  });

  test("is gone from the browser after a logout, at once or later", async () => {
    for (const visits of [0, 1]) {
      const { flask } = start();
      const browser = await flask(OLD);
      for (let i = 0; i < visits; i++) await browser.visit((session) => session.data);
      await browser.visit((session) => session.destroy());
      expect(browser.cookie).toBe("");
    }
  });

  test("does not come back by an old cookie that is still there when ours is ended", async () => {
    const { flask, codec } = start();
    const browser = await flask(OLD);
    await browser.visit((session) => session.data);
    if (name !== "session")
      await browser.exchange(({ jar }) => jar.set("session", codec.seal('{"_user_id":"42"}')));
    await browser.visit(async (session) => {
      await session.destroy();
      session.flash("Bye");
    });
    await browser.visit((session) => {
      expect(session.user).toBeUndefined();
      session.clear();
    });
    await browser.visit((session) => expect(session.user).toBeUndefined());
  });

  test.each([
    ["made with another key", "token.bad_mac", () => new FlaskCookie("x".repeat(32)).seal("{}")],
    [
      "too old",
      "token.expired",
      () => new FlaskCookie(OTHER_KEY, { clock: { now: () => 1e12 } }).seal('{"a":1}'),
    ],
    ["cut", "token.malformed", () => "eyJhIjoxfQ.awCUAA"],
    ["too long", "token.too_large", () => `e${"y".repeat(20_000)}.awCUAA.${"x".repeat(27)}`],
  ])("unless its cookie is %s: no session, and one event", async (_what, type, value) => {
    const { sessions, types } = start();
    const { host, protocol } = new URL(url);
    const request = { cookie: `session=${value()}`, host, encrypted: protocol === "https:" };
    const exchange = sessions.open(request);
    const session = await exchange.session();
    expect(session.new).toBe(true);
    await exchange.commit();
    expect(exchange.hasHeaders && exchange.jar.setCookies()).toEqual([]);
    expect(types()).toEqual([type]);
  });
});

test("a session of ours that is there already is the one that counts", async () => {
  const { flask, codec } = setUp();
  const browser = await flask({ n: 1 });
  await browser.visit((session) => (session.data["n"] = 2));
  await browser.exchange(({ jar }) => jar.set("session", codec.seal('{"n":3}')));
  await browser.visit(({ data }) => expect(data["n"]).toBe(2));
});

test("of two genuine old cookies neither is taken", async () => {
  const { sessions, codec, types } = setUp();
  const cookie = `session=${codec.seal('{"n":1}')}; session=${codec.seal('{"n":2}')}`;
  const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
  expect((await exchange.session()).new).toBe(true);
  expect(types()).toEqual(["cookie.duplicate"]);
});

test("an old cookie of our name, and of another path, is deleted with ours", async () => {
  const { sessions, codec } = setUp({ url: LOCAL, old: { SESSION_COOKIE_PATH: "/app" } });
  const exchange = sessions.open({
    cookie: `session=${codec.seal('{"n":1}')}`,
    host: "localhost",
    encrypted: false,
  });
  await (await exchange.session()).destroy();
  await exchange.commit();
  const headers = new Headers();
  exchange.writeTo(headers);
  expect(headers.getSetCookie().map((header) => /Path=[^;]*/.exec(header)?.[0])).toEqual([
    "Path=/app",
    "Path=/",
  ]);
});

test.each([
  ["encryptedCookie()", encryptedCookie],
  ["signedCookie()", signedCookie],
  ["serverSide()", () => serverSide(new MemoryStore())],
])("an ID that Flask-Login has as a number is the user in %s", async (_, storage) => {
  for (const [id, user] of [
    [5, "5"],
    [2n ** 60n, "1152921504606846976"],
  ] as const) {
    const { flask, flaskSession } = setUp({ storage: storage(), cookie: { name: "__Host-session" } });
    for (const write of [flask, flaskSession]) {
      const browser = await write({ _user_id: id, _fresh: true, n: 1.5 });
      for (let i = 0; i < 2; i++)
        await browser.visit((session) => {
          expect(session.user).toBe(user);
          expect(session.data).toEqual({ _fresh: true, n: 1.5 });
        });
    }
  }
});

test.each([Number.NaN, 1.5, true, null])("%s is no user's ID", async (id) => {
  const { flask, flaskSession } = setUp();
  for (const write of [flask, flaskSession]) {
    const browser = await write({ _user_id: id, n: 1 });
    await browser.visit((session) => expect([session.user, session.data["n"]]).toEqual([undefined, 1]));
  }
});

test("a session that is too large for our cookie stays in the old one until it is changed", async () => {
  const { flaskSession, types } = setUp();
  const browser = await flaskSession({ _user_id: "42", text: "x".repeat(8000) });
  const { setCookies } = await browser.visit(({ user }) => expect(user).toBe("42"));
  expect([setCookies, types()]).toEqual([[], ["session.unsaved"]]);
  const error = await failure(browser.visit((session) => (session.data["n"] = 1)));
  expect(error.code).toBe("TOO_LARGE");
  await browser.visit((session) => delete session.data["text"]);
  await browser.visit(({ user }) => expect(user).toBe("42"));
  expect(browser.cookie).toMatch(/^__Host-session=/);
});

describe("a record of another program's that moved into our cookie", () => {
  test("stays for a minute, for parallel requests and a browser that never got the answer; then it ends", async () => {
    const { flaskSession, record, clock } = setUp();
    const browser = await flaskSession({ _user_id: "42", n: 1 });
    const late = browser.copy();
    await browser.visit(({ user }) => expect(user).toBe("42"));
    expect(browser.cookie).toMatch(/^__Host-session=[\w-]+$/);
    await browser.visit(({ user }) => expect(user).toBe("42"));
    await late.visit(({ user }) => expect(user).toBe("42"));
    expect(await record()).toBeDefined();
    clock.move(60);
    const { setCookies } = await browser.visit(({ data }) => expect(data).toEqual({ n: 1 }));
    expect(setCookies).toHaveLength(1);
    expect(await record()).toBeUndefined();
    const third = await browser.visit(({ user }) => expect(user).toBe("42"));
    expect(third.setCookies).toEqual([]);
  });

  test("survives for as long as the browser has nothing else", async () => {
    const { flaskSession, clock } = setUp();
    const browser = await flaskSession({ _user_id: "42" });
    for (let i = 0; i < 3; i++) {
      await browser.copy().visit(({ user }) => expect(user).toBe("42"));
      clock.move(3600);
    }
  });

  test.each([
    ["by itself", (session: any) => session.destroy()],
    ["and another one begins", (session: any) => session.destroy().then(() => session.flash("Bye"))],
    ["when it is cleared", (session: any) => session.clear()],
    ["when its last key goes", (session: any) => void delete session.data.n],
  ])("ends with the session, %s, at once or later", async (_, end) => {
    for (const visits of [0, 1]) {
      const { flaskSession, record } = setUp();
      const browser = await flaskSession({ n: 1 });
      const thief = browser.copy();
      for (let i = 0; i < visits; i++) await browser.visit((session) => session.data);
      await browser.visit(end);
      expect(await record()).toBeUndefined();
      await thief.visit((session) => expect(session.new).toBe(true));
    }
  });

  test("keeps a logout from being answered while it cannot be ended", async () => {
    const { flaskSession, python } = setUp();
    const browser = await flaskSession({ _user_id: "42" });
    await browser.visit((session) => session.data);
    const end = python.delete.bind(python);
    python.delete = () => Promise.reject(new Error("down"));
    const before = browser.cookie;
    const error = await failure(browser.visit((session) => session.destroy()));
    expect(error.code).toBe("STORE_UNAVAILABLE");
    expect(browser.cookie).toBe(before);
    python.delete = end;
    await browser.visit((session) => session.destroy());
    expect(browser.cookie).toBe("");
  });

  test("is tried again by the next request where it could not be ended in passing", async () => {
    const { flaskSession, python, clock, record } = setUp();
    const browser = await flaskSession({ _user_id: "42" });
    await browser.visit((session) => session.data);
    clock.move(60);
    const end = python.delete.bind(python);
    python.delete = () => Promise.reject(new Error("down"));
    await browser.visit(({ user }) => expect(user).toBe("42"));
    python.delete = end;
    await browser.visit(({ user }) => expect(user).toBe("42"));
    expect(await record()).toBeUndefined();
  });

  test("makes a request wait where its store is down: nobody is taken for a stranger", async () => {
    const { flaskSession, python } = setUp();
    const browser = await flaskSession({ _user_id: "42" });
    const load = python.load.bind(python);
    python.load = () => Promise.reject(new Error("down"));
    const error = await failure(browser.visit((session) => session.user));
    expect(error.code).toBe("STORE_UNAVAILABLE");
    python.load = load;
    await browser.visit(({ user }) => expect(user).toBe("42"));
  });
});

test("into a store a signed cookie moves once, and after a logout no copy of it leads anywhere", async () => {
  for (const options of [{}, { idleTimeout: 600 }]) {
    const { flask, clock, types } = setUp({ storage: serverSide(new MemoryStore()), ...options });
    const browser = await flask(OLD);
    const copies = Array.from({ length: 20 }, () => browser.copy());
    await Promise.all(
      copies.map((copy, i) => copy.visit(async (session) => void (session.data[`k${i}`] = i))),
    );
    expect([...new Set(copies.map(({ cookie }) => cookie))]).toEqual([
      expect.stringMatching(/^__Host-session=[\w-]{43}\.[\w-]{22}$/),
    ]);
    expect(types().filter((type) => type !== "session.conflict")).toEqual(["session.adopted"]);
    await copies[0]!.visit((session) => {
      expect(Object.keys(session.data)).toHaveLength(21);
      expect(session.user).toBe("42");
      return session.destroy();
    });
    for (const wait of [0, 3600, 86_400]) {
      clock.move(wait);
      await browser.copy().visit((session) => expect(session.new).toBe(true));
    }
  }
});

test("two formats that only their keys tell apart need two names", () => {
  const accept = [acceptFlask({ SECRET_KEY: OTHER_KEY })];
  const make = (options: object) => () => createSessions({ secretKey: KEY, accept, ...options });
  expect(make({ storage: signedCookie() })).toThrow(ConfigError);
  expect(make({ storage: signedCookie(), cookie: { name: "sid" } })).not.toThrow();
  expect(make({ storage: encryptedCookie() })).not.toThrow();
});

test.each([
  ["encryptedCookie()", encryptedCookie],
  ["serverSide()", () => serverSide(new MemoryStore())],
])(
  "what an application of Flask's calls as we call something of our own means nothing in %s",
  async (_, storage) => {
    const { flask, flaskSession } = setUp({ storage: storage(), cookie: { name: "__Host-session" } });
    const own = { _successor: ["x", null], _sid: "x", _series: "x", _device: "x", _created: 1 };
    for (const write of [flask, flaskSession]) {
      const browser = await write({ ...own, _user_id: "5", n: 1 });
      for (let i = 0; i < 2; i++)
        await browser.visit((session) => {
          expect([session.user, session.data["n"]]).toEqual(["5", 1]);
          for (const key of Object.keys(own))
            expect([key, session.own(key)]).not.toEqual([key, own[key as keyof typeof own]]);
        });
    }
  },
);
