import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, cookies, type SessionManager } from "hipflask";
import { describe, expect, test } from "vitest";
import { eventsOf, failureOf, flask, serve, type Subject } from "./serving.ts";
import { sealed, signed } from "./storages.ts";

/** The session is that of this request, whatever its cookies are and whoever asks. */
export function requestSuite(subject: Subject): void {
  const { storage } = subject;

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
      const headers = (cookie: string): [string, string][] => [
        ["cookie", "theme=a; x=1"],
        ["cookie", `y=2; session=${cookie}`],
        ["cookie", "theme=b"],
      ];
      const expected = { data: { n: 1 }, theme: ["a", "b"] };
      const sessions = storage.sessions();
      expect(await dump(sessions, headers(await storage.cookie(sessions, { n: 1 })))).toEqual(expected);
      if (storage === signed) expect(await dump(flask(), headers(sealed({ n: 1 })))).toEqual(expected);
    });

    test("when two different sessions are genuine: neither natively, the first by Flask's rules", async () => {
      const sessions = storage.sessions();
      const [eve, bob] = [
        await storage.cookie(sessions, { who: "eve" }),
        await storage.cookie(sessions, { who: "bob" }),
      ];
      const twice: [string, string][] = [["cookie", `session=${eve}; session=${bob}`]];
      const events = eventsOf(sessions);
      expect((await dump(sessions, twice)).data).toEqual({});
      expect(events.map(({ type }) => type)).toEqual(["cookie.duplicate"]);
      if (storage === signed) expect((await dump(flask(), twice)).data).toEqual({ who: "eve" });
    });

    test("when a bad one stands before a genuine one: the genuine natively, none by Flask's rules", async () => {
      const sessions = storage.sessions();
      const bob = await storage.cookie(sessions, { who: "bob" });
      const tossed: [string, string][] = [["cookie", `session=evil.x.y; session=${bob}`]];
      const events = eventsOf(sessions);
      expect((await dump(sessions, tossed)).data).toEqual({ who: "bob" });
      expect(events.map(({ type }) => type)).toEqual([storage.forged]);
      if (storage === signed) expect((await dump(flask(), tossed)).data).toEqual({});
    });

    test("when the same one comes twice", async () => {
      const sessions = storage.sessions();
      const value = await storage.cookie(sessions, { who: "bob" });
      expect((await dump(sessions, [["cookie", `session=${value}; session=${value}`]])).data).toEqual({
        who: "bob",
      });
    });
  });

  describe("knows whose session it is", () => {
    test("below the request, in parallel requests too, and nowhere outside", async () => {
      const sessions = storage.sessions();
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
          const cookie = await storage.cookie(sessions, { who: `visitor ${i}` });
          const reply = await send(`/?ms=${(i * 7) % 20}`, { headers: [["cookie", `session=${cookie}`]] });
          return reply.json();
        }),
      );
      expect(answers).toEqual(answers.map((_, i) => ({ who: `visitor ${i}`, isSame: true })));
      await expect(sessions.current()).rejects.toThrow(ConfigError);
    });

    test("and not for a context that it has never seen", async () => {
      const [sessions, others] = [storage.sessions(), storage.sessions()];
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
