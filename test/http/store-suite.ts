import { setTimeout as sleep } from "node:timers/promises";
import {
  cookies,
  createSessions,
  GoneError,
  serverSide,
  type SessionManager,
  type StoreError,
} from "hipflask";
import { MemoryStore } from "hipflask/stores/memory";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Call } from "../app/call.ts";
import { Client, type Reply } from "../support/client.ts";
import { delayed, intercepted, newSession } from "./storages.ts";
import { counting, eventsOf, failureOf, serve, streamed, type Subject } from "./serving.ts";

/** What a backend says of itself, which no visitor may read. */
const PRIVATE = "connect ECONNREFUSED 10.0.0.7:6379 password=hunter2";

/** A store whose operations can be made to fail. */
function breakable(): { readonly sessions: SessionManager; readonly calls: string[]; broken: string[] } {
  const calls: string[] = [];
  const store = intercepted(new MemoryStore(), (operation) => {
    calls.push(operation);
    return state.broken.includes(operation) ? Promise.reject(new Error(PRIVATE)) : undefined;
  });
  const state = { sessions: createSessions({ storage: serverSide(store) }), calls, broken: [] as string[] };
  return state;
}

const DOWN = ["create", "load", "save", "replace", "touch", "delete"];

/** 503, and nothing of the handler's answer, of the reason or of the visitor. */
function expectUnavailableFrom({ hasErrorPage }: Subject, reply: Reply): void {
  expect([reply.status, reply.header("retry-after"), reply.setCookies]).toEqual([503, "1", []]);
  expect(["x-own", "location", "vary"].map((name) => reply.header(name))).toEqual(
    Array.from({ length: 3 }, () => undefined),
  );
  // A framework may give its page an ETag of its own.
  expect(reply.header("etag")).not.toBe(bearing.ETag);
  expect([undefined, "no-store"]).toContain(reply.header("cache-control"));
  if (hasErrorPage !== true) expect(["Service Unavailable", ""]).toContain(reply.text);
  expect(reply.text).not.toContain("hunter2");
}

/** Counts what would end a process that does not look out for it. */
function countUnhandled(): unknown[] {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note).on("uncaughtException", note);
  onTestFinished(() => void process.off("unhandledRejection", note).off("uncaughtException", note));
  return unhandled;
}

const bearing = { "X-Own": "1", ETag: '"e"', "Cache-Control": "public, max-age=60", "Set-Cookie": "own=1" };

/** A store that is slow, fails, or has forgotten. */
export function storeSuite(subject: Subject): void {
  const expectUnavailable = (reply: Reply) => expectUnavailableFrom(subject, reply);
  describe(subject.name, () => {
    beforeEach(() => {
      // Hono says there what no application caught.
      const { error } = console;
      console.error = () => undefined;
      onTestFinished(() => void (console.error = error));
    });

    test.each([303])(
      "with a redirect of status %i, whose target sees what a store needs 120 ms to keep",
      async (status) => {
        const sessions = createSessions({ storage: serverSide(delayed(new MemoryStore(), () => 120)) });
        const { send } = await serve(subject, sessions, {
          "/": counting(sessions, () => new Response(null, { status, headers: { Location: "/target" } })),
          "/target": async ({ context }) => Response.json((await sessions.get(context)).data),
        });
        const client = new Client(send);
        for (const n of [1, 2]) {
          const reply = await client.get("/");
          expect(reply.status).toBe(status);
          expect((await client.get(reply.header("location")!)).json()).toEqual({ n });
        }
      },
    );

    test("answers 503 where the session cannot be read, and all else goes on", async () => {
      const unhandled = countUnhandled();
      const store = breakable();
      const { sessions } = store;
      const { send } = await serve(subject, sessions, {
        "/count": counting(sessions, () => new Response("counted", { headers: bearing })),
        "/theme": async ({ context }) => {
          cookies(context).set("theme", "dark");
          return Response.json((await sessions.get(context)).data);
        },
        "/caught": async ({ context }) => {
          const error = await failureOf(() => sessions.get(context));
          return new Response((error as StoreError).code, {
            status: subject.ownsStatus500 === true ? 422 : 500,
          });
        },
        "/logout": async ({ context }) => {
          await (await sessions.get(context)).destroy();
          return new Response("bye");
        },
        "/nop": () => new Response("fine", { headers: { "Cache-Control": "public" } }),
        "/me": async ({ context }) => Response.json((await sessions.get(context)).user ?? null),
      });
      const headers: [string, string][] = [["cookie", `session=${await newSession(sessions, { n: 5 })}`]];
      store.broken = ["load"];
      for (const path of ["/count", "/theme", "/logout"]) expectUnavailable(await send(path, { headers }));
      expectUnavailable(await send("/count", { method: "HEAD", headers }));
      const caught = await send("/caught", { headers });
      expect([caught.text, caught.setCookies]).toEqual(["STORE_UNAVAILABLE", []]);
      expect([(await send("/nop", { headers })).text, (await send("/me")).json()]).toEqual(["fine", null]);
      store.broken = [];
      await sleep(600);
      expect((await send("/count", { headers })).text).toBe("counted");
      expect((await send("/theme", { headers })).json()).toEqual({ n: 6 });
      expect(unhandled).toEqual([]);
    });

    const answers: Record<string, () => Response> = {
      text: () => new Response("a long answer that must not be sent", { headers: bearing }),
      "a length": () => new Response("1234", { headers: { ...bearing, "Content-Length": "4" } }),
      nothing: () => new Response(null, { status: 204, headers: bearing }),
      "a redirect": () => new Response(null, { status: 302, headers: { ...bearing, Location: "/" } }),
      "a stream": () => new Response(streamed(chunks(3)).body, { headers: bearing }),
      "a stream without an end": () => new Response(streamed(chunks(Infinity)).body, { headers: bearing }),
    };
    test.each(
      Object.keys(answers).flatMap((what) => [
        ["GET", what],
        ["HEAD", what],
      ]),
    )("answers 503 where %s was answered with %s, and it cannot be stored", async (method, what) => {
      const unhandled = countUnhandled();
      const store = breakable();
      const events = eventsOf(store.sessions);
      const { send } = await serve(subject, store.sessions, {
        "/": async (call) => {
          cookies(call.context).set("theme", "dark");
          return counting(store.sessions, answers[what]!)(call);
        },
      });
      const cookie = await newSession(store.sessions);
      store.broken = DOWN.filter((operation) => operation !== "load");
      // To begin a session, and to change one.
      expectUnavailable(await send("/", { method }));
      expectUnavailable(await send("/", { method, headers: [["cookie", `session=${cookie}`]] }));
      expect(events.filter(({ type }) => type === "session.unsaved")).toHaveLength(2);
      await expect.poll(() => running).toBe(0);
      await sleep(5);
      expect(unhandled).toEqual([]);
    });

    test("stores nothing with the answer to a failure, and all with another one", async () => {
      const store = breakable();
      const { sessions } = store;
      const failing = async (call: Call) => {
        const session = await sessions.get(call.context);
        store.broken = ["save"];
        const error = await failureOf(() => session.update((data) => void (data["tried"] = true)));
        store.broken = [];
        cookies(call.context).set("theme", "dark");
        return { session, status: (error as StoreError).status };
      };
      const { send } = await serve(subject, sessions, {
        "/sorry": async (call) => {
          const { session, status } = await failing(call);
          session.data["sorry"] = true;
          return new Response("sorry", { status });
        },
        "/fine": async (call) => {
          const { session } = await failing(call);
          session.data["fine"] = true;
          return new Response("fine");
        },
        "/again": async (call) => {
          const { session, status } = await failing(call);
          await session.update((data) => void (data["again"] = true));
          session.data["busy"] = true;
          return new Response("busy for another reason", { status });
        },
        "/dump": async ({ context }) => Response.json((await sessions.get(context)).data),
      });
      const headers: [string, string][] = [["cookie", `session=${await newSession(sessions, { n: 5 })}`]];
      const after = async (path: string) => {
        const reply = await send(path, { headers });
        return [reply.status, reply.cookies("theme").length, (await send("/dump", { headers })).json()];
      };
      expect(await after("/sorry")).toEqual([503, 0, { n: 5 }]);
      expect(await after("/fine")).toEqual([200, 1, { n: 5, fine: true }]);
      expect(await after("/again")).toEqual([503, 1, { n: 5, fine: true, again: true, busy: true }]);
    });

    test("a logout that the store does not do says so, and the session stays", async () => {
      const store = breakable();
      const { sessions } = store;
      const { send } = await serve(subject, sessions, {
        "/logout": async ({ context }) => {
          await (await sessions.get(context)).destroy();
          return new Response("bye", { headers: bearing });
        },
        "/me": async ({ context }) => Response.json((await sessions.get(context)).user ?? null),
      });
      const headers: [string, string][] = [["cookie", `session=${await newSession(sessions, {}, "42")}`]];
      store.broken = ["delete"];
      expectUnavailable(await send("/logout", { headers }));
      store.broken = [];
      expect((await send("/me", { headers })).json()).toBe("42");
      expect((await send("/logout", { headers })).cookies("session")).toEqual([""]);
      expect((await send("/me", { headers })).json()).toBe(null);
    });

    test.each(["update", "regenerate"] as const)(
      "a session that ended before %s is answered 409, or as the handler says",
      async (work) => {
        const unhandled = countUnhandled();
        const { sessions } = breakable();
        let ended: (() => Promise<unknown>) | undefined;
        async function act(context: object): Promise<void> {
          const session = await sessions.get(context);
          session.data["n"] = 1;
          cookies(context).set("theme", "dark");
          await ended!();
          await (work === "update"
            ? session.update((data) => void (data["n"] = 2))
            : session.regenerate({ user: "42" }));
        }
        const { send } = await serve(subject, sessions, {
          "/": async ({ context }) => {
            await act(context);
            return new Response("done", { headers: bearing });
          },
          "/caught": async ({ context }) => {
            const error = await failureOf(() => act(context));
            return new Response(String(error instanceof GoneError), { status: 418 });
          },
        });
        for (const path of ["/", "/caught"]) {
          const user = `${work}${path}`;
          const cookie = await newSession(sessions, {}, user);
          ended = () => sessions.forUser(user).revokeAll();
          const reply = await send(path, { headers: [["cookie", `session=${cookie}`]] });
          const [status, text] = path === "/" ? [409, "Conflict"] : [418, "true"];
          expect([reply.status, reply.cookies("session"), reply.header("x-own")]).toEqual([
            status,
            [],
            undefined,
          ]);
          if (path !== "/" || subject.hasErrorPage !== true) expect(reply.text).toBe(text);
          if (path === "/") expect([reply.header("retry-after"), reply.setCookies]).toEqual([undefined, []]);
        }
        expect(unhandled).toEqual([]);
      },
    );

    test("costs requests without a session, and those that do not touch it, nothing", async () => {
      const store = breakable();
      const { sessions, calls } = store;
      const { send } = await serve(subject, sessions, {
        "/nop": () => new Response("fine"),
        "/me": async ({ context }) => Response.json((await sessions.get(context)).user ?? null),
        "/count": async ({ context }) => Response.json((await sessions.get(context)).data["n"] ?? 0),
      });
      const headers: [string, string][] = [["cookie", `session=${await newSession(sessions)}`]];
      calls.length = 0;
      const replies = await Promise.all(
        Array.from({ length: 120 }, (_, i) => {
          if (i % 4 === 0) return send("/nop", { headers });
          if (i % 4 === 1) return send("/nop");
          return send(i % 4 === 2 ? "/me" : "/count", { headers: [["cookie", "session=nonsense"]] });
        }),
      );
      for (const reply of replies) expect([reply.status, reply.setCookies]).toEqual([200, []]);
      expect(calls).toEqual([]);
    });
  });
}

/** How many bodies are being made. */
let running = 0;

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  running++;
  try {
    for (let i = 0; i < count; i++) {
      yield new Uint8Array(1000);
      await sleep(1);
    }
  } finally {
    running--;
  }
}
