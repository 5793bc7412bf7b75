import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { svelteKitSessions } from "../../src/adapters/sveltekit.ts";
import { cookies } from "../../src/cookie/index.ts";
import { createLogin } from "../../src/login/index.ts";
import type { SessionManager } from "../../src/session/index.ts";
import { breakable } from "../../src/testing/adapters/broken-store.ts";
import { newSession, signed } from "../../src/testing/adapters/storages.ts";
import { TestClient } from "../../src/testing/index.ts";
import { listenerWith } from "../app/frameworks.ts";
import { quiet } from "../http/quiet.ts";
import { listen, onNode } from "../support/client.ts";
import { newerNode } from "./build.ts";
import { describeExample, describeFramework, frameworkSuite } from "./framework-suite.ts";

frameworkSuite("sveltekit", {
  capabilities: { ownsStatus500: true },
  runtime: onNode("a Node that it knows", newerNode),
});

describeExample("sveltekit", "the example for SvelteKit", (start) => {
  /** A form as a browser sends it; adapter-node takes every request for one over https, unless it is told otherwise. */
  async function submit(client: TestClient, origin: string, action: string): Promise<Response> {
    return client.post(`/?/${action}`, {
      body: new URLSearchParams({ user: "ada" }),
      headers: { Origin: origin.replace("http:", "https:"), Accept: "text/html" },
    });
  }

  test("logs in and out by forms, and the redirect's target sees it", async () => {
    const { client, origin } = await start();
    expect(await (await client.get("/")).text()).toContain("Hello, stranger");
    const login = await submit(client, origin, "login");
    expect([login.status, login.headers.get("Location")]).toEqual([303, "/"]);
    const page = await client.get("/");
    expect([page.headers.get("Cache-Control"), page.headers.get("Vary")]).toEqual(["no-store", "Cookie"]);
    const html = await page.text();
    for (const text of ["Hello, ada", "Welcome back", "visits: 2"]) expect(html).toContain(text);
    expect(await (await client.get("/")).text()).not.toContain("Welcome back");
    await submit(client, origin, "logout");
    expect(await (await client.get("/")).text()).toContain("Hello, stranger");
  });

  test("gives the page's data to SvelteKit's own script, and counts it as a visit", async () => {
    const { client } = await start();
    await client.get("/");
    const reply = await client.get("/__data.json");
    expect(reply.headers.getSetCookie()).toHaveLength(1);
    expect(JSON.stringify(await reply.json())).toContain('"visits"');
    expect(await (await client.get("/")).text()).toContain("visits: 3");
  });

  test("has an error page, without a cookie, and answers HEAD", async () => {
    const { client } = await start();
    const missing = await client.get("/nowhere");
    expect([missing.status, missing.headers.getSetCookie()]).toEqual([404, []]);
    expect(await missing.text()).toContain("Not Found");
    const head = await client.head("/");
    expect([head.status, await head.text(), head.headers.getSetCookie().length]).toEqual([200, "", 1]);
  });
});

/** What of SvelteKit's event the tests use. */
interface Event {
  readonly request: Request;
  readonly cookies: { set(name: string, value: string, options: { path: string }): void };
}

describeFramework("sveltekit", "in SvelteKit", () => {
  quiet();

  async function visit(
    sessions: SessionManager<any>,
    parts: {
      answer?(event: Event): Promise<Response>;
      load?(event: Event): Promise<object>;
      handle?: unknown;
    },
  ): Promise<TestClient> {
    const listener = listenerWith("sveltekit", { handle: svelteKitSessions(sessions), ...parts });
    const { origin, close } = await listen(createServer(listener));
    onTestFinished(close);
    return new TestClient(origin);
  }

  test("its own cookies go beside ours, also with the 304 that it makes of an ETag", async () => {
    const sessions = signed.sessions();
    const client = await visit(sessions, {
      async answer(event) {
        (await sessions.get(event)).data.n = 1;
        cookies(event).set("theme", "dark");
        event.cookies.set("own", "1", { path: "/" });
        return new Response("text", { headers: { ETag: '"e"' } });
      },
    });
    for (const [status, headers] of [
      [200, {}],
      [304, { "If-None-Match": '"e"', Cookie: "a=b" }],
    ] as const) {
      const reply = await client.get("/", { headers });
      const names = reply.headers.getSetCookie().map((header) => header.split("=", 1)[0]);
      expect([reply.status, names.toSorted()]).toEqual([status, ["own", "session", "theme"]]);
      expect([reply.headers.get("Vary"), reply.headers.get("Cache-Control")]).toEqual(["Cookie", "no-store"]);
    }
  });

  test("what was written before the redirect of a hook behind ours is kept", async () => {
    const sessions = signed.sessions();
    const ours = svelteKitSessions(sessions);
    type Input = Parameters<typeof ours>[0];
    const handle = ({ event, resolve }: Input, kit: { redirect(status: number, to: string): never }) =>
      ours({
        event,
        async resolve() {
          if (event.url.pathname === "/login") return resolve(event);
          (await sessions.get(event)).flash("Log in: “ä;=”");
          cookies(event).set("theme", "dark", { maxAge: 60 });
          return kit.redirect(302, "/login");
        },
      });
    const client = await visit(sessions, {
      handle,
      answer: async (event) => Response.json((await sessions.get(event)).flashes()),
    });
    const reply = await client.get("/account");
    expect([reply.status, reply.headers.get("Location")]).toEqual([302, "/login"]);
    expect(reply.headers.getSetCookie().toSorted()).toEqual([
      expect.stringMatching(/^session=.*; Path=\//),
      expect.stringMatching(/^theme=dark; Max-Age=60; Path=\//),
    ]);
    expect(await (await client.get("/login")).json()).toEqual([
      { category: "message", message: "Log in: “ä;=”" },
    ]);
  });

  test("a guard notes the page, also where SvelteKit's own script asks for its data", async () => {
    const sessions = signed.sessions();
    const auth = createLogin(sessions, { loadUser: (id) => ({ id }), loginView: "/login" });
    const client = await visit(sessions, {
      load: async (event) => ({ text: String((await auth.unauthorized(event)).location) }),
    });
    for (const path of ["/under-test?a=1", "/under-test/__data.json?a=1&x-sveltekit-invalidated=01"])
      expect(await (await client.get(path)).text()).toContain("/login?next=%2Funder-test%3Fa%3D1");
  });

  test("a load function that finds the store down is answered with 503, or as its own script wants it", async () => {
    const store = breakable();
    const client = await visit(store.sessions, {
      load: async (event) => ({ text: `n=${(await store.sessions.get(event)).data["n"]}` }),
    });
    await client.setCookie("session", await newSession(store.sessions, { n: 1 }));
    expect(await (await client.get("/under-test")).text()).toContain("n=1");
    store.broken = ["load"];
    const page = await client.get("/under-test");
    expect([page.status, page.headers.getSetCookie()]).toEqual([503, []]);
    // Its own script expects 200, and shows the error page.
    const data = await client.get("/under-test/__data.json");
    expect([data.status, data.headers.getSetCookie()]).toEqual([200, []]);
    expect(await data.text()).toContain('"type":"error"');
  });
});
