import type { ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { streamText } from "hono/streaming";
import { createSessions, HeadersSentError, serverSide, type SessionManager, StoreError } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { MemoryStore } from "hipflask/stores/memory";
import { cookieFor } from "hipflask/testing";
import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { overFetch, overHttp, type Send } from "../../src/testing/adapters/send.ts";
import { listen } from "../support/client.ts";
import { intercepted, newSession, signed, slow, stored } from "../../src/testing/adapters/storages.ts";
import { keepGlobals } from "./subjects.ts";

const PLACES = ["on Node", "without Node"] as const;
const KINDS = PLACES.flatMap((place) => [signed, stored, slow].map((storage) => ({ place, storage })));

describe.each(KINDS)("honoSessions $place with $storage.name", ({ place, storage }) => {
  async function serve(hono: Hono): Promise<Send> {
    if (place === "without Node") return overFetch((request) => hono.request(request));
    keepGlobals();
    const { origin, close } = await listen(createServer(getRequestListener(hono.fetch)));
    onTestFinished(close);
    return overHttp(origin);
  }

  /** Sessions, and a route that writes to the session before it answers. */
  function writing(
    answer: (c: Context) => Response | Promise<Response>,
    sessions: SessionManager = storage.sessions(),
  ): Hono {
    const hono = new Hono();
    hono.use(honoSessions(sessions));
    hono.get("/", async (c) => {
      (await sessions.get(c)).data["n"] = 1;
      return answer(c);
    });
    return hono;
  }

  const ways: Record<
    string,
    [status: number, text: string, way: (c: Context) => Response | Promise<Response>]
  > = {
    "c.json": [200, '{"a":1}', (c) => c.json({ a: 1 })],
    "c.text with a status and headers": [201, "text", (c) => c.text("text", 201, { "X-Own": "1" })],
    "c.html": [200, "<p>", (c) => c.html("<p>")],
    "c.body with nothing": [204, "", (c) => c.body(null, 204)],
    "c.redirect": [302, "", (c) => c.redirect("/target")],
    "c.notFound": [404, "404 Not Found", (c) => c.notFound() as Response],
    "c.body with a stream": [200, "text", (c) => c.body(new Blob(["text"]).stream())],
    "a Response": [202, "text", () => new Response("text", { status: 202 })],
    "an HTTPException": [
      401,
      "Who are you?",
      () => {
        throw new HTTPException(401, { message: "Who are you?" });
      },
    ],
  };

  test.each(Object.entries(ways))("writes the session with %s", async (_, [status, text, way]) => {
    const reply = await (await serve(writing(way)))("/");
    expect([reply.status, reply.text, reply.cookies("session").length]).toEqual([status, text, 1]);
    expect([reply.header("vary"), reply.header("cache-control")]).toEqual(["Cookie", "no-store"]);
  });

  test("keeps the cookies and headers that the application sets in every way that Hono has", async () => {
    const hono = writing((c) => {
      c.header("Set-Cookie", "a=1");
      c.header("Set-Cookie", "b=2", { append: true });
      c.header("Vary", "Accept");
      return c.json({}, 200, { "X-Own": "1", "Cache-Control": "private" });
    });
    const reply = await (await serve(hono))("/");
    expect(reply.setCookies).toEqual(["a=1", "b=2", expect.stringMatching(/^session=/)]);
    expect(["vary", "x-own", "cache-control"].map((name) => reply.header(name))).toEqual([
      "Accept, Cookie",
      "1",
      "private",
    ]);
  });

  test("puts nobody's cookies on a response that the application gives to everybody", async () => {
    const noContent = new Response(null, { status: 204 });
    const send = await serve(writing(() => noContent));
    for (const reply of [await send("/"), await send("/")]) expect(reply.cookies("session")).toHaveLength(1);
    expect([...noContent.headers]).toEqual([]);
  });

  test("goes together with middleware around it that sets headers", async () => {
    const hono = new Hono();
    hono.use(cors({ origin: "http://app.example", credentials: true }), secureHeaders());
    hono.route(
      "/",
      writing((c) => c.text("text")),
    );
    const reply = await (await serve(hono))("/", { headers: [["origin", "http://app.example"]] });
    expect(reply.cookies("session")).toHaveLength(1);
    expect(reply.header("vary")).toMatch(/\bCookie\b/);
    expect(reply.header("access-control-allow-origin")).toBe("http://app.example");
    expect(reply.header("x-content-type-options")).toBe("nosniff");
  });

  test("answers a session that cannot be stored as app.onError says", async () => {
    const sessions = storage.sessions();
    const hono = new Hono();
    hono.use(honoSessions(sessions));
    hono.get("/", async (c) => {
      (await sessions.get(c)).data["f"] = () => 1;
      return c.text("text", 200, { "Cache-Control": "public, max-age=3600", "Content-Encoding": "identity" });
    });
    hono.onError((error, c) => c.text(error.name, 400));
    const reply = await (await serve(hono))("/");
    expect([reply.status, reply.text, reply.setCookies]).toEqual([400, "DataError", []]);
    expect([reply.header("cache-control"), reply.header("content-encoding")]).toEqual([undefined, undefined]);
  });

  test.each(["read", "written"])("leaves a session that cannot be %s to app.onError", async (what) => {
    const broken = what === "read" ? "load" : "save";
    let isBroken = false;
    const store = intercepted(new MemoryStore(), (operation) =>
      isBroken && operation === broken ? Promise.reject(new Error("the store is down")) : undefined,
    );
    const sessions = createSessions({ storage: serverSide(store) });
    const hono = new Hono();
    hono.use(honoSessions(sessions));
    hono.get("/", async (c) => {
      const session = await sessions.get(c);
      session.data["n"] = 1;
      await session.update((data) => void (data["n"] = 2));
      return c.text("done");
    });
    hono.onError((error, c) =>
      error instanceof StoreError ? c.json({ error: error.code }, 503) : c.text("other", 500),
    );
    const send = await serve(hono);
    const cookie = await newSession(sessions);
    isBroken = true;
    const reply = await send("/", { headers: [["cookie", `session=${cookie}`]] });
    expect([reply.status, reply.text]).toEqual([503, '{"error":"STORE_UNAVAILABLE"}']);
    expect(reply.setCookies).toEqual([]);
  });

  test("refuses what Hono's streaming callback writes too late", async () => {
    const sessions = storage.sessions();
    let late: unknown;
    const hono = writing(
      (c) =>
        streamText(c, async (stream) => {
          await stream.write("first ");
          await stream.sleep(5);
          try {
            (await sessions.get(c)).data["late"] = true;
          } catch (error) {
            late = error;
          }
          await stream.write("last");
        }),
      sessions,
    );
    const reply = await (await serve(hono))("/");
    expect([reply.text, reply.cookies("session").length]).toEqual(["first last", 1]);
    expect(late).toBeInstanceOf(HeadersSentError);
  });

  if (place === "without Node") return;

  test("writes the session when the handler answers on Node's own response", async () => {
    const hono = writing((c) => {
      (c.env as { outgoing: ServerResponse }).outgoing.writeHead(200, { "X-Own": "1" }).end("text");
      return RESPONSE_ALREADY_SENT;
    });
    const reply = await (await serve(hono))("/");
    expect([reply.text, reply.header("x-own"), reply.cookies("session").length]).toEqual(["text", "1", 1]);
  });
});

test("honoSessions takes a request without a host, which has its path alone for a URL with Bun", async () => {
  const sessions = stored.sessions();
  const hono = new Hono().use(honoSessions(sessions));
  hono.get("/", async (c) => c.json([(await sessions.get(c)).data, sessions.exchangeOf(c)!.request.host]));
  const cookie = await cookieFor(sessions, { n: 1 }, { url: "https://example.com" });
  const request = new Request("http://localhost/", { headers: { cookie } });
  Object.defineProperty(request, "url", { value: "/" });
  expect(await (await hono.fetch(request)).json()).toEqual([{ n: 1 }, null]);
});
