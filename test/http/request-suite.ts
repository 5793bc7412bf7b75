import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, cookies, type SessionManager } from "hipflask";
import { describe, expect, test } from "vitest";
import { eventsOf, failureOf, flask, native, sealed, serve, type Subject } from "./serving.ts";

/** The session is that of this request, whatever its cookies are and whoever asks. */
export function requestSuite(subject: Subject): void {
  describe("reads the request's cookies", () => {
    async function dump(sessions: SessionManager, headers: [string, string][]): Promise<any> {
      const { send } = await serve(subject, sessions, {
        "/": async ({ context }) =>
          Response.json({
            data: (await sessions.get(context)).data,
            theme: cookies(context).getAll("theme"),
          }),
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
      const twice: [string, string][] = [
        ["cookie", `session=${sealed({ who: "eve" })}; session=${sealed({ who: "bob" })}`],
      ];
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
      expect((await dump(native(), [["cookie", `session=${value}; session=${value}`]])).data).toEqual({
        who: "bob",
      });
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
      const { send } = await serve(subject, sessions, {
        "/": async ({ query, context }) => {
          const who = await deepBelow(Number(query.get("ms")));
          const isSame = (await sessions.get(context)) === (await sessions.current());
          return Response.json({ who, isSame });
        },
      });
      const answers = await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const reply = await send(`/?ms=${(i * 7) % 20}`, {
            headers: [["cookie", `session=${sealed({ who: `visitor ${i}` })}`]],
          });
          return reply.json();
        }),
      );
      expect(answers).toEqual(answers.map((_, i) => ({ who: `visitor ${i}`, isSame: true })));
      await expect(sessions.current()).rejects.toThrow(ConfigError);
    });

    test("and not for a context that it has never seen", async () => {
      const [sessions, others] = [native(), native()];
      const errors: unknown[] = [];
      const { send } = await serve(subject, sessions, {
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
}
