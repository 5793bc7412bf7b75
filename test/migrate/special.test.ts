import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { nodeSessions } from "../../src/adapters/node.ts";
import {
  type AcceptedFormat,
  ConfigError,
  createSessions,
  encryptedCookie,
  type SessionEvent,
  serverSide,
} from "../../src/index.ts";
import {
  acceptCookieSession,
  acceptExpressSession,
  acceptHonoSessions,
  acceptIronSession,
  acceptSecureSession,
} from "../../src/migrate/index.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { TestClient } from "../../src/testing/index.ts";
import { failure } from "../support/server-sessions.ts";
import { KEY, Visitor } from "../support/visitor.ts";
import { describeInstalled } from "../support/installed.ts";
import { fetchApp, library } from "./libraries.ts";

const OLD = "an old key that has 32 characters and more";
const user = (data: { userId?: string }): string | undefined => data.userId;

function setUp(format: AcceptedFormat, storage = encryptedCookie()) {
  const sessions = createSessions<Record<string, any>>({ secretKey: KEY, storage, accept: [format] });
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return {
    sessions,
    types: () => events.map(({ type }) => type),
    async visitor(setCookies: readonly string[]) {
      const visitor = new Visitor(sessions, "https://example.com/");
      await visitor.exchange(
        () => undefined,
        setCookies.map((value): [string, string] => ["Set-Cookie", value]),
      );
      return visitor;
    },
  };
}

describeInstalled("migrate", "What is special about", () => {
  test("iron-session 9: a session in chunks moves whole, and all chunks go", async () => {
    const { getIronSession } = await library("iron-session");
    const response = new Response();
    const session = await getIronSession(new Request("https://example.com/"), response, {
      cookieName: "app",
      password: OLD,
      chunk: true,
    });
    session.text = "x".repeat(5000);
    session.userId = "42";
    await session.save();
    const setCookies = response.headers.getSetCookie();
    expect(setCookies.map((header) => header.split("=")[0])).toEqual(["app.0", "app.1"]);
    const format = acceptIronSession({ cookie: "app", password: OLD, user });
    const { visitor, types } = setUp(format, serverSide(new MemoryStore()));
    const browser = await visitor(setCookies);
    await browser.visit((moved) => expect(moved.data["text"]).toHaveLength(5000));
    expect(browser.cookie).toMatch(/^__Host-session=[^;]+$/);
    expect(types()).toEqual(["session.adopted"]);
  });

  test("hono-sessions: what is to be shown once is a message, and IDs may be plain", async () => {
    const [{ Hono }, { MemoryStore: Memory, sessionMiddleware }] = [
      await library("hono"),
      await library("hono-sessions"),
    ];
    const store = new Memory();
    const app = new Hono().use("*", sessionMiddleware({ store, cookieOptions: { path: "/" } }));
    app.post("/", (c: any) => {
      c.get("session").set("userId", "42");
      c.get("session").flash("error", "Wrong password");
      return c.json({});
    });
    app.get("/", (c: any) => c.json({}));
    const old = fetchApp((request) => app.fetch(request));
    const { visitor, types } = setUp(acceptHonoSessions({ store, user }));
    const browser = await visitor((await old.send("POST", "")).setCookies);
    await browser.visit((session) => {
      expect(session.data).toEqual({ userId: "42" });
      expect(session.flashes()).toEqual([{ category: "error", message: "Wrong password" }]);
    });
    expect(store.data.size).toBe(1);
    await browser.visit((session) => session.destroy());
    expect(store.data.size).toBe(0);
    // It gives every visitor a session; one that holds nothing is none.
    const stranger = await visitor((await old.send("GET", "")).setCookies);
    const { setCookies } = await stranger.visit((session) => expect(session.new).toBe(true));
    expect([setCookies, types()]).toEqual([[], ["session.adopted", "session.ended"]]);
  });

  test("@fastify/secure-session: tweetnacl opens its boxes as well", async () => {
    const [{ default: sodium }, { default: nacl }] = [
      await library("sodium-native"),
      await library("tweetnacl"),
    ];
    const [key, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)];
    const message = Buffer.from(JSON.stringify({ userId: "42", __ts: Math.floor(Date.now() / 1000) }));
    const box = Buffer.alloc(message.length + 16);
    sodium.crypto_secretbox_easy(box, message, nonce, key);
    const value = encodeURIComponent(`${box.toString("base64")};${nonce.toString("base64")}`);
    for (const [opener, expected] of [
      [nacl, "42"],
      [sodium, "42"],
    ]) {
      const { visitor } = setUp(acceptSecureSession({ sodium: opener, key, user }));
      const browser = await visitor([`session=${value}; Path=/`]);
      await browser.visit((session) => expect(session.user).toBe(expected));
    }
    expect(() => acceptSecureSession({ sodium: nacl, secret: OLD })).toThrow(ConfigError);
  });

  test.each<[string, object, (data: any) => any]>([
    ["a number in a database", { passport: { user: 42 } }, (data) => data.passport.user],
    ["under a name that has a meaning in our sessions", { _user_id: "42" }, (data) => data._user_id],
  ])("a user who is %s is one", async (_, data, whose) => {
    const { sign } = await library("cookie-signature").then(({ default: signature }) => signature);
    const cookie = `connect.sid=${encodeURIComponent(`s:${sign("an-id", OLD)}`)}; Path=/`;
    const store = {
      get: (__: string, done: (...answer: any[]) => void) => done(null, { cookie: {}, ...data }),
      destroy: (__: string, done: () => void) => done(),
    };
    const format = acceptExpressSession({ secret: OLD, store, user: whose });
    const browser = await setUp(format, serverSide(new MemoryStore())).visitor([cookie]);
    await browser.visit((session) => expect(session.user).toBe("42"));
  });

  test("express-session: passport's user, a store that is down, and a file that is missing", async () => {
    const { sign } = await library("cookie-signature").then(({ default: signature }) => signature);
    const cookie = `connect.sid=${encodeURIComponent(`s:${sign("an-id", OLD)}`)}; Path=/`;
    const record = { cookie: { originalMaxAge: null, expires: null }, passport: { user: "42" } };
    let answer: [unknown, unknown?] = [null, record];
    const store = {
      get: (_: string, done: (...answer: any[]) => void) => setImmediate(() => done(...answer)),
      destroy: (_: string, done: (error?: unknown) => void = () => undefined) => setImmediate(done),
    };
    const format = acceptExpressSession({ secret: OLD, store, user: (data) => data["passport"]?.user });
    for (const storage of [encryptedCookie(), serverSide(new MemoryStore())]) {
      const { visitor, types } = setUp(format, storage);
      const browser = await visitor([cookie]);
      answer = [new Error("down")];
      expect((await failure(browser.visit((session) => session.user))).code).toBe("STORE_UNAVAILABLE");
      answer = [Object.assign(new Error("missing"), { code: "ENOENT" })];
      await browser.visit((session) => expect(session.new).toBe(true));
      for (const damaged of [{}, [], "text", { cookie: { expires: "soon" } }]) {
        answer = [null, damaged];
        await browser.visit((session) => expect(session.new).toBe(true));
      }
      answer = [null, record];
      await browser.visit((session) => {
        expect(session.user).toBe("42");
        expect(session.permanent).toBe(false);
      });
      expect(types()).toEqual([
        "store.failed",
        "sid.unknown",
        ...Array.from({ length: 4 }, () => "record.corrupt"),
        "session.adopted",
      ]);
    }
  });
});

const EXPRESS_COOKIE = expressCookie("an-id");

/** What express-session sets for an ID. */
function expressCookie(id: string): string {
  const code = createHmac("sha256", OLD).update(id).digest("base64").replace(/=+$/, "");
  return `connect.sid=${encodeURIComponent(`s:${id}.${code}`)}; Path=/`;
}

test("a session of express-session's lives for as long as its store gives it, and from the move as long as ours", async () => {
  // So a store keeps it that moves the end beside the record when it is touched.
  const expires = new Date(Date.now() - 5000).toISOString();
  const records = new Map<string, object>();
  const store = {
    get: (id: string, done: (error?: unknown, session?: unknown) => void) => done(null, records.get(id)),
    destroy(id: string, done: (error?: unknown) => void = () => undefined) {
      records.delete(id);
      done();
    },
  };
  for (const storage of [encryptedCookie(), serverSide(new MemoryStore())]) {
    records.set("an-id", { cookie: { originalMaxAge: 2000, expires }, userId: "42" });
    const { visitor, types } = setUp(acceptExpressSession({ secret: OLD, store, user }), storage);
    const browser = await visitor([EXPRESS_COOKIE]);
    const late = browser.copy();
    const { setCookies } = await browser.visit((session) => {
      expect([session.user, session.permanent]).toEqual(["42", true]);
    });
    const end = Date.parse(
      /; Expires=([^;]+)/.exec(setCookies.find((header) => header.startsWith("__"))!)![1]!,
    );
    expect(Math.round((end - Date.now()) / 86_400_000)).toBe(14);
    await late.visit((session) => expect(session.user).toBe("42"));
    await browser.visit((session) => expect(session.user).toBe("42"));
    expect(new Set(types())).toEqual(new Set(["session.adopted"]));
  }
});

test("of two old cookies of one name the one whose session lives counts, and of two that live none", async () => {
  const store = {
    get: (id: string, done: (error?: unknown, session?: unknown) => void) =>
      done(null, id === "dead" ? undefined : { cookie: {}, userId: id }),
    destroy: (_: string, done?: () => void) => done?.(),
  };
  const cookieOf = (...ids: string[]) => ids.map((id) => expressCookie(id).split(";")[0]).join("; ");
  for (const storage of [() => encryptedCookie(), () => serverSide(new MemoryStore())]) {
    for (const [cookie, expected] of [
      [cookieOf("dead", "42"), "42"],
      [cookieOf("42", "dead"), "42"],
      [cookieOf("dead"), undefined],
      [cookieOf("42", "43"), undefined],
    ]) {
      const { sessions, types } = setUp(acceptExpressSession({ secret: OLD, store, user }), storage());
      const exchange = sessions.open({ cookie, host: "example.com", encrypted: true });
      const session = await exchange.session();
      expect([cookie, session.user]).toEqual([cookie, expected]);
      await exchange.commit();
      expect(types().includes("cookie.duplicate")).toBe(cookie!.includes("43"));
    }
  }
});

test.each([
  [{}, ""],
  [{ sameSite: "lax" }, "; SameSite=Lax"],
  [{ secure: true }, "; Secure"],
  [{ sameSite: "none" }, "; Secure; SameSite=None"],
  [{ sameSite: "None" }, "; Secure; SameSite=None"],
  [{ partitioned: true }, "; Secure; SameSite=None; Partitioned"],
  [{ partitioned: true, sameSite: "lax" }, "; Secure; SameSite=Lax; Partitioned"],
] as const)(
  "the deletion of an old cookie with %j is one that browsers take",
  async (attributes, expected) => {
    const store = {
      get: (_: string, done: (...answer: any[]) => void) => done(null, { cookie: {}, userId: "42" }),
      destroy: (_: string, done?: () => void) => done?.(),
    };
    const cookie = { name: "connect.sid", ...attributes };
    const { visitor } = setUp(acceptExpressSession({ secret: OLD, store, cookie, user }));
    const browser = await visitor([EXPRESS_COOKIE]);
    const { setCookies } = await browser.visit((session) => session.user);
    const deletion = setCookies.find((header) => header.startsWith("connect.sid="));
    expect(deletion?.replace("; HttpOnly; Path=/", "")).toBe(
      `connect.sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0${expected}`,
    );
  },
);

test("a response waits for the end of the old record: over a real server a logout that cannot end it is 503", async () => {
  const records = new Map<string, object>([
    ["an-id", { cookie: { expires: null }, userId: "42" }],
    ["another", { cookie: { expires: null }, userId: "43" }],
  ]);
  let isDown = false;
  const store = {
    get: (id: string, done: (error?: unknown, session?: unknown) => void) =>
      setImmediate(() => done(null, records.get(id))),
    destroy(id: string, done: (error?: unknown) => void = () => undefined) {
      if (!isDown) records.delete(id);
      setTimeout(() => done(isDown ? new Error("down") : null), 30);
    },
  };
  const sessions = createSessions<Record<string, any>>({
    secretKey: KEY,
    accept: [acceptExpressSession({ secret: OLD, store, user })],
  });
  const handle = nodeSessions(sessions, async (request, response) => {
    const session = await sessions.get(request);
    if (request.method === "DELETE") await session.destroy();
    response.end(session.user ?? "nobody");
  });
  await using client = new TestClient(createServer(handle));
  await client.setCookie("connect.sid", EXPRESS_COOKIE.split(/[=;]/)[1]!);
  expect(await (await client.get("/")).text()).toBe("42");
  expect(await client.cookie("connect.sid")).toBeUndefined();
  isDown = true;
  expect((await client.delete("/")).status).toBe(503);
  expect(await (await client.get("/")).text()).toBe("42");
  isDown = false;
  expect((await client.delete("/")).status).toBe(200);
  expect([...records.keys()]).toEqual(["another"]);
  expect(await (await client.get("/")).text()).toBe("nobody");
});

describe("A format", () => {
  test.each<[string, () => AcceptedFormat]>([
    ["no keys", () => acceptCookieSession({ keys: [] })],
    ["an empty key", () => acceptCookieSession({ keys: [""] })],
    ["a key that the environment does not have", () => acceptCookieSession({ keys: [undefined] })],
    ["a password that it does not have", () => acceptIronSession({ cookie: "app", password: undefined })],
    ["a name that no cookie has", () => acceptCookieSession({ keys: ["k"], cookie: "a b" })],
    [
      "a SameSite that needs Secure",
      () => acceptCookieSession({ keys: ["k"], cookie: { name: "a", sameSite: "none", secure: false } }),
    ],
    [
      "a prefix that contradicts its path",
      () => acceptCookieSession({ keys: ["k"], cookie: { name: "__Host-a", path: "/x" } }),
    ],
    ["no secret", () => acceptExpressSession({ secret: undefined, store: {} as never })],
    ["no store", () => acceptExpressSession({ secret: "s", store: undefined as never })],
    ["no sodium", () => acceptSecureSession({ sodium: undefined as never, key: Buffer.alloc(32) })],
    ["a short password", () => acceptIronSession({ cookie: "app", password: "short" })],
    ["no passwords", () => acceptIronSession({ cookie: "app", password: {} })],
    ["no cookie", () => acceptIronSession({ password: OLD } as never)],
    ["neither store nor key", () => acceptHonoSessions({})],
    ["what is no store", () => acceptHonoSessions({ store: {} as never })],
  ])("is refused with %s", (_, make) => {
    expect(make).toThrow(ConfigError);
  });
});
