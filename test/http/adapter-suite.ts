import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { ReadableStream } from "node:stream/web";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ConfigError,
  cookies,
  createSessions,
  HeadersSentError,
  type SessionEvent,
  type SessionManager,
  type SessionOptions,
  signedCookie,
} from "hipflask";
import { FlaskCookie } from "hipflask/codec";
import { flaskConfig } from "hipflask/flask";
import { describe, expect, test } from "vitest";
import { Client, type Send } from "../support/client.ts";
import type { App } from "../app/adapters.ts";
import { type Call, failure } from "../app/call.ts";

/** One adapter under one way to reach it. */
export interface Subject {
  readonly name: string;
  /** Serves the application until the test has finished. */
  start(app: App): Promise<Served>;
  /** Undefined: no network at all. */
  readonly protocol?: "http1" | "http2";
  /** Whether an error that a handler throws becomes an answer that still passes by the adapter. */
  readonly seesErrors: boolean;
}

export interface Served {
  readonly send: Send;
  /** Undefined without a network. */
  readonly origin?: string;
}

export const SECRET = "K8sQw3ZtR7vXy2BnM5jLp9HfDc4GaE6u";

/** Native sessions. */
export function native(options: Partial<SessionOptions> = {}): SessionManager {
  return createSessions({ secretKey: SECRET, storage: signedCookie(), ...options });
}

/** Sessions by Flask's rules. */
export function flask(): SessionManager {
  return createSessions(flaskConfig({ SECRET_KEY: SECRET }));
}

/** A genuine session cookie of this data. */
export function sealed(data: Record<string, unknown>): string {
  const codec = new FlaskCookie([SECRET]);
  return codec.seal(codec.stringify(data));
}

function eventsOf(sessions: SessionManager): SessionEvent[] {
  const events: SessionEvent[] = [];
  sessions.on("*", (event) => events.push(event));
  return events;
}

type Handlers = Readonly<Record<string, (call: Call) => Response | Promise<Response>>>;

/** What every adapter must do, whatever its framework is. */
export function adapterSuite(subject: Subject): void {
  const { protocol, start, seesErrors } = subject;

  /** An application with a handler for each path. */
  function serve(sessions: SessionManager, handlers: Handlers): Promise<Served> {
    return start({ sessions, respond: (call) => handlers[call.path]!(call) });
  }

  /** A handler that counts, then answers. */
  function counting(sessions: SessionManager, answer: () => Response): (call: Call) => Promise<Response> {
    return async ({ context }) => {
      const session = await sessions.get(context);
      session.data["n"] = Number(session.data["n"] ?? 0) + 1;
      return answer();
    };
  }

  describe(subject.name, () => {
    describe("writes before the headers leave", () => {
      test.each([301, 302, 303, 307, 308])("with a redirect of status %i, whose target sees it", async (status) => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/": counting(sessions, () => new Response(null, { status, headers: { Location: "/target" } })),
          "/target": async ({ context }) => Response.json((await sessions.get(context)).data),
        });
        const client = new Client(send);
        const reply = await client.get("/");
        expect([reply.status, reply.header("location")]).toEqual([status, "/target"]);
        expect((await client.get(reply.header("location")!)).json()).toEqual({ n: 1 });
      });

      test.each([
        ["GET", 200, "text"],
        ["HEAD", 200, ""],
        ["GET", 204, ""],
        ["GET", 304, ""],
        ["POST", 201, "text"],
        ["GET", 500, "text"],
      ])("with %s answered %i", async (method, status, body) => {
        const sessions = native();
        const content = status === 204 || status === 304 ? null : "text";
        const { send } = await serve(sessions, { "/": counting(sessions, () => new Response(content, { status })) });
        const reply = await send("/", { method });
        expect([reply.status, reply.text, reply.cookies("session").length]).toEqual([status, body, 1]);
        expect(reply.header("vary")).toBe("Cookie");
        const again = await send("/", { method, headers: [["cookie", `session=${reply.cookies("session")[0]}`]] });
        expect(new FlaskCookie([SECRET]).open(again.cookies("session")[0]!, undefined)).toMatchObject({ data: { n: 2 } });
      });

      test("with a stream, to which a later write is a typed error", async () => {
        const sessions = native();
        const late: unknown[] = [];
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            const session = await sessions.get(context);
            session.data["early"] = true;
            const jar = cookies(context);
            async function* body(): AsyncGenerator<Uint8Array> {
              yield new TextEncoder().encode("first ");
              const writes = [
                () => (session.data["late"] = true),
                () => session.flash("late"),
                () => session.clear(),
                () => session.destroy(),
                () => session.regenerate({ user: "42" }),
                () => session.update(() => undefined),
                () => jar.set("late", "1"),
                () => jar.delete("late"),
              ];
              for (const write of writes) late.push(await failureOf(write));
              yield new TextEncoder().encode("last");
            }
            return new Response(ReadableStream.from(body()) as unknown as BodyInit);
          },
          "/dump": async ({ context }) => Response.json((await sessions.get(context)).data),
        });
        const client = new Client(send);
        const reply = await client.get("/");
        expect(reply.text).toBe("first last");
        expect(late).toHaveLength(8);
        for (const error of late) expect(error).toBeInstanceOf(HeadersSentError);
        expect((await client.get("/dump")).json()).toEqual({ early: true });
      });

      test("with a stream that asks for the session only then, and may read it", async () => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            async function* body(): AsyncGenerator<Uint8Array> {
              yield new TextEncoder().encode("first ");
              const session = await sessions.get(context);
              let code = "none";
              try {
                session.data["late"] = true;
              } catch (error) {
                code = (error as HeadersSentError).code;
              }
              yield new TextEncoder().encode(`${session.data["n"]} ${code}`);
            }
            return new Response(ReadableStream.from(body()) as unknown as BodyInit);
          },
        });
        const reply = await send("/", { headers: [["cookie", `session=${sealed({ n: 7 })}`]] });
        expect([reply.text, reply.setCookies]).toEqual(["first 7 HEADERS_SENT", []]);
      });

      test(`and ${seesErrors ? "keeps" : "drops"} what was written before an error, which the framework ${seesErrors ? "answers" : "throws on"}`, async () => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/": counting(sessions, () => {
            throw new Error("the handler failed");
          }),
        });
        const reply = await send("/");
        expect([reply.status, reply.text]).toEqual([500, '{"error":"INTERNAL"}']);
        expect(reply.cookies("session")).toHaveLength(seesErrors ? 1 : 0);
      });
    });

    describe("sets one cookie per name", () => {
      test("after a login, a message, a new identity and three sets", async () => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            const session = await sessions.get(context);
            await session.regenerate({ user: "42" });
            session.flash("Welcome");
            await session.regenerate();
            for (const n of [1, 2, 3]) {
              session.data["n"] = n;
              cookies(context).set("theme", `v${n}`);
            }
            return new Response("ok");
          },
          "/me": async ({ context }) => {
            const session = await sessions.get(context);
            return Response.json({ user: session.user, data: session.data, flashes: session.flashes() });
          },
        });
        const client = new Client(send);
        const reply = await client.get("/");
        expect(reply.setCookies).toHaveLength(2);
        expect(reply.cookies("theme")).toEqual(["v3"]);
        expect(reply.cookies("session")).toHaveLength(1);
        expect((await client.get("/me")).json()).toEqual({
          user: "42",
          data: { n: 3 },
          flashes: [{ category: "message", message: "Welcome" }],
        });
      });

      test("beside those of the application, which stay as they are", async () => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/": counting(sessions, () => {
            const response = new Response("12345", { headers: { "Content-Length": "5", "X-Own": "1", ETag: '"e"' } });
            response.headers.append("Set-Cookie", "a=1; Path=/a, b");
            response.headers.append("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
            return response;
          }),
        });
        const reply = await send("/");
        expect(reply.setCookies.slice(0, 2)).toEqual(["a=1; Path=/a, b", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
        expect(reply.setCookies[2]).toMatch(/^session=/);
        expect(reply.setCookies).toHaveLength(3);
        expect(["content-length", "x-own", "etag"].map((name) => reply.header(name))).toEqual(["5", "1", '"e"']);
        expect(reply.text).toBe("12345");
      });

      test("with __Host- and Secure for any host but this machine", async () => {
        const sessions = native();
        const { send } = await serve(sessions, { "/": counting(sessions, () => new Response("ok")) });
        const reply = await send("/", { headers: [["host", "shop.example"]] });
        expect(reply.setCookies).toEqual([
          expect.stringMatching(/^__Host-session=[\w.-]+; Secure; HttpOnly; Path=\/; SameSite=Lax$/),
        ]);
      });

      test("and no more than the request caused: visitors without cookies leave no trace", async () => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/me": async ({ context }) => Response.json({ user: (await sessions.get(context)).user ?? null }),
          "/logout": async ({ context }) => {
            await (await sessions.get(context)).destroy();
            return new Response("bye");
          },
          "/size": async ({ context }) => Response.json(Object.keys((await sessions.get(context)).data).length),
        });
        const paths = Array.from({ length: 100 }, (_, i) => ["/me", "/logout", "/size"][i % 3]!);
        const replies = await Promise.all(paths.map((path) => send(path)));
        for (const reply of replies) {
          expect([reply.status, reply.setCookies, reply.header("vary")]).toEqual([200, [], "Cookie"]);
        }
      });
    });

    describe("tells caches the truth", () => {
      const touches: Record<string, (sessions: SessionManager, context: object) => unknown> = {
        nothing: () => undefined,
        read: (sessions, context) => sessions.get(context),
        "set n": async (sessions, context) => ((await sessions.get(context)).data["n"] = 1),
        "set a cookie": (_, context) => cookies(context).set("theme", "dark"),
      };

      /** What comes back for an answer with these headers, after this was done to the session. */
      async function headersAfter(sessions: SessionManager, touch: string, headers: Record<string, string>) {
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            await touches[touch]!(sessions, context);
            return new Response("ok", { headers });
          },
        });
        return send("/", { headers: [["cookie", `session=${sealed({ n: 0 })}; theme=light`]] });
      }

      const never = undefined;
      test.each([
        ["nothing", never, never],
        ["nothing", "Accept", "Accept"],
        ["read", never, "Cookie"],
        ["read", "Accept", "Accept, Cookie"],
        ["read", "*", "*, Cookie"],
        ["read", "cookie", "cookie"],
        ["read", "Accept-Encoding, cookie", "Accept-Encoding, cookie"],
        ["read", "Accept, X-Cookie", "Accept, X-Cookie, Cookie"],
        ["set n", never, "Cookie"],
        ["set n", "Accept,Origin", "Accept, Origin, Cookie"],
        ["set a cookie", never, never],
      ])("after %s, with the application's Vary %j: %j", async (touch, given, expected) => {
        for (const sessions of [native(), flask()]) {
          const reply = await headersAfter(sessions, touch, given === undefined ? {} : { Vary: given });
          expect(reply.header("vary")).toBe(expected);
          expect(reply.setCookies).toHaveLength(touch.startsWith("set") ? 1 : 0);
        }
      });

      test.each([
        ["nothing", never, never],
        ["read", never, never],
        ["set n", never, "no-store"],
        ["set a cookie", never, "no-store"],
        ["set n", "private, max-age=5", "private, max-age=5"],
        ["read", "public, max-age=60", "public, max-age=60"],
      ])("after %s, with the application's Cache-Control %j: %j, and Flask's rules add none", async (touch, given, expected) => {
        const headers: Record<string, string> = given === undefined ? {} : { "Cache-Control": given };
        const sessions = native();
        expect((await headersAfter(sessions, touch, headers)).header("cache-control")).toBe(expected);
        expect((await headersAfter(flask(), touch, headers)).header("cache-control")).toBe(given);
      });

      test("and nothing about a session that nobody looked at, good or bad", async () => {
        for (const sessions of [native(), flask()]) {
          const { send } = await serve(sessions, { "/": () => new Response("ok") });
          for (const value of [sealed({ n: 1 }), "", "nonsense", "a.b.c"]) {
            const reply = await send("/", { headers: [["cookie", `session=${value}`]] });
            expect(reply.setCookies).toEqual([]);
            expect([reply.header("vary"), reply.header("cache-control")]).toEqual([never, never]);
          }
        }
      });
    });

    describe("reads the request's cookies", () => {
      async function dump(sessions: SessionManager, headers: [string, string][]): Promise<any> {
        const { send } = await serve(sessions, {
          "/": async ({ context }) =>
            Response.json({ data: (await sessions.get(context)).data, theme: cookies(context).getAll("theme") }),
        });
        return (await send("/", { headers })).json();
      }

      test("from several Cookie headers", async () => {
        const headers: [string, string][] = [
          ["cookie", "theme=a; x=1"],
          ["cookie", `y=2; session=${sealed({ n: 1 })}`],
          ["cookie", "theme=b"],
        ];
        expect(await dump(native(), headers)).toEqual({ data: { n: 1 }, theme: ["a", "b"] });
        expect(await dump(flask(), headers)).toEqual({ data: { n: 1 }, theme: ["a", "b"] });
      });

      test("when two different sessions are genuine: neither natively, the first by Flask's rules", async () => {
        const twice: [string, string][] = [["cookie", `session=${sealed({ who: "eve" })}; session=${sealed({ who: "bob" })}`]];
        const sessions = native();
        const events = eventsOf(sessions);
        expect((await dump(sessions, twice)).data).toEqual({});
        expect(events.map(({ type }) => type)).toEqual(["cookie.duplicate"]);
        expect((await dump(flask(), twice)).data).toEqual({ who: "eve" });
      });

      test("when a bad one stands before a genuine one: the genuine natively, none by Flask's rules", async () => {
        const tossed: [string, string][] = [["cookie", `session=evil.x.y; session=${sealed({ who: "bob" })}`]];
        const sessions = native();
        const events = eventsOf(sessions);
        expect((await dump(sessions, tossed)).data).toEqual({ who: "bob" });
        expect(events.map(({ type }) => type)).toEqual(["token.bad_mac"]);
        expect((await dump(flask(), tossed)).data).toEqual({});
      });

      test("when the same one comes twice", async () => {
        const value = sealed({ who: "bob" });
        expect((await dump(native(), [["cookie", `session=${value}; session=${value}`]])).data).toEqual({ who: "bob" });
      });
    });

    describe("knows whose session it is", () => {
      test("below the request, in parallel requests too, and nowhere outside", async () => {
        const sessions = native();
        async function deepBelow(ms: number): Promise<string> {
          const before = await sessions.current();
          await sleep(ms);
          const after = await sessions.current();
          return before === after ? String(after.data["who"]) : "mixed up";
        }
        const { send } = await serve(sessions, {
          "/": async ({ query, context }) => {
            const who = await deepBelow(Number(query.get("ms")));
            const isSame = (await sessions.get(context)) === (await sessions.current());
            return Response.json({ who, isSame });
          },
        });
        const answers = await Promise.all(
          Array.from({ length: 30 }, async (_, i) => {
            const reply = await send(`/?ms=${(i * 7) % 20}`, { headers: [["cookie", `session=${sealed({ who: `visitor ${i}` })}`]] });
            return reply.json();
          }),
        );
        expect(answers).toEqual(answers.map((_, i) => ({ who: `visitor ${i}`, isSame: true })));
        await expect(sessions.current()).rejects.toThrow(ConfigError);
      });

      test("and not for a context that it has never seen", async () => {
        const [sessions, others] = [native(), native()];
        const errors: unknown[] = [];
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            errors.push(await failureOf(() => others.get(context)));
            errors.push(await failureOf(() => others.current()));
            errors.push(await failureOf(() => sessions.get({})));
            errors.push(await failureOf(() => cookies({})));
            return new Response("ok");
          },
        });
        expect((await send("/")).setCookies).toEqual([]);
        expect(errors).toHaveLength(4);
        for (const error of errors) expect(error).toBeInstanceOf(ConfigError);
      });
    });

    describe("refuses what cannot be stored before any header has left", () => {
      test.each([
        ["a session that no browser would keep", noise(5000), 413],
        ["data that has no text", { deep: [() => 1] }, 400],
      ])("%s", async (_, value, status) => {
        const sessions = native();
        const { send } = await serve(sessions, {
          "/": async ({ context }) => {
            (await sessions.get(context)).data["cart"] = value;
            cookies(context).set("theme", "dark");
            return new Response("a long answer, which must not be sent", {
              headers: { "Content-Length": "37", "Cache-Control": "public, max-age=3600", ETag: '"e"' },
            });
          },
          "/dump": async ({ context }) => Response.json((await sessions.get(context)).data),
        });
        const client = new Client(send);
        const reply = await client.get("/");
        const expected = await failureText(value);
        expect([reply.status, reply.setCookies]).toEqual([status, []]);
        expect(reply.text).toBe(expected);
        expect(["content-length", "cache-control", "etag"].map((name) => reply.header(name))).toEqual([
          String(expected.length),
          undefined,
          undefined,
        ]);
        expect((await client.get("/dump")).json()).toEqual({});
      });
    });

    if (protocol === undefined) return;

    test("survives clients that go away: before the answer, while they send, while they read", async () => {
      const sessions = native();
      const handled: string[] = [];
      const { origin, send } = await serve(sessions, {
        "/slow": async ({ context }) => {
          const session = await sessions.get(context);
          await sleep(60);
          session.data["n"] = 1;
          handled.push("slow");
          return new Response("too late");
        },
        "/upload": async (call) => {
          (await sessions.get(call.context)).data["n"] = 1;
          const text = await call.text().catch(() => "cut off");
          handled.push(text);
          return new Response(text);
        },
        "/endless": async ({ context }) => {
          (await sessions.get(context)).data["n"] = 1;
          return new Response(ReadableStream.from(endless(() => handled.push("endless"))) as unknown as BodyInit);
        },
        "/": counting(sessions, () => new Response("alive")),
      });
      const unhandled: unknown[] = [];
      const note = (error: unknown) => unhandled.push(error);
      process.on("unhandledRejection", note);
      process.on("uncaughtException", note);
      try {
        await Promise.all(
          ["GET /slow", "POST /upload", "GET /endless"].map((line) => hangUp(origin!, protocol, line, 30)),
        );
        await expect.poll(() => handled.toSorted()).toEqual(["cut off", "endless", "slow"]);
        await sleep(20);
        expect(unhandled).toEqual([]);
        expect((await send("/")).cookies("session")).toHaveLength(1);
      } finally {
        process.off("unhandledRejection", note);
        process.off("uncaughtException", note);
      }
    });
  });
}

async function* endless(onEnd: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      yield new Uint8Array(10_000);
      await sleep(1);
    }
  } finally {
    onEnd();
  }
}

/** Sends a request, half of its body if it has one, and hangs up. */
async function hangUp(origin: string, protocol: "http1" | "http2", line: string, afterMs: number): Promise<void> {
  const [method, path] = line.split(" ") as [string, string];
  const ignore = () => undefined;
  if (protocol === "http2") {
    const session = connectHttp2(origin).on("error", ignore);
    const stream = session.request({ ":method": method, ":path": path }, { endStream: method === "GET" }).on("error", ignore);
    if (method === "POST") stream.write("half");
    await sleep(afterMs);
    session.destroy();
    return;
  }
  const socket = connectTcp(Number(new URL(origin).port), "127.0.0.1").on("error", ignore);
  const body = method === "POST" ? "Content-Length: 1000\r\n\r\nhalf" : "\r\n";
  socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\n${body}`);
  await sleep(afterMs);
  socket.destroy();
}

/** What the function throws or rejects with. */
async function failureOf(attempt: () => unknown): Promise<unknown> {
  try {
    await attempt();
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail.");
}

/** What the client gets to read of the error that this value in a session's `cart` is. */
async function failureText(value: unknown): Promise<string> {
  const sessions = native();
  const exchange = sessions.open({ cookie: undefined, host: "127.0.0.1", encrypted: false });
  (await exchange.session()).data["cart"] = value;
  try {
    exchange.commit();
  } catch (error) {
    return failure(error).text();
  }
  throw new Error("It can be stored.");
}

/** Text that does not compress. */
export function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return String.fromCharCode(48 + (state % 42));
  }).join("");
}
