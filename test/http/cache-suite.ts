import { cookies, type SessionManager } from "hipflask";
import { describe, expect, test } from "vitest";
import { flask, native, sealed, serve, type Subject } from "./serving.ts";

/** Vary and Cache-Control say what the answer depends on, and nothing more. */
export function cacheSuite(subject: Subject): void {
  describe("tells caches the truth", () => {
    const touches: Record<string, (sessions: SessionManager, context: object) => unknown> = {
      nothing: () => undefined,
      get: (sessions, context) => sessions.get(context),
      read: async (sessions, context) => (await sessions.get(context)).data["n"],
      "set n": async (sessions, context) => ((await sessions.get(context)).data["n"] = 1),
      "set a cookie": (_, context) => cookies(context).set("theme", "dark"),
    };

    /** What comes back for an answer with these headers, after this was done to the session. */
    async function headersAfter(sessions: SessionManager, touch: string, headers: Record<string, string>) {
      const { send } = await serve(subject, sessions, {
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
    ])(
      "after %s, with the application's Cache-Control %j: %j, and Flask's rules add none",
      async (touch, given, expected) => {
        const headers: Record<string, string> = given === undefined ? {} : { "Cache-Control": given };
        const sessions = native();
        expect((await headersAfter(sessions, touch, headers)).header("cache-control")).toBe(expected);
        expect((await headersAfter(flask(), touch, headers)).header("cache-control")).toBe(given);
      },
    );

    test("and nothing about a session that nobody looked at, good or bad", async () => {
      for (const sessions of [native(), flask()]) {
        const { send } = await serve(subject, sessions, { "/": () => new Response("ok") });
        for (const value of [sealed({ n: 1 }), "", "nonsense", "a.b.c"]) {
          const reply = await send("/", { headers: [["cookie", `session=${value}`]] });
          expect(reply.setCookies).toEqual([]);
          expect([reply.header("vary"), reply.header("cache-control")]).toEqual([never, never]);
        }
      }
    });
  });
}
