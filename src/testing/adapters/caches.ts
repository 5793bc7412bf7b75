import assert from "node:assert/strict";
import { cookies } from "../../cookie/index.ts";
import type { Session, SessionManager } from "../../session/index.ts";
import type { Bench } from "./bench.ts";
import type { Check } from "./check.ts";
import type { Reply } from "./send.ts";
import { cookieOf, newSession } from "./storages.ts";

/** What a handler does to its session. */
const TOUCHES = {
  "does nothing": () => undefined,
  "gets the session": (sessions, context) => sessions.get(context),
  "reads it": async (sessions, context) => (await sessions.get(context)).data["n"],
  "changes it": async (sessions, context) => ((await sessions.get(context)).data["n"] = 1),
  "sets a cookie": (_, context) => cookies(context).set("theme", "dark"),
} satisfies Record<string, (sessions: SessionManager, context: object) => unknown>;

/** What a handler does, a header of its own, and what that must have become. */
type Case = readonly [touch: keyof typeof TOUCHES, given: string | undefined, expected: string | undefined];

const NONE = undefined;

export const VARY_CASES: readonly Case[] = [
  ["does nothing", NONE, NONE],
  ["does nothing", "Accept", "Accept"],
  ["gets the session", NONE, NONE],
  ["reads it", NONE, "Cookie"],
  ["reads it", "Accept", "Accept, Cookie"],
  ["reads it", "*", "*, Cookie"],
  ["reads it", "cookie", "cookie"],
  ["reads it", "Accept-Encoding, cookie", "Accept-Encoding, cookie"],
  ["reads it", "Accept, X-Cookie", "Accept, X-Cookie, Cookie"],
  ["changes it", NONE, "Cookie"],
  ["changes it", "Accept,Origin", "Accept, Origin, Cookie"],
  ["sets a cookie", NONE, NONE],
];

/** @param isStored the cookie of a session in a store stays as it is */
export const cacheControlCases = (isStored: boolean): readonly Case[] => [
  ["does nothing", NONE, NONE],
  ["reads it", NONE, NONE],
  ["changes it", NONE, isStored ? NONE : "no-store"],
  ["sets a cookie", NONE, "no-store"],
  ["changes it", "private, max-age=5", "private, max-age=5"],
  ["reads it", "public, max-age=60", "public, max-age=60"],
];

/** What comes back where a session is there, and its handler did this and answered with this header. */
export async function replyTo(
  serve: Bench["serve"],
  sessions: SessionManager,
  [touch, given]: Case,
  name: string,
): Promise<Reply> {
  const { send } = await serve(sessions, {
    "/": async ({ context }) => {
      await TOUCHES[touch](sessions, context);
      return new Response("ok", { headers: given === undefined ? {} : { [name]: given } });
    },
  });
  return send("/", { headers: [["cookie", `session=${await newSession(sessions)}; theme=light`]] });
}

/** Vary and Cache-Control say what the answer depends on, and nothing more. */
export function cachesSuite(check: Check, isStored: boolean): void {
  const title = (name: string, [touch, given = "none", expected = "none"]: Case) =>
    `${name} where the handler ${touch}, and its own is ${given}: ${expected}`;

  for (const one of VARY_CASES) {
    check(title("Vary", one), async ({ serve, storage }) => {
      const [touch, , expected] = one;
      const reply = await replyTo(serve, storage.sessions(), one, "Vary");
      assert.equal(reply.header("vary"), expected);
      const isSet = touch === "sets a cookie" || (touch === "changes it" && !isStored);
      assert.equal(reply.setCookies.length, isSet ? 1 : 0);
    });
  }

  for (const one of cacheControlCases(isStored)) {
    check(title("Cache-Control", one), async ({ serve, storage }) => {
      const reply = await replyTo(serve, storage.sessions(), one, "Cache-Control");
      assert.equal(reply.header("cache-control"), one[2]);
    });
  }

  for (const [what, work] of Object.entries<(session: Session) => unknown>({
    begins: (session) => (session.data["m"] = 1),
    "gets a new ID": (session) => session.regenerate({ user: "42" }),
    ends: (session) => session.destroy(),
  })) {
    check(`a cookie, Vary and no-store where a session ${what}`, async ({ serve, storage }) => {
      const sessions = storage.sessions();
      const { send } = await serve(sessions, {
        "/": async ({ context }) => {
          await work(await sessions.get(context));
          return new Response("ok");
        },
      });
      const reply = await send("/", { headers: what === "begins" ? [] : await cookieOf(sessions) });
      assert.equal(reply.cookies("session").length, 1);
      assert.deepEqual([reply.header("vary"), reply.header("cache-control")], ["Cookie", "no-store"]);
    });
  }

  check("nothing about a session that nobody looked at, good or bad", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const { send } = await serve(sessions, { "/": () => new Response("ok") });
    for (const value of [await newSession(sessions), "", "nonsense", "a.b.c"]) {
      const reply = await send("/", { headers: [["cookie", `session=${value}`]] });
      assert.deepEqual(
        [reply.setCookies, reply.header("vary"), reply.header("cache-control")],
        [[], NONE, NONE],
      );
    }
  });
}
