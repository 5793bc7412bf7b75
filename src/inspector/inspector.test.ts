import { describe, expect, test } from "vitest";
import { HERE, lastOf, setUp, stateOf } from "../../test/support/inspected.ts";
import { memoryInUse } from "../../test/support/memory-in-use.ts";
import { inProduction } from "../../test/support/production.ts";
import { ConfigError } from "../errors.ts";
import { createSessions, serverSide } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { inspector } from "./inspector.ts";
import type { State } from "./report.ts";

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

  test("whoever asks for a page's headers alone gets those of the page", async () => {
    const client = setUp().browser();
    const head = (path: string) => client.fetch(`/inspector${path}`, { method: "HEAD" });
    for (const path of ["/", "/script.js", "/style.css", "/state"])
      expect((await head(path)).status).toBe(200);
    for (const path of ["/live", "/tamper", "/nothing"]) expect((await head(path)).status).toBe(404);
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

  test("one that keeps no cookie, and asks again and again, takes nobody's place either", async () => {
    const { browser } = setUp();
    const kept = browser();
    await stateOf(kept);
    await kept.get("/read");
    for (let i = 0; i < 101; i++) await stateOf(browser());
    expect((await stateOf(kept)).requests).toHaveLength(1);
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
    const before = memoryInUse();
    for (let i = 0; i < 50; i++) await client.get("/read");
    expect((await stateOf(client)).requests).toHaveLength(50);
    // Each of them had a session of a megabyte.
    expect(memoryInUse() - before).toBeLessThan(10_000_000);
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
