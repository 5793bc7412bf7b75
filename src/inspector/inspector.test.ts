import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { inProduction } from "../../test/support/production.ts";
import { KEY, OTHER_KEY } from "../../test/support/visitor.ts";
import { webSessions } from "../adapters/web.ts";
import { ConfigError } from "../errors.ts";
import {
  createSessions,
  encryptedCookie,
  serverSide,
  type SessionManager,
  type SessionOptions,
  signedCookie,
} from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { TestClient } from "../testing/client/test-client.ts";
import { inspector, type InspectorOptions } from "./inspector.ts";
import type { State, TamperReport, VerdictReport } from "./report.ts";

const HERE = { address: "127.0.0.1" };

/** An application with an inspector, and browsers that use both. */
function setUp(options: Partial<SessionOptions> = {}, looking: InspectorOptions = {}) {
  const clock = new FakeClock();
  const sessions = createSessions({ secretKey: KEY, clock, ...options });
  const inspect = inspector(sessions, looking);
  const app = webSessions(sessions, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(inspect.path)) return inspect.fetch(request, HERE);
    return respond(sessions, request, pathname);
  });
  const browser = () => new TestClient(app, { clock });
  return { clock, sessions, inspect, app, browser };
}

async function respond(sessions: SessionManager, request: Request, pathname: string): Promise<Response> {
  if (pathname === "/plain") return new Response("nothing to do with sessions");
  const session = await sessions.get(request);
  if (pathname === "/read") return Response.json(session.data);
  if (pathname === "/logout") await session.destroy();
  if (pathname === "/login") await session.regenerate({ user: "ada" });
  if (pathname === "/count") await session.update((data) => void (data["count"] = (data["count"] ?? 0) + 1));
  if (pathname === "/write") {
    session.data["cart"] ??= { tea: 1, token: "a-secret-of-the-cart" };
    session.data["cart"].tea += 1;
  }
  if (pathname === "/large") session.data["large"] = "x".repeat(4000);
  if (pathname === "/big") session.data["big"] = "x".repeat(1_000_000);
  if (pathname === "/huge") session.data["huge"] = "x".repeat(20_000);
  return new Response();
}

/** Bytes in use, when what nobody needs is gone. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

async function stateOf(client: TestClient): Promise<State> {
  return (await client.get("/inspector/state")).json() as Promise<State>;
}

async function lastOf(client: TestClient) {
  return (await stateOf(client)).requests[0]!;
}

describe("who may look", () => {
  test("in production a guard is needed, and asked", async () => {
    await inProduction(async () => {
      expect(() => setUp()).toThrow(ConfigError);
      const seen: string[] = [];
      const guard = async (request: Request) => {
        seen.push(new URL(request.url).pathname);
        return request.headers.get("Authorization") === "me";
      };
      const client = setUp({}, { guard }).browser();
      expect((await client.get("/inspector/")).status).toBe(403);
      expect((await client.get("/inspector/", { headers: { Authorization: "me" } })).status).toBe(200);
      expect(seen).toEqual(["/inspector/", "/inspector/"]);
    });
  });

  test("a guard that fails lets nobody pass, and one that cannot know says that", async () => {
    const fails = setUp({}, { guard: () => Promise.reject(new Error("of the application's own")) });
    await expect(fails.browser().get("/inspector/state")).rejects.toThrow("of the application's own");
    const store = new MemoryStore();
    const sessions = createSessions({ storage: serverSide(store) });
    const guard = async (request: Request) => (await sessions.fromRequest(request)).user === "ada";
    store.load = () => Promise.reject(new Error("down"));
    const headers = { Cookie: `session=${"x".repeat(43)}` };
    const answer = await inspector(sessions, { guard }).fetch(
      new Request("http://localhost/inspector/state", { headers }),
    );
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(answer.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  });

  test("only what is true lets somebody pass", async () => {
    const client = setUp({}, { guard: (() => "no") as never }).browser();
    expect((await client.get("/inspector/")).status).toBe(403);
  });

  test.each([
    ["another machine", "http://localhost/inspector/", { address: "192.168.1.7" }, {}],
    ["nobody knows who", "http://localhost/inspector/", {}, {}],
    ["a name that leads here", "http://evil.example/inspector/", HERE, {}],
    ["a proxy", "http://localhost/inspector/", HERE, { "X-Forwarded-For": "127.0.0.1" }],
    ["a page of another site", "http://localhost/inspector/state", HERE, { "Sec-Fetch-Site": "cross-site" }],
    ["a page of another port", "http://localhost/inspector/state", HERE, { "Sec-Fetch-Site": "same-site" }],
  ])("not %s", async (_, url, connection, headers) => {
    const { inspect } = setUp();
    const response = await inspect.fetch(new Request(url, { headers }), connection);
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("a link on another site leads to the page, and its forms to nothing", async () => {
    const { inspect } = setUp();
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
    const url = "http://localhost/inspector/";
    expect((await inspect.fetch(new Request(url, { headers }), HERE)).status).toBe(200);
    const post = new Request(`${url}forget`, { method: "POST", headers });
    expect((await inspect.fetch(post, HERE)).status).toBe(403);
    const old = new Request(`${url}forget`, { method: "POST", headers: { Origin: "http://evil.example" } });
    expect((await inspect.fetch(old, HERE)).status).toBe(403);
  });

  test("what is no JSON is not read", async () => {
    const client = setUp().browser();
    const body = JSON.stringify({ header: "Set-Cookie: a=1", url: "http://localhost/" });
    const refused = await client.post("/inspector/verdict", {
      body,
      headers: { "Content-Type": "text/plain" },
    });
    expect(refused.status).toBe(400);
    expect((await client.post("/inspector/verdict", { json: null })).status).toBe(400);
    const large = { header: "a", url: "http://localhost/", more: "x".repeat(70_000) };
    expect((await client.post("/inspector/verdict", { json: large })).status).toBe(400);
  });

  test("every answer forbids scripts of others, frames and caches", async () => {
    const client = setUp().browser();
    for (const path of ["/", "/state", "/script.js", "/style.css", "/nothing"]) {
      const { headers } = await client.get(`/inspector${path}`);
      expect(headers.get("Content-Security-Policy")).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'",
      );
      expect(headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    }
  });

  test.each(["inspector", "/inspector/", "/", "/a b", ""])("%j is no path", (path) => {
    expect(() => setUp({}, { path })).toThrow(ConfigError);
  });
});

describe("whose requests", () => {
  test("each browser sees its own, from the moment on when it has looked", async () => {
    const { browser } = setUp();
    const [ada, bob, eve] = [browser(), browser(), browser()];
    await ada.get("/write");
    await stateOf(ada);
    await stateOf(bob);
    await ada.get("/write?code=12345&all");
    await bob.get("/read");
    await eve.get("/write");
    expect((await stateOf(ada)).requests.map(({ path }) => path)).toEqual(["/write?code=…&…"]);
    expect((await stateOf(bob)).requests.map(({ path }) => path)).toEqual(["/read"]);
    expect((await stateOf(eve)).requests).toEqual([]);
  });

  test("a cookie that somebody else made up opens nothing", async () => {
    const { inspect } = setUp();
    const headers = { Cookie: "hipflask-inspector=planted" };
    const response = await inspect.fetch(new Request("http://localhost/inspector/state", { headers }), HERE);
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^hipflask-inspector=[\w-]{43}; HttpOnly; Path=\/; SameSite=Lax$/,
    );
    const live = await inspect.fetch(new Request("http://localhost/inspector/live", { headers }), HERE);
    expect(live.status).toBe(409);
  });

  test("away from this machine its cookie is Secure", async () => {
    const { inspect } = setUp({}, { guard: () => true });
    const url = "http://shop.example/inspector/state?origin=https%3A%2F%2Fshop.example";
    const response = await inspect.fetch(new Request(url));
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-hipflask-inspector=.*; Secure/);
    expect(await response.json()).toMatchObject({ isWatched: true });
  });

  test("a browser that would not keep its cookie is told so, and takes nobody's place", async () => {
    const { inspect, browser } = setUp({}, { guard: () => true });
    const watched = browser();
    await stateOf(watched);
    for (let asked = 0; asked < 101; asked++) {
      const response = await inspect.fetch(new Request("http://shop.example/inspector/state"));
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.json()).toMatchObject({ isWatched: false, requests: [] });
    }
    await watched.get("/plain");
    expect((await stateOf(watched)).requests).toHaveLength(1);
  });

  test("a cookie that a subdomain planted leads no requests to whoever made it", async () => {
    const { inspect, app } = setUp({}, { guard: () => true });
    const planter = await inspect.fetch(new Request("https://shop.example/inspector/state"));
    const [, id] = /^__Host-hipflask-inspector=([^;]+)/.exec(planter.headers.getSetCookie()[0]!)!;
    const visit = (cookie: string) =>
      app(new Request("https://shop.example/write", { headers: { Cookie: cookie } }));
    const seen = async () => {
      const headers = { Cookie: `__Host-hipflask-inspector=${id}` };
      const state = await inspect.fetch(new Request("https://shop.example/inspector/state", { headers }));
      return ((await state.json()) as State).requests.length;
    };
    await visit(`hipflask-inspector=${id}`);
    expect(await seen()).toBe(0);
    await visit(`__Host-hipflask-inspector=${id}`);
    expect(await seen()).toBe(1);
  });

  test("of large requests fewer are kept, and nothing of the sessions they had", async () => {
    const client = setUp({ storage: serverSide(new MemoryStore()) }).browser();
    await stateOf(client);
    const others = Array.from({ length: 60 }, (_, i) => `${i}-${"n".repeat(240)}=1`).join("; ");
    const cookie = `hipflask-inspector=${await client.cookie("hipflask-inspector")}; ${others}`;
    for (let i = 0; i < 55; i++) await client.get("/plain", { headers: { Cookie: cookie } });
    const plain = (await stateOf(client)).requests;
    expect(plain.length).toBeLessThan(50);
    expect(plain[0]!.number).toBe(55);

    await client.get("/big");
    const before = heapUsed();
    for (let i = 0; i < 50; i++) await client.get("/read");
    expect((await stateOf(client)).requests).toHaveLength(50);
    // Each of them had a session of a megabyte.
    expect(heapUsed() - before).toBeLessThan(10_000_000);
  });

  test("so many are kept, and they can be forgotten", async () => {
    const client = setUp().browser();
    await stateOf(client);
    for (let i = 0; i < 55; i++) await client.get("/plain");
    const { requests } = await stateOf(client);
    expect(requests.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, i) => 55 - i));
    await client.post("/inspector/forget");
    expect((await stateOf(client)).requests).toEqual([]);
  });

  test("nothing of a response differs because somebody looks", async () => {
    const { browser } = setUp();
    const [looked, plain] = [browser(), browser()];
    await stateOf(looked);
    for (const path of ["/plain", "/read", "/write", "/read"]) {
      const answers = await Promise.all([looked.get(path), plain.get(path)]);
      const [a, b] = answers.map(({ status, headers }) => [
        status,
        [...headers].map(([name, value]) =>
          name === "set-cookie" ? [name, value.replace(/=[^;]*/, "")] : [name, value],
        ),
      ]);
      expect(a).toEqual(b);
    }
    await expect(looked.get("/huge")).rejects.toThrow("Largest keys: huge");
  });
});

describe("what is noted of a request", () => {
  test("what was read, changed and set, and why", async () => {
    const { browser, clock } = setUp({ idleTimeout: 600 });
    const client = browser();
    await stateOf(client);
    await client.get("/plain");
    expect(await lastOf(client)).toMatchObject({
      method: "GET",
      read: "not asked for",
      changes: [],
      setCookies: [],
      state: "answered",
    });
    await client.get("/write");
    const { requests } = await stateOf(client);
    expect(requests[0]).toMatchObject({
      read: "none",
      changes: [{ path: "cart", how: "added" }],
      setCookies: [{ name: "session", stored: true, why: expect.stringContaining("A new session began") }],
      happenings: [{ type: "session.created" }],
    });
    await client.get("/write");
    expect(await lastOf(client)).toMatchObject({
      read: "found",
      changes: [{ path: "cart.tea", how: "changed" }],
      setCookies: [{ why: expect.stringContaining("data changed") }],
      sent: [{ name: "hipflask-inspector" }, { name: "session" }],
    });
    await client.get("/read");
    expect(await lastOf(client)).toMatchObject({ read: "found", changes: [], setCookies: [] });
    clock.move(61);
    await client.get("/read");
    expect(await lastOf(client)).toMatchObject({
      changes: [],
      setCookies: [{ why: expect.stringContaining("renewed") }],
    });
    await client.get("/logout");
    expect(await lastOf(client)).toMatchObject({
      changes: [{ path: "cart", how: "removed" }],
      setCookies: [{ why: expect.stringContaining("has ended") }],
      happenings: [{ type: "session.ended" }],
    });
  });

  test("a store's calls, an ID that is new, and what update wrote", async () => {
    const client = setUp({ storage: serverSide(new MemoryStore()) }).browser();
    await stateOf(client);
    await client.get("/count");
    expect(await lastOf(client)).toMatchObject({
      storeCalls: ["create"],
      changes: [{ path: "count", how: "added" }],
    });
    await client.get("/count");
    expect(await lastOf(client)).toMatchObject({
      storeCalls: ["load", "save"],
      changes: [{ path: "count", how: "changed" }],
      setCookies: [],
    });
    await client.get("/login");
    expect(await lastOf(client)).toMatchObject({
      storeCalls: ["load", "replace"],
      changes: [{ path: "session.user", how: "added" }],
      setCookies: [{ why: expect.stringContaining("new ID") }],
      happenings: [{ type: "session.renewed" }],
    });
  });

  test("what could not be stored", async () => {
    const client = setUp().browser();
    await stateOf(client);
    await client.get("/huge").catch(() => undefined);
    expect(await lastOf(client)).toMatchObject({ state: "failed", failure: "TOO_LARGE", setCookies: [] });
  });

  test("a store that does not answer", async () => {
    const store = new MemoryStore();
    const client = setUp({ storage: serverSide(store) }).browser();
    await stateOf(client);
    await client.get("/count");
    store.load = () => Promise.reject(new Error("down"));
    expect((await client.get("/read")).status).toBe(503);
    expect(await lastOf(client)).toMatchObject({
      state: "failed",
      failure: "STORE_UNAVAILABLE",
      storeCalls: ["load (failed)"],
      happenings: [{ type: "store.failed" }],
    });
    expect((await stateOf(client)).session.state).toBe("failed");
  });

  test("two writes at once of two processes, merged", async () => {
    const store = new MemoryStore();
    const here = setUp({ storage: serverSide(store) });
    const client = here.browser();
    await stateOf(client);
    await client.get("/count");
    const other = createSessions({ clock: here.clock, storage: serverSide(store) });
    const cookie = `session=${await client.cookie("session")}`;
    const session = await other.fromRequest({ headers: { cookie, host: "localhost" } });
    const { load } = store;
    store.load = async (...args) => {
      const loaded = await load.apply(store, args);
      store.load = load;
      await session.update((data) => void (data["theirs"] = true));
      return loaded;
    };
    await client.get("/count");
    const { happenings, state } = await lastOf(client);
    expect([state, happenings.map(({ type }) => type)]).toEqual(["answered", ["session.conflict"]]);
  });
});

describe("the session, and why it is refused", () => {
  test("decoded, with its times and its key, and no secret in it", async () => {
    const { browser, clock } = setUp({ idleTimeout: 600, lifetime: 3600 });
    const client = browser();
    await client.get("/write");
    const now = clock.now() / 1000;
    clock.move(30);
    const response = await client.get("/inspector/state");
    const text = await response.text();
    const { session, cookies } = JSON.parse(text) as State;
    expect(session).toMatchObject({
      state: "good",
      cookie: "session",
      format: "hipflask, encrypted",
      key: expect.stringMatching(/^the newest key \([0-9a-f]{8}\)$/),
      data: { cart: { tea: 2, token: "••••••" } },
      now: now + 30,
      created: now,
      used: now,
      idleEnd: now + 600,
      absoluteEnd: now + 3600,
    });
    expect(cookies[0]).toMatchObject({ name: "session", kind: "encrypted", role: "session" });
    expect(text).not.toContain("a-secret-of-the-cart");
    expect(text).not.toContain((await client.cookie("session"))!.slice(4, 40));
  });

  test("in a store: its public name and not its ID", async () => {
    const { browser, sessions } = setUp({ storage: serverSide(new MemoryStore()) });
    const client = browser();
    await client.get("/login");
    const text = await (await client.get("/inspector/state")).text();
    const { session } = JSON.parse(text) as State;
    const id = await client.sessionTransaction(sessions, (own) => own.id);
    expect(session).toMatchObject({ state: "good", user: "ada", id });
    const secret = (await client.cookie("session"))!;
    expect(text).not.toContain(secret.slice(4, 40));
  });

  test("a fallback key is named as such", async () => {
    const before = setUp({ secretKey: OTHER_KEY });
    const client = before.browser();
    await client.get("/write");
    const after = setUp({ secretKey: KEY, secretKeyFallbacks: [OTHER_KEY] }).browser();
    await after.setCookie("session", (await client.cookie("session"))!);
    expect((await stateOf(after)).session).toMatchObject({ key: expect.stringContaining("a fallback key") });
    await after.get("/read");
    expect(await lastOf(after)).toMatchObject({
      setCookies: [{ why: expect.stringContaining("fallback key") }],
    });
  });

  const cases: [string, string, (own: ReturnType<typeof setUp>, value: string) => string][] = [
    [
      "a bad signature",
      "token.bad_mac",
      (_, value) => `${value.slice(0, -20)}${value.at(-20) === "A" ? "B" : "A"}${value.slice(-19)}`,
    ],
    [
      "an unknown key",
      "token.unknown_key",
      (_, value) => `${value.slice(0, 3)}${value[3] === "A" ? "B" : "A"}${value.slice(4)}`,
    ],
    ["a malformed value", "token.malformed", () => "not-a-session"],
    ["one that is too large", "token.too_large", (_, value) => value + "A".repeat(20_000)],
    ["one that is too old", "token.expired", ({ clock }, value) => (clock.move(15 * 24 * 3600), value)],
    ["one of the future", "token.future", ({ clock }, value) => (clock.move(-60), value)],
  ];
  test.each(cases)("%s", async (_, type, change) => {
    const own = setUp();
    const client = own.browser();
    await client.get("/write");
    await stateOf(client);
    const value = change(own, (await client.cookie("session"))!);
    const watch = `hipflask-inspector=${await client.cookie("hipflask-inspector")}`;
    const headers = { Cookie: `${watch}; session=${value}` };
    await client.get("/read", { headers });
    const state = (await (await client.get("/inspector/state", { headers })).json()) as State;
    expect(state.requests[0]).toMatchObject({ read: "none", happenings: [{ type }] });
    expect(state.session).toMatchObject({ state: "refused", happenings: [{ type }] });
  });

  test("one that takes two cookies", async () => {
    const client = setUp({ storage: encryptedCookie({ maxCookies: 2 }) }).browser();
    await client.get("/write");
    await stateOf(client);
    await client.get("/large");
    const { session, cookies } = await stateOf(client);
    expect(session).toMatchObject({ state: "good", format: "hipflask, encrypted" });
    expect(cookies.map(({ name, role, shown }) => [name, role, shown.length])).toEqual([
      ["session", "session", 9],
      ["session.2", "session", 9],
      ["hipflask-inspector", "inspector", 9],
    ]);
    await client.get("/logout");
    expect((await lastOf(client)).setCookies.map(({ name, why }) => [name, why])).toEqual([
      ["session", expect.stringContaining("has ended")],
      ["session.2", expect.stringContaining("does not need")],
    ]);
  });

  test("two genuine cookies of one name", async () => {
    const own = setUp();
    const [one, two] = [own.browser(), own.browser()];
    await one.get("/write");
    await two.get("/write");
    const Cookie = `session=${await one.cookie("session")}; session=${await two.cookie("session")}`;
    const state = (await (await one.get("/inspector/state", { headers: { Cookie } })).json()) as State;
    expect(state.session).toMatchObject({ state: "refused", happenings: [{ type: "cookie.duplicate" }] });
  });

  test("an ID that the store does not know", async () => {
    const client = setUp({ storage: serverSide(new MemoryStore()) }).browser();
    await client.setCookie("session", "A".repeat(43));
    expect((await stateOf(client)).session).toMatchObject({
      state: "refused",
      happenings: [{ type: "sid.unknown" }],
    });
  });
});

describe("the tamper bench", () => {
  async function bench(client: TestClient, json: unknown): Promise<TamperReport> {
    return (await client.post("/inspector/tamper", { json })).json() as Promise<TamperReport>;
  }

  test("each part of an encrypted cookie is watched over", async () => {
    const client = setUp().browser();
    await client.get("/write");
    const { parts } = (await stateOf(client)).session;
    const found = [];
    for (const { name, start } of parts) {
      const { part, accepted, happenings } = await bench(client, { kind: "flip", at: start });
      expect({ part, accepted }).toEqual({ part: name, accepted: false });
      found.push([name, happenings[0]!.type]);
    }
    expect(found).toEqual([
      ["version", "token.malformed"],
      ["key ID", "token.unknown_key"],
      ["nonce", "token.bad_mac"],
      ["ciphertext", "token.bad_mac"],
      ["tag", "token.bad_mac"],
    ]);
    expect(await bench(client, { kind: "cut" })).toMatchObject({ accepted: false });
    expect(await bench(client, { kind: "grow" })).toMatchObject({
      happenings: [{ type: "token.too_large" }],
    });
    expect((await stateOf(client)).session.state).toBe("good");
  });

  test("each part of a signed one", async () => {
    const client = setUp({ storage: signedCookie() }).browser();
    await client.get("/write");
    const { parts } = (await stateOf(client)).session;
    expect(parts.map(({ name }) => name)).toEqual(["payload", "time", "signature"]);
    for (const at of parts.flatMap(({ start, end }) => [start, end - 1])) {
      const report = await bench(client, { kind: "flip", at });
      expect(report).toMatchObject({ accepted: false, happenings: [{ type: "token.bad_mac" }] });
    }
  });

  test.each([
    undefined,
    {},
    { kind: "flip" },
    { kind: "flip", at: -1 },
    { kind: "flip", at: "0" },
    { kind: "steal" },
  ])("%j is no tampering", async (json) => {
    const client = setUp().browser();
    await client.get("/write");
    expect((await client.post("/inspector/tamper", { json })).status).toBe(400);
  });

  test("without a session cookie there is nothing to change", async () => {
    expect(
      (
        await setUp()
          .browser()
          .post("/inspector/tamper", { json: { kind: "cut" } })
      ).status,
    ).toBe(400);
  });
});

describe("why not", () => {
  async function ask(header: string, url = "https://shop.example/", page = ""): Promise<VerdictReport> {
    const reply = await setUp().browser().post("/inspector/verdict", { json: { header, url, page } });
    return reply.json() as Promise<VerdictReport>;
  }

  test("a Set-Cookie that is dropped, and one that is kept with where it is sent", async () => {
    const dropped = await ask("Set-Cookie: id=1; SameSite=None");
    expect(dropped).toMatchObject({ kind: "set-cookie", ok: false, findings: [{ level: "refused" }] });
    const kept = await ask("id=1; Secure; SameSite=Lax; Path=/");
    expect(kept).toMatchObject({ ok: true, sentence: "Browsers keep this cookie." });
    expect(kept.sendings.map(({ sent }) => sent)).toEqual([true, true, false, false]);
  });

  test("what another site's page embeds", async () => {
    const page = "https://news.example/";
    const lax = await ask("id=1; Secure; SameSite=Lax", "https://shop.example/", page);
    expect(lax.findings[0]).toMatchObject({ code: "same-site-set", level: "refused" });
    const chips = await ask("id=1; Secure; SameSite=None; Partitioned", "https://shop.example/", page);
    expect(chips.sendings.map(({ situation, sent }) => [situation, sent])).toEqual([
      ["a click within the site", false],
      ["a link on a page of https://news.example", false],
      ["a form that a page of https://news.example posts", false],
      ["an image, a frame or a fetch in a page of https://news.example", true],
    ]);
  });

  test("a Cookie header", async () => {
    expect(await ask("Cookie: a=1; b=2")).toMatchObject({
      kind: "cookie",
      cookies: [{ name: "a" }, { name: "b" }],
    });
  });

  test.each([
    ["no text", 1, "https://x.example/"],
    ["too long", "a".repeat(40_000), "https://x.example/"],
    ["of no web page", "a=1", "ftp://x.example/"],
    ["of nowhere", "a=1", "nowhere"],
    ["in no page", "a=1", "https://x.example/", "nowhere"],
  ])("a header %s is no question", async (_, header, url, page = "") => {
    const reply = await setUp().browser().post("/inspector/verdict", { json: { header, url, page } });
    expect(reply.status).toBe(400);
  });
});
