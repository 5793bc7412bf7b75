import { once } from "node:events";
import { createServer, request as httpRequest, type ServerResponse } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { cookies, DataError, HeadersSentError, type SessionManager, TooLargeError } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { overHttp, overHttp2, type Reply } from "../../src/testing/adapters/send.ts";
import { listen } from "../support/client.ts";
import { noise } from "../../src/testing/adapters/handlers.ts";
import { signed, slow, stored } from "../../src/testing/adapters/storages.ts";

type Handler = (response: ServerResponse, sessions: SessionManager, request: object) => unknown;

const PROTOCOLS = ["http1", "http2"] as const;
const KINDS = PROTOCOLS.flatMap((protocol) =>
  [signed, stored, slow].map((storage) => ({ protocol, storage })),
);

describe.each(KINDS)("nodeSessions over $protocol with $storage.name", ({ protocol, storage }) => {
  const unstorable = storage.isStored ? () => 1 : noise(5000);

  /** Serves a handler, with sessions around it or without; where it listens. */
  async function serve(handler: Handler, sessions: SessionManager, isWrapped = true): Promise<string> {
    const bare = (request: any, response: any): unknown => handler(response, sessions, request);
    const listener = isWrapped ? nodeSessions(sessions, bare) : bare;
    const { origin, close } = await listen(
      protocol === "http1" ? createServer(listener) : createHttp2Server(listener),
    );
    onTestFinished(close);
    return origin;
  }

  async function ask(handler: Handler, { isWrapped = true } = {}): Promise<Reply> {
    const origin = await serve(handler, storage.sessions(), isWrapped);
    return (protocol === "http1" ? overHttp(origin) : overHttp2(origin))("/");
  }

  const utf8 = { "Content-Type": "text/plain" };
  const ways: Record<string, (response: ServerResponse) => unknown> = {
    "end()": (response) => response.end(),
    "end(text)": (response) => response.end("text"),
    "end twice": (response) => response.end("once").end(),
    "end with a callback": (response) => response.end("text", () => undefined),
    "write, then end": (response) => {
      response.write("one ");
      response.write("two ");
      response.end("three");
    },
    "a pipeline": (response) => pipeline(Readable.from([Buffer.from("one "), Buffer.from("two")]), response),
    flushHeaders: (response) => {
      response.setHeader("X-Own", "1");
      response.flushHeaders();
      response.end("text");
    },
    "a status of its own": (response) => {
      response.statusCode = 202;
      response.end("text");
    },
    "writeHead(status)": (response) => response.writeHead(201).end("text"),
    "writeHead with a reason": (response) => response.writeHead(203, "Fine").end("text"),
    "writeHead with a reason and headers": (response) => response.writeHead(203, "Fine", utf8).end("text"),
    "writeHead with undefined and headers": (response) =>
      response.writeHead(203, undefined, utf8).end("text"),
    "writeHead with an object": (response) =>
      response.writeHead(200, { ...utf8, "Set-Cookie": "a=1", "X-Number": 5 }).end(),
    "writeHead with lists in an object": (response) =>
      response.writeHead(200, { "Set-Cookie": ["a=1", "b=2"], "X-Two": ["1", "2"] }).end(),
    "writeHead with a flat list": (response) =>
      response.writeHead(200, ["Set-Cookie", "a=1", "X-Own", "1"]).end("text"),
    "writeHead with a flat list that repeats a name": (response) =>
      response
        .writeHead(200, ["Set-Cookie", "a=1", "X-Two", "1", "Set-Cookie", "b=2", "X-Two", "2"])
        .end("text"),
    "setHeader with a cookie": (response) => set(response, "Set-Cookie", "a=1").end("text"),
    "setHeader with cookies": (response) => set(response, "Set-Cookie", ["a=1", "b=2"]).end("text"),
    appendHeader: (response) => {
      response.appendHeader("Set-Cookie", "a=1");
      response.appendHeader("Set-Cookie", "b=2");
      response.end("text");
    },
    "setHeader and writeHead with other headers": (response) =>
      set(response, "X-Own", "1").writeHead(200, utf8).end(),
    "setHeader and writeHead with the same": (response) =>
      set(set(response, "Set-Cookie", "a=1"), "X-Own", "1")
        .writeHead(200, { "Set-Cookie": "b=2", "x-own": "2" })
        .end(),
    "setHeader and writeHead with the same in a flat list": (response) =>
      set(set(response, "Set-Cookie", "a=1"), "X-Own", "1")
        .writeHead(200, ["Set-Cookie", "b=2", "x-own", "2"])
        .end(),
    "setHeader with a length": (response) => set(response, "Content-Length", "4").end("text"),
    "writeHead with a length": (response) =>
      response.writeHead(200, { "Content-Length": "4", "X-Own": "1" }).end("text"),
    "no date": (response) => {
      response.sendDate = false;
      response.end("text");
    },
    "304": (response) => response.writeHead(304, { ETag: '"e"' }).end(),
    "204": (response) => response.writeHead(204).end(),
  };
  if (protocol === "http1") {
    ways["writeHead with pairs"] = (response) =>
      response
        .writeHead(200, [
          ["Set-Cookie", "a=1"],
          ["X-Own", "1"],
          ["Set-Cookie", "b=2"],
        ] as never)
        .end();
    ways["setHeaders"] = (response) => response.setHeaders(new Map([["X-Own", "1"]])).end("text");
    ways["trailers"] = (response) => {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("text");
      response.addTrailers({ "X-Sum": "1" });
      response.end();
    };
  }

  test.each(Object.entries(ways))("leaves the application's own headers as they are: %s", async (_, way) => {
    const plain = await ask(way, { isWrapped: false });
    const wrapped = await ask(async (response, sessions, request) => {
      (await sessions.get(request)).data["n"] = 1;
      await way(response);
    });
    expect(wrapped.cookies("session")).toHaveLength(1);
    expect(own(wrapped).toSorted(byName)).toEqual(own(plain).toSorted(byName));
    expect([wrapped.status, wrapped.text]).toEqual([plain.status, plain.text]);
    expect([wrapped.header("vary"), wrapped.header("cache-control")]).toEqual(["Cookie", "no-store"]);

    const untouched = await ask(way);
    expect(untouched.headers.map(dateless)).toEqual(plain.headers.map(dateless));
  });

  test("reads Vary and Cache-Control wherever the application has put them", async () => {
    const places: ((response: ServerResponse) => ServerResponse)[] = [
      (response) =>
        set(set(response, "Vary", ["Accept", "Origin"]), "Cache-Control", "private").writeHead(200),
      (response) => response.writeHead(200, { VARY: "Accept, Origin", "CACHE-CONTROL": "private" }),
      (response) => response.writeHead(200, ["vary", "Accept, Origin", "cache-control", "private"]),
      (response) =>
        set(response, "Vary", "X").writeHead(200, "OK", {
          vary: "Accept, Origin",
          "cache-control": "private",
        }),
    ];
    for (const place of places) {
      const reply = await ask(async (response, sessions, request) => {
        (await sessions.get(request)).data["n"] = 1;
        place(response).end();
      });
      expect([reply.header("vary"), reply.header("cache-control")]).toEqual([
        "Accept, Origin, Cookie",
        "private",
      ]);
    }
  });

  test.each<[string, (response: ServerResponse) => unknown]>([
    ["end()", (response) => response.end()],
    ["end(text)", (response) => response.end("a text of another length than the error's")],
    ["write(text)", (response) => response.write("text")],
    [
      "writeHead",
      (response) => response.writeHead(200, { "Content-Length": "4", "Cache-Control": "public" }),
    ],
    ["flushHeaders", (response) => response.flushHeaders()],
  ])("%s throws for a session that cannot be stored, and another answer can be given", async (_, way) => {
    let thrown: unknown;
    const reply = await ask(async (response, sessions, request) => {
      (await sessions.get(request)).data["cart"] = unstorable;
      try {
        way(response);
      } catch (error) {
        thrown = error;
        response.writeHead(413, utf8);
        response.end("too large");
      }
    });
    expect(thrown).toBeInstanceOf(storage.isStored ? DataError : TooLargeError);
    expect([reply.status, reply.text, reply.setCookies]).toEqual([413, "too large", []]);
    expect(reply.header("cache-control")).toBeUndefined();
  });

  test("sends each of several cookies where a header was set and taken away before", async () => {
    const reply = await ask(async (response, sessions, request) => {
      (await sessions.get(request)).data["n"] = 1;
      for (const name of ["theme", "lang"]) cookies(request).set(name, "x");
      response.setHeader("X-Own", "1");
      response.removeHeader("X-Own");
      response.writeHead(200, { "Content-Type": "text/plain" }).end();
    });
    expect(["theme", "lang", "session"].map((name) => reply.cookies(name).length)).toEqual([1, 1, 1]);
  });

  test("a header that Node refuses does not cost the session", async () => {
    const reply = await ask(async (response, sessions, request) => {
      (await sessions.get(request)).data["n"] = 1;
      try {
        response.writeHead(200, { "bad name": "1" });
      } catch {
        response.writeHead(500, utf8);
        response.end("failed");
      }
    });
    expect([reply.status, reply.text, reply.cookies("session").length]).toEqual([500, "failed", 1]);
  });

  test("a status that Node refuses does not cost the session, nor set its cookie twice", async () => {
    const reply = await ask(async (response, sessions, request) => {
      (await sessions.get(request)).data["n"] = 1;
      response.setHeader("X-Own", "1");
      try {
        response.writeHead(99_999);
      } catch {
        response.writeHead(500, utf8).end("failed");
      }
    });
    expect([reply.status, reply.text, reply.cookies("session").length]).toEqual([500, "failed", 1]);
  });

  test("early hints are not the headers: what is written after them still goes out", async () => {
    const origin = await serve(async (response, sessions, request) => {
      const session = await sessions.get(request);
      response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      session.data["n"] = 1;
      response.end("text");
    }, storage.sessions());
    const { hints, setCookies } =
      protocol === "http1" ? await hintsOverHttp(origin) : await hintsOverHttp2(origin);
    expect(hints).toEqual(["</style.css>; rel=preload; as=style"]);
    expect(setCookies).toEqual([expect.stringMatching(/^session=/)]);
  });

  test.each<[string, (response: ServerResponse) => unknown]>([
    ["writeHead", (response) => response.writeHead(200)],
    ["flushHeaders", (response) => response.flushHeaders()],
    ["a first write", (response) => response.write("first ")],
    ["end", (response) => response.end("first ")],
  ])("a change after %s is a typed error", async (_, way) => {
    const errors: unknown[] = [];
    const reply = await ask(async (response, sessions, request) => {
      const session = await sessions.get(request);
      session.data["early"] = true;
      way(response);
      try {
        session.data["late"] = true;
      } catch (error) {
        errors.push(error);
      }
      response.end();
    });
    expect(reply.cookies("session")).toHaveLength(1);
    expect(errors).toEqual([expect.any(HeadersSentError)]);
  });
});

/** The headers of a reply that are not the session's doing. */
function own(reply: Reply): (readonly [string, string])[] {
  const isOurs = ([name, value]: readonly [string, string]): boolean =>
    /^(vary|cache-control)$/i.test(name) || (/^set-cookie$/i.test(name) && value.startsWith("session="));
  return reply.headers.filter((header) => !isOurs(header)).map(dateless);
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : Number(a.toLowerCase() !== b.toLowerCase());
}

/** Over HTTP/2 `setHeader` returns nothing. */
function set(response: ServerResponse, name: string, value: string | string[]): ServerResponse {
  response.setHeader(name, value);
  return response;
}

function dateless([name, value]: readonly [string, string]): readonly [string, string] {
  return /^date$/i.test(name) ? [name, "now"] : [name, value];
}

interface Hinted {
  readonly hints: unknown[];
  readonly setCookies: unknown;
}

async function hintsOverHttp(origin: string): Promise<Hinted> {
  const hints: unknown[] = [];
  const request = httpRequest(origin, { agent: false });
  request.on("information", ({ headers }) => hints.push(headers["link"])).end();
  const [response] = await once(request, "response");
  response.resume();
  return { hints, setCookies: response.headers["set-cookie"] };
}

async function hintsOverHttp2(origin: string): Promise<Hinted> {
  const hints: unknown[] = [];
  const session = connect(origin);
  const stream = session.request({ ":path": "/" }).on("headers", (headers) => hints.push(headers["link"]));
  const [headers] = await once(stream, "response");
  stream.resume();
  await once(stream, "close");
  session.close();
  return { hints, setCookies: headers["set-cookie"] };
}
