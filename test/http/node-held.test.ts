import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createSessions, HeadersSentError, serverSide, type SessionManager, StoreError } from "hipflask";
import { nodeSessions } from "hipflask/adapters/node";
import { MemoryStore } from "hipflask/stores/memory";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { overHttp, overHttp2, type Reply, type Send } from "../../src/testing/adapters/send.ts";
import { listen } from "../support/client.ts";
import { eventsOf, failureOf } from "../../src/testing/adapters/watching.ts";
import { intercepted, newSession } from "../../src/testing/adapters/storages.ts";

type Handler = (response: ServerResponse, request: IncomingMessage, sessions: SessionManager) => unknown;

/** What Node says to a client whose answer is not whole. */
const CUT_OFF = /socket hang up|aborted|Stream closed with error code/;

let unhandled: unknown[];
beforeEach(() => {
  unhandled = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note).on("uncaughtException", note);
  onTestFinished(async () => {
    await sleep(5);
    process.off("unhandledRejection", note).off("uncaughtException", note);
    if (unhandled.length > 0)
      throw new Error("Something was thrown and caught by nobody.", { cause: unhandled });
  });
});

describe.each(["http1", "http2"] as const)("a response over %s that waits for the store", (protocol) => {
  /** A store that takes its time to keep something, or fails to. */
  function waiting(ms = 30, isBroken: () => boolean = () => false): SessionManager {
    const store = intercepted(new MemoryStore(), async (operation) => {
      if (operation === "load") return;
      await sleep(ms);
      if (isBroken()) throw new Error("the store is down");
    });
    return createSessions({ storage: serverSide(store) });
  }

  const failing = () => waiting(10, () => true);

  async function serve(handler: Handler, sessions: SessionManager): Promise<{ origin: string; send: Send }> {
    const listener: any = nodeSessions(sessions, async (request: any, response: any) => {
      (await sessions.get(request)).data["n"] = 1;
      await handler(response, request, sessions);
    });
    const server = protocol === "http1" ? createServer(listener) : createHttp2Server(listener);
    const { origin, close } = await listen(server);
    onTestFinished(close);
    return { origin, send: protocol === "http1" ? overHttp(origin) : overHttp2(origin) };
  }

  async function ask(handler: Handler, sessions = waiting()): Promise<Reply> {
    return (await serve(handler, sessions)).send("/");
  }

  test("writes its headers when they are flushed, so that what compresses it knows in time", async () => {
    const reply = await ask((response) => {
      let isShouting = false;
      const { writeHead, write } = response;
      response.writeHead = (...args: any[]) => {
        isShouting = true;
        response.setHeader("x-encoding", "loud");
        return (writeHead as any).apply(response, args);
      };
      response.write = (text: string) => write.call(response, isShouting ? text.toUpperCase() : text, "utf8");
      response.flushHeaders();
      response.write("hello");
      response.end();
    });
    expect([reply.header("x-encoding"), reply.text]).toEqual(["loud", "HELLO"]);
    expect(reply.setCookies).toHaveLength(1);
  });

  test("looks sent to the application, and then is", async () => {
    const looks: Record<string, unknown>[] = [];
    const codes: unknown[] = [];
    const happened: string[] = [];
    const reply = await ask(async (response) => {
      const look = () => {
        const { headersSent, writableEnded, finished, writableFinished } = response;
        looks.push({ headersSent, writableEnded, finished, writableFinished });
      };
      response.on("finish", () => happened.push("finish"));
      response.on("close", () => happened.push("close"));
      look();
      response.statusCode = 201;
      response.setHeader("X-Own", "1");
      expect(response.write("one ", () => happened.push("one"))).toBe(false);
      look();
      const changes = [
        () => response.setHeader("X-Own", "2"),
        () => response.removeHeader("X-Own"),
        () => response.appendHeader("X-Own", "2"),
        () => response.writeHead(500),
      ];
      for (const change of changes) codes.push(((await failureOf(change)) as { code: string }).code);
      response.statusCode = 500;
      response.end("two", () => happened.push("end"));
      look();
      await sleep(60);
      look();
      expect(response.statusCode).toBe(201);
    });
    expect([reply.status, reply.text, reply.header("x-own")]).toEqual([201, "one two", "1"]);
    await expect.poll(() => looks.length).toBe(4);
    expect(looks).toEqual([
      { headersSent: false, writableEnded: false, finished: false, writableFinished: false },
      { headersSent: true, writableEnded: false, finished: false, writableFinished: false },
      { headersSent: true, writableEnded: true, finished: true, writableFinished: false },
      { headersSent: true, writableEnded: true, finished: true, writableFinished: true },
    ]);
    expect(new Set(codes)).toEqual(new Set(["ERR_HTTP_HEADERS_SENT"]));
    expect(happened.toSorted()).toEqual(["close", "end", "finish", "one"]);
  });

  test("leaves nothing of itself on the response", async () => {
    const names: string[][] = [];
    await ask(async (response) => {
      names.push(Object.getOwnPropertyNames(response));
      response.end("text");
      await sleep(60);
      names.push(Object.getOwnPropertyNames(response));
    });
    await expect.poll(() => names.length).toBe(2);
    const added = names[1]!.filter((name) => !names[0]!.includes(name));
    // Node's own, in HTTP/1.
    expect(added.filter((name) => !["statusCode", "statusMessage", "_sent100"].includes(name))).toEqual([]);
  });

  test("throws at once what Node throws for what cannot be sent, and can be answered otherwise", async () => {
    const codes: unknown[] = [];
    const reply = await ask(async (response) => {
      const attempts = [
        () => response.writeHead(99_999),
        () => response.writeHead(200, { "Content-Length": "3", "bad name": "1" }),
        () => response.write(5 as never),
        () => response.end({} as never),
      ];
      for (const attempt of attempts) codes.push(((await failureOf(attempt)) as { code: string }).code);
      expect(response.headersSent).toBe(false);
      response.writeHead(500, { "Content-Type": "text/plain" }).end("another answer");
    });
    expect([reply.status, reply.text, reply.cookies("session").length]).toEqual([500, "another answer", 1]);
    expect(codes).toHaveLength(4);
    for (const code of codes) expect(code).toMatch(/^ERR_/);
  });

  test("takes megabytes from a pipeline no faster than the client reads", async () => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    let made = 0;
    let madeWhileHeld = 0;
    // Just before the store has done its work.
    const sessions = waiting(60, () => {
      madeWhileHeld = made;
      return false;
    });
    const { send } = await serve(async (response) => {
      async function* source(): AsyncGenerator<Buffer> {
        for (let i = 0; i < 128; i++) {
          made++;
          yield chunk;
        }
      }
      await pipeline(Readable.from(source(), { highWaterMark: 2 }), response);
    }, sessions);
    const reply = await send("/");
    expect(reply.text).toHaveLength(128 * chunk.length);
    expect(createHash("sha256").update(reply.text).digest("hex")).toBe(
      createHash("sha256")
        .update("x".repeat(128 * chunk.length))
        .digest("hex"),
    );
    expect(madeWhileHeld).toBeGreaterThan(0);
    expect(madeWhileHeld).toBeLessThan(10);
  });

  test.each<[string, (response: ServerResponse) => unknown]>([
    ["destroyed", (response) => response.destroy()],
    ["destroyed with an error", (response) => response.on("error", () => 0).destroy(new Error("no more"))],
    ["destroyed after its end", (response) => response.end("text", () => 0).destroy()],
  ])("may be %s meanwhile", async (_, way) => {
    let isClosed = false;
    const { origin } = await serve((response) => {
      response.on("close", () => (isClosed = true));
      response.write("first");
      way(response);
      response.write("second");
      response.end();
    }, waiting());
    open(origin, protocol);
    await expect.poll(() => isClosed).toBe(true);
    await sleep(60);
  });

  test("may lose its client meanwhile", async () => {
    const happened: string[] = [];
    const sessions = waiting(60);
    const { origin } = await serve(async (response) => {
      response.on("close", () => happened.push("close")).on("finish", () => happened.push("finish"));
      response.write("first", (error) => happened.push(`write ${error ? "failed" : "done"}`));
      happened.push("begun");
      await sleep(100);
      response.end("last");
      happened.push("ended");
    }, sessions);
    const hangUp = open(origin, protocol);
    await expect.poll(() => happened).toContain("begun");
    hangUp();
    await expect.poll(() => happened).toContain("ended");
    expect(happened).toContain("close");
    // Over HTTP/2 Node says so of every response.
    if (protocol === "http1") expect(happened).not.toContain("finish");
  });

  test("goes together with middleware that changes the response, before and after", async () => {
    const sessions = waiting();
    const shout = (response: any, mark: string): void => {
      for (const method of ["write", "end"]) {
        const next = response[method];
        response[method] = function (chunk: unknown, ...rest: unknown[]) {
          return next.call(this, typeof chunk === "string" ? `${mark}${chunk}` : chunk, ...rest);
        };
      }
    };
    const inner = nodeSessions(sessions, async (request: any, response: any) => {
      shout(response, "a");
      (await sessions.get(request)).data["n"] = 1;
      response.write("1");
      await sleep(60);
      response.write("2");
      response.end();
    });
    const listener = (request: any, response: any): void => {
      shout(response, "b");
      inner(request, response);
    };
    const server = protocol === "http1" ? createServer(listener) : createHttp2Server(listener);
    const { origin, close } = await listen(server);
    onTestFinished(close);
    const reply = await (protocol === "http1" ? overHttp(origin) : overHttp2(origin))("/");
    expect([reply.text, reply.cookies("session").length]).toEqual(["ba1ba2", 1]);
  });

  test("may wait for two stores", async () => {
    const [users, admins] = [
      waiting(),
      createSessions({ storage: serverSide(new MemoryStore()), cookie: { name: "admin" } }),
    ];
    const handler = nodeSessions(admins, async (request: any, response: any) => {
      (await users.get(request)).data["n"] = 1;
      (await admins.get(request)).data["n"] = 1;
      response.setHeader("Set-Cookie", "own=1");
      response.end("text");
    });
    const listener: any = nodeSessions(users, handler);
    const server = protocol === "http1" ? createServer(listener) : createHttp2Server(listener);
    const { origin, close } = await listen(server);
    onTestFinished(close);
    const reply = await (protocol === "http1" ? overHttp(origin) : overHttp2(origin))("/");
    expect(reply.text).toBe("text");
    expect(["own", "session", "admin"].map((name) => reply.cookies(name).length)).toEqual([1, 1, 1]);
  });

  describe("and gets an error in its place", () => {
    function expectUnavailable(reply: Reply): void {
      expect([reply.status, reply.text, reply.setCookies]).toEqual([503, "Service Unavailable", []]);
      expect([reply.header("retry-after"), reply.header("content-length")]).toEqual(["1", "19"]);
    }

    test.each<[string, () => Readable | AsyncGenerator<string>]>([
      ["a stream", () => Readable.from(endless())],
      ["a generator", () => endless()],
    ])("stops a pipeline from %s", async (_, source) => {
      const errors: unknown[] = [];
      ended = 0;
      const { send } = await serve(async (response) => {
        try {
          await pipeline(source(), response);
        } catch (error) {
          errors.push(error);
          throw error;
        }
      }, failing());
      expectUnavailable(await send("/"));
      await expect.poll(() => errors).toEqual([expect.any(StoreError)]);
      await expect.poll(() => ended).toBe(1);
    });

    test("tells callbacks, and lets what is written later go nowhere", async () => {
      const told: unknown[] = [];
      const { send } = await serve(async (response) => {
        response.writeHead(200, "Fine", { "Content-Length": "3", "X-Own": "1" });
        response.write("a", (error) => told.push(error));
        await sleep(40);
        expect(response.headersSent).toBe(true);
        expect(response.write("b", (error) => told.push(error))).toBe(false);
        response.end("c", () => told.push("end"));
        response.end();
      }, failing());
      expectUnavailable(await send("/"));
      await expect.poll(() => told.length).toBe(3);
      expect(told.slice(0, 2)).toEqual([expect.any(StoreError), expect.any(StoreError)]);
    });

    test("although the middleware around it has announced another encoding", async () => {
      const { send } = await serve((response) => {
        response.setHeader("Content-Encoding", "gzip");
        response.setHeader("Vary", "Accept-Encoding");
        response.end("zipped");
      }, failing());
      const reply = await send("/");
      expectUnavailable(reply);
      expect([reply.header("content-encoding"), reply.header("vary")]).toEqual([undefined, undefined]);
    });

    test("and what the handler throws after it does no harm", async () => {
      const sessions = failing();
      const { send } = await serve(async (response, request) => {
        response.end("text");
        await sleep(40);
        await (await sessions.get(request)).update(() => undefined).catch(() => undefined);
        throw new StoreError("STORE_UNAVAILABLE", "too late");
      }, sessions);
      expectUnavailable(await send("/"));
      await sleep(60);
    });
  });

  test("whose headers have left before is cut off, with an event", async () => {
    const sessions = failing();
    const events = eventsOf(sessions);
    const handler: any = nodeSessions(sessions, async (request: any, response: any) => {
      (await sessions.get(request)).data["n"] = 1;
      response.end("last");
    });
    const listener = (request: any, response: any): void => {
      response.write("first ");
      handler(request, response);
    };
    const server = protocol === "http1" ? createServer(listener) : createHttp2Server(listener);
    const { origin, close } = await listen(server);
    onTestFinished(close);
    await expect((protocol === "http1" ? overHttp(origin) : overHttp2(origin))("/")).rejects.toThrow(CUT_OFF);
    expect(events.map(({ type }) => type)).toContain("session.unsaved");
  });

  test("is cut off when the store fails the handler in the middle of it", async () => {
    const sessions = waiting(5);
    const { send } = await serve(async (response) => {
      response.write("first ");
      await sleep(30);
      throw new StoreError("STORE_UNAVAILABLE", "in the middle");
    }, sessions);
    await expect(send("/")).rejects.toThrow(CUT_OFF);
  });

  test("refuses changes as soon as it waits", async () => {
    const errors: unknown[] = [];
    await ask(async (response, request, sessions) => {
      const session = await sessions.get(request);
      response.write("first ");
      const changes = [
        () => (session.data["late"] = 1),
        () => session.flash("late"),
        () => session.update(() => undefined),
        () => session.destroy(),
      ];
      for (const change of changes) errors.push(await failureOf(change));
      response.end();
    });
    expect(errors).toHaveLength(4);
    for (const error of errors) expect(error).toBeInstanceOf(HeadersSentError);
  });
});

describe("a connection over http1", () => {
  test.each([
    [undefined, "OK"],
    ["Fine", "Fine"],
  ])("brings the reason that was set before the first write: %s", async (reason, sent) => {
    const sessions = createSessions({ storage: serverSide(new MemoryStore()) });
    const server = createServer(
      nodeSessions(sessions, async (request, response: ServerResponse) => {
        (await sessions.get(request)).data["n"] = 1;
        if (reason !== undefined) response.statusMessage = reason;
        response.write("one");
        response.statusCode = 500;
        response.statusMessage = "Too late";
        response.end();
      }),
    );
    const { origin, close } = await listen(server);
    onTestFinished(close);
    const { status, statusText } = await fetch(origin);
    expect([status, statusText]).toEqual([200, sent]);
  });

  async function serve(handler: (request: IncomingMessage, response: ServerResponse) => unknown) {
    const server = createServer(handler);
    const { origin, close } = await listen(server);
    onTestFinished(close);
    return { server, origin, port: Number(new URL(origin).port) };
  }

  /** Everything that comes back until `enough` has, or the server ends the connection. */
  async function converse(
    port: number,
    text: string,
    enough: (all: string) => boolean = () => false,
  ): Promise<string> {
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    socket.write(text);
    let all = "";
    for await (const data of socket) {
      all += data;
      if (enough(all)) break;
    }
    socket.destroy();
    return all;
  }

  test("answers requests that came together in their order, whatever the store takes for each", async () => {
    let operations = 0;
    const store = intercepted(new MemoryStore(), () => sleep(40 - 8 * operations++));
    const sessions = createSessions({ storage: serverSide(store) });
    const { port } = await serve(
      nodeSessions(sessions, async (request, response) => {
        if (request.url !== "/2") (await sessions.get(request)).data["n"] = 1;
        response.write(`<${request.url}`);
        response.end(">");
      }),
    );
    const requests = [0, 1, 2, 3, 4].map((i) => `GET /${i} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join("");
    const all = await converse(port, requests, (text) => text.includes("/4") && text.endsWith("0\r\n\r\n"));
    expect(all.match(/<\/\d/g)).toEqual(["</0", "</1", "</2", "</3", "</4"]);
    expect(all.match(/^set-cookie: session=/gim)).toHaveLength(4);
    expect(all.match(/^HTTP\/1\.1 200 OK/gm)).toHaveLength(5);
  });

  test("has as many listeners after a hundred requests as after one, and so has each response", async () => {
    const sessions = createSessions({ storage: serverSide(new MemoryStore()) });
    const count = (emitter: ServerResponse | Socket) =>
      emitter.eventNames().map((name) => `${String(name)}: ${emitter.listenerCount(name)}`);
    const seen: { socket: string[]; response: string[]; plain: string[] }[] = [];
    const handle = nodeSessions(sessions, async (request: IncomingMessage, response: ServerResponse) => {
      const session = await sessions.get(request);
      session.data["n"] = Number(session.data["n"] ?? 0) + 1;
      const plain = count(response);
      response.write("te");
      response.end("xt");
      const { socket } = request;
      response.once("close", () => seen.push({ socket: count(socket), response: count(response), plain }));
    });
    const { origin } = await serve(handle);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let i = 0; i < 100; i++) {
      const request = httpRequest(origin, { agent }).end();
      const [response] = await once(request, "response");
      response.resume();
      await once(response, "end");
    }
    await expect.poll(() => seen.length).toBe(100);
    for (const { socket, response, plain } of seen) {
      expect(socket).toEqual(seen[0]!.socket);
      expect(response).toEqual(plain);
    }
  });

  test.each([
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
    [
      "Expect: 100-continue",
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    ],
    [
      "an upgrade that nobody does",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: chat\r\n\r\n",
    ],
    ["TRACE-like methods", "PURGE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
  ])("serves %s", async (what, text) => {
    const store = intercepted(new MemoryStore(), () => sleep(10));
    const sessions = createSessions({ storage: serverSide(store) });
    const { port } = await serve(
      nodeSessions(sessions, async (request, response) => {
        (await sessions.get(request)).data["n"] = 1;
        response.writeProcessing();
        response.socket!.cork();
        response.cork();
        response.write("te");
        response.write("xt.");
        response.uncork();
        response.socket!.uncork();
        response.end();
      }),
    );
    const all = await converse(port, text, (so) => so.includes("xt."));
    expect(all).toMatch(/^HTTP\/1\.1 200 OK\r\n/m);
    expect(all).toMatch(/^HTTP\/1\.1 102 Processing/m);
    expect(all).toMatch(/^Set-Cookie: __Host-session=|^Set-Cookie: session=/m);
    if (what.startsWith("Expect")) expect(all).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
  });

  test("leaves upgrades to those who do them", async () => {
    const sessions = createSessions({ storage: serverSide(new MemoryStore()) });
    const { server, port } = await serve(nodeSessions(sessions, (_, response) => response.end()));
    server.on("upgrade", (_, socket) =>
      socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhello"),
    );
    const text = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
    expect(await converse(port, text, (all) => all.includes("hello"))).toMatch(/^HTTP\/1\.1 101 /);
  });

  test("asks the store nothing for ten thousand requests that do not need it", async () => {
    let calls = 0;
    const store = intercepted(new MemoryStore(), () => {
      calls++;
      return undefined;
    });
    const sessions = createSessions({ storage: serverSide(store) });
    const cookie = await newSession(sessions);
    calls = 0;
    const { port } = await serve(
      nodeSessions(sessions, async (request, response) => {
        if (request.url !== "/nop") void (await sessions.get(request)).data["n"];
        response.end("<>");
      }),
    );
    const head = `HTTP/1.1\r\nHost: localhost`;
    const pair = `GET /nop ${head}\r\nCookie: session=${cookie}\r\n\r\nGET /me ${head}\r\n\r\n`;
    const requests = `${pair.repeat(500)}GET /nop ${head}\r\nConnection: close\r\n\r\n`;
    const replies = await Promise.all(Array.from({ length: 10 }, () => converse(port, requests)));
    for (const all of replies) {
      expect(all.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(1001);
      expect(all).not.toMatch(/set-cookie/i);
      expect(all.match(/^vary: cookie/gim)).toHaveLength(500);
    }
    expect(calls).toBe(0);
  });
});

let ended = 0;

async function* endless(): AsyncGenerator<string> {
  try {
    for (;;) {
      yield "x".repeat(1000);
      await sleep(1);
    }
  } finally {
    ended++;
  }
}

/** Sends a request; what hangs up. */
function open(origin: string, protocol: "http1" | "http2"): () => void {
  if (protocol === "http2") {
    const session = connectHttp2(origin).on("error", () => undefined);
    session.request({ ":path": "/" }).on("error", () => undefined);
    return () => session.destroy();
  }
  const socket = connect(Number(new URL(origin).port), "127.0.0.1").on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return () => socket.destroy();
}
