import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { cookies } from "../../cookie/index.ts";
import { ConfigError } from "../../errors.ts";
import type { SessionManager } from "../../session/index.ts";
import type { Bench } from "./bench.ts";
import { eventsOf, failureOf } from "./watching.ts";
import type { Check } from "./check.ts";
import type { HeaderList } from "./send.ts";
import { cookieOf, newSession } from "./storages.ts";

/** What a handler sees of a request with these headers. */
export async function seen(
  serve: Bench["serve"],
  sessions: SessionManager,
  headers: HeaderList,
): Promise<{ data: unknown; theme: string[] }> {
  const { send } = await serve(sessions, {
    "/": async ({ context }) =>
      Response.json({ data: (await sessions.get(context)).data, theme: cookies(context).getAll("theme") }),
  });
  return (await send("/", { headers })).json();
}

/** The session is that of this request, whatever its cookies are and whoever asks. */
export function requestsSuite(check: Check): void {
  check("cookies are read from several Cookie headers", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const [[, session]] = (await cookieOf(sessions, { n: 1 })) as [[string, string]];
    const found = await seen(serve, sessions, [
      ["cookie", "theme=a; x=1"],
      ["cookie", `y=2; ${session}`],
      ["cookie", "theme=b"],
    ]);
    assert.deepEqual(found, { data: { n: 1 }, theme: ["a", "b"] });
  });

  check("of two genuine sessions it is neither", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const [eve, bob] = [
      await newSession(sessions, { who: "eve" }),
      await newSession(sessions, { who: "bob" }),
    ];
    const events = eventsOf(sessions);
    const { data } = await seen(serve, sessions, [["cookie", `session=${eve}; session=${bob}`]]);
    assert.deepEqual(data, {});
    assert.deepEqual(
      events.map(({ type }) => type),
      ["cookie.duplicate"],
    );
  });

  check("of a bad one and a genuine one it is the genuine", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const bob = await newSession(sessions, { who: "bob" });
    const events = eventsOf(sessions);
    const { data } = await seen(serve, sessions, [["cookie", `session=evil.x.y; session=${bob}`]]);
    assert.deepEqual(data, { who: "bob" });
    assert.deepEqual(
      events.map(({ type }) => type),
      [storage.forged],
    );
  });

  check("the same one twice is one", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const bob = await newSession(sessions, { who: "bob" });
    const { data } = await seen(serve, sessions, [["cookie", `session=${bob}; session=${bob}`]]);
    assert.deepEqual(data, { who: "bob" });
  });

  check(
    "sessions.current() is the request's, in parallel ones too, and there is none outside",
    async ({ serve, storage }) => {
      const sessions = storage.sessions();
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
          const headers = await cookieOf(sessions, { who: `visitor ${i}` });
          return (await send(`/?ms=${(i * 7) % 20}`, { headers })).json();
        }),
      );
      assert.deepEqual(
        answers,
        answers.map((_, i) => ({ who: `visitor ${i}`, isSame: true })),
      );
      assert.ok((await failureOf(() => sessions.current())) instanceof ConfigError);
    },
  );

  check("a context that the adapter has never seen has no session", async ({ serve, storage }) => {
    const [sessions, others] = [storage.sessions(), storage.sessions()];
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
    assert.deepEqual((await send("/")).setCookies, []);
    assert.equal(errors.length, 4);
    for (const error of errors) assert.ok(error instanceof ConfigError, String(error));
  });
}
