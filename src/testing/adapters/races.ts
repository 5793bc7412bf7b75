import assert from "node:assert/strict";
import { cookies } from "../../cookie/index.ts";
import { GoneError } from "../../errors.ts";
import { createSessions, serverSide } from "../../session/index.ts";
import { counting, dumping, naming } from "./handlers.ts";
import { failureOf, unhandledDuring, until } from "./watching.ts";
import { BEARING, breakable } from "./broken-store.ts";
import type { Check } from "./check.ts";
import { cookieOf, delayed, memory } from "./storages.ts";

/** Sessions in a store, when several requests are under way. */
export function racesSuite(check: Check): void {
  check("a redirect finds what a store needs 120 ms to keep", async ({ serveCareless }) => {
    const sessions = createSessions({ storage: serverSide(delayed(memory(), () => 120)) });
    const { browse } = await serveCareless(sessions, {
      "/": counting(sessions, () => new Response(null, { status: 303, headers: { Location: "/target" } })),
      "/target": dumping(sessions),
    });
    const browser = browse();
    for (const n of [1, 2]) {
      const reply = await browser.get("/");
      assert.equal(reply.status, 303);
      assert.deepEqual((await browser.get(reply.header("location")!)).json(), { n });
    }
  });

  check("of parallel writes none is lost", async ({ serveCareless, storage }) => {
    const sessions = storage.sessions();
    const { send } = await serveCareless(sessions, {
      "/": async ({ context, query }) => {
        const session = await sessions.get(context);
        session.data[query.get("key")!] = true;
        await session.update((data) => void (data["n"] += 1));
        return new Response("ok");
      },
      "/dump": dumping(sessions),
    });
    const headers = await cookieOf(sessions, { n: 0 });
    const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
    const replies = await Promise.all(keys.map((key) => send(`/?key=${key}`, { headers })));
    assert.deepEqual(
      replies.map(({ status }) => status),
      keys.map(() => 200),
    );
    const expected = Object.fromEntries([["n", 10], ...keys.map((key) => [key, true])]);
    assert.deepEqual((await send("/dump", { headers })).json(), expected);
  });

  check(
    "a request that is under way brings no session back that was ended",
    async ({ serveCareless, storage }) => {
      const sessions = storage.sessions();
      let isRead = false;
      let goOn = () => {};
      const ended = new Promise<void>((resolve) => (goOn = resolve));
      const { send } = await serveCareless(sessions, {
        "/slow": async ({ context }) => {
          const session = await sessions.get(context);
          session.data["late"] = session.user;
          isRead = true;
          await ended;
          return new Response("done");
        },
        "/logout": async ({ context }) => {
          await (await sessions.get(context)).destroy();
          return new Response("bye");
        },
        "/me": naming(sessions),
        "/dump": dumping(sessions),
      });
      const headers = await cookieOf(sessions, { n: 1 }, "42");
      const slow = send("/slow", { headers });
      await until("the session is read", () => isRead);
      await send("/logout", { headers });
      goOn();
      assert.deepEqual(
        (await slow).cookies("session").filter((value) => value !== ""),
        [],
      );
      assert.equal((await send("/me", { headers })).json(), null);
      assert.deepEqual((await send("/dump", { headers })).json(), {});
    },
  );

  for (const work of ["update", "regenerate"] as const) {
    check(
      `a session that ended before ${work} is answered 409, or as the handler says`,
      async ({ serveCareless, capabilities }) => {
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
        const { send } = await serveCareless(sessions, {
          "/": async ({ context }) => {
            await act(context);
            return new Response("done", { headers: BEARING });
          },
          "/caught": async ({ context }) => {
            const error = await failureOf(() => act(context));
            return new Response(String(error instanceof GoneError), { status: 418 });
          },
        });
        const unhandled = await unhandledDuring(async () => {
          for (const path of ["/", "/caught"]) {
            const user = `${work}${path}`;
            const headers = await cookieOf(sessions, {}, user);
            ended = () => sessions.forUser(user).revokeAll();
            const reply = await send(path, { headers });
            const [status, text] = path === "/" ? [409, "Conflict"] : [418, "true"];
            assert.deepEqual(
              [reply.status, reply.cookies("session"), reply.header("x-own")],
              [status, [], undefined],
            );
            if (path !== "/" || capabilities.plainErrors) assert.equal(reply.text, text);
            if (path === "/")
              assert.deepEqual([reply.header("retry-after"), reply.setCookies], [undefined, []]);
          }
        });
        assert.deepEqual(unhandled, []);
      },
    );
  }

  check(
    "requests without a session, and those that do not use it, ask the store nothing",
    async ({ serveCareless }) => {
      const { sessions, calls } = breakable();
      const { send } = await serveCareless(sessions, {
        "/nop": () => new Response("fine"),
        "/me": naming(sessions),
        "/count": async ({ context }) => Response.json((await sessions.get(context)).data["n"] ?? 0),
      });
      const headers = await cookieOf(sessions);
      calls.length = 0;
      const replies = await Promise.all(
        Array.from({ length: 40 }, (_, i) => {
          if (i % 4 === 0) return send("/nop", { headers });
          if (i % 4 === 1) return send("/nop");
          return send(i % 4 === 2 ? "/me" : "/count", { headers: [["cookie", "session=nonsense"]] });
        }),
      );
      for (const reply of replies) assert.deepEqual([reply.status, reply.setCookies], [200, []]);
      assert.deepEqual(calls, []);
    },
  );
}
