import { cookies, type Session, type SessionManager } from "hipflask";
import { describe, expect, test } from "vitest";
import { flask, serve, type Subject } from "./serving.ts";
import { sealed, signed } from "./storages.ts";

/** Vary and Cache-Control say what the answer depends on, and nothing more. */
export function cacheSuite(subject: Subject): void {
  describe("tells caches the truth", () => {
    const { storage } = subject;
    /** Ways to keep sessions, each with a good cookie. */
    async function kinds(): Promise<[sessions: SessionManager, cookie: string][]> {
      const sessions = storage.sessions();
      const own: [SessionManager, string] = [sessions, await storage.cookie(sessions, { n: 0 })];
      return storage === signed ? [own, [flask(), sealed({ n: 0 })]] : [own];
    }

    const touches: Record<string, (sessions: SessionManager, context: object) => unknown> = {
      nothing: () => undefined,
      get: (sessions, context) => sessions.get(context),
      read: async (sessions, context) => (await sessions.get(context)).data["n"],
      "set n": async (sessions, context) => ((await sessions.get(context)).data["n"] = 1),
      "set a cookie": (_, context) => cookies(context).set("theme", "dark"),
    };

    /** What comes back for an answer with these headers, after this was done to the session. */
    async function headersAfter(
      sessions: SessionManager,
      touch: string,
      headers: Record<string, string>,
      cookie: string,
    ) {
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) => {
          await touches[touch]!(sessions, context);
          return new Response("ok", { headers });
        },
      });
      return send("/", { headers: [["cookie", `session=${cookie}; theme=light`]] });
    }

    const never = undefined;
    test.each([
      ["nothing", never, never],
      ["nothing", "Accept", "Accept"],
      ["get", never, never],
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
      for (const [sessions, cookie] of await kinds()) {
        const reply = await headersAfter(sessions, touch, given === undefined ? {} : { Vary: given }, cookie);
        expect(reply.header("vary")).toBe(expected);
        const isSet = touch === "set a cookie" || (touch === "set n" && !storage.isStored);
        expect(reply.setCookies).toHaveLength(isSet ? 1 : 0);
      }
    });

    test.each([
      ["nothing", never, never],
      ["read", never, never],
      // The cookie of a session in a store stays as it is.
      ["set n", never, storage.isStored ? never : "no-store"],
      ["set a cookie", never, "no-store"],
      ["set n", "private, max-age=5", "private, max-age=5"],
      ["read", "public, max-age=60", "public, max-age=60"],
    ])(
      "after %s, with the application's Cache-Control %j: %j, and Flask's rules add none",
      async (touch, given, expected) => {
        const headers: Record<string, string> = given === undefined ? {} : { "Cache-Control": given };
        for (const [i, [sessions, cookie]] of (await kinds()).entries()) {
          const reply = await headersAfter(sessions, touch, headers, cookie);
          expect(reply.header("cache-control")).toBe(i === 0 ? expected : given);
        }
      },
    );

    test.each<[string, (session: Session) => unknown]>([
      ["begins", (session) => (session.data["m"] = 1)],
      ["gets a new ID", (session) => session.regenerate({ user: "42" })],
      ["ends", (session) => session.destroy()],
    ])("when a session %s: the cookie, Vary and no-store", async (what, work) => {
      const sessions = storage.sessions();
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) => {
          await work(await sessions.get(context));
          return new Response("ok");
        },
      });
      const cookie = `session=${await storage.cookie(sessions, { n: 0 })}`;
      const reply = await send("/", { headers: what === "begins" ? [] : [["cookie", cookie]] });
      expect(reply.cookies("session")).toHaveLength(1);
      expect([reply.header("vary"), reply.header("cache-control")]).toEqual(["Cookie", "no-store"]);
    });

    test("and nothing about a session that nobody looked at, good or bad", async () => {
      for (const [sessions, cookie] of await kinds()) {
        const { send } = await serve(subject, sessions, { "/": () => new Response("ok") });
        for (const value of [cookie, "", "nonsense", "a.b.c"]) {
          const reply = await send("/", { headers: [["cookie", `session=${value}`]] });
          expect(reply.setCookies).toEqual([]);
          expect([reply.header("vary"), reply.header("cache-control")]).toEqual([never, never]);
        }
      }
    });
  });
}
