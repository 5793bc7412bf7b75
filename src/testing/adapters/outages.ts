import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { cookies } from "../../cookie/index.ts";
import type { StoreError } from "../../errors.ts";
import { counting, dumping, naming, streamed } from "./handlers.ts";
import { eventsOf, failureOf, unhandledDuring, until } from "./watching.ts";
import type { AdapterCapabilities } from "./app.ts";
import { assertUnavailable, BEARING, breakable, WRITING } from "./broken-store.ts";
import type { Check } from "./check.ts";
import { cookieOf } from "./storages.ts";

/** A store that fails is 503, and makes a stranger of nobody. */
export function outagesSuite(check: Check, { endsFailedHead = true }: AdapterCapabilities): void {
  check(
    "503 where the session cannot be read, and all else goes on",
    async ({ serveCareless, capabilities }) => {
      const store = breakable();
      const { sessions } = store;
      const { send } = await serveCareless(sessions, {
        "/count": counting(sessions, () => new Response("counted", { headers: BEARING })),
        "/theme": async ({ context }) => {
          cookies(context).set("theme", "dark");
          return Response.json((await sessions.get(context)).data);
        },
        "/caught": async ({ context }) => {
          const error = await failureOf(() => sessions.get(context));
          return new Response((error as StoreError).code, { status: capabilities.ownsStatus500 ? 422 : 500 });
        },
        "/logout": async ({ context }) => {
          await (await sessions.get(context)).destroy();
          return new Response("bye");
        },
        "/nop": () => new Response("fine", { headers: { "Cache-Control": "public" } }),
        "/me": naming(sessions),
      });
      const headers = await cookieOf(sessions, { n: 5 });
      const unhandled = await unhandledDuring(async () => {
        store.broken = ["load"];
        for (const path of ["/count", "/theme", "/logout"])
          assertUnavailable(capabilities, await send(path, { headers }));
        if (endsFailedHead)
          assertUnavailable(capabilities, await send("/count", { method: "HEAD", headers }));
        const caught = await send("/caught", { headers });
        assert.deepEqual([caught.text, caught.setCookies], ["STORE_UNAVAILABLE", []]);
        assert.deepEqual(
          [(await send("/nop", { headers })).text, (await send("/me")).json()],
          ["fine", null],
        );
        store.broken = [];
        // One request in half a second tries a store that is down.
        let counted = await send("/count", { headers });
        for (let i = 0; i < 25 && counted.status === 503; i += 1) {
          await sleep(200);
          counted = await send("/count", { headers });
        }
        assert.equal(counted.text, "counted");
        assert.deepEqual((await send("/theme", { headers })).json(), { n: 6 });
      });
      assert.deepEqual(unhandled, []);
    },
  );

  const bodies = new Bodies();
  const answers: Record<string, () => Response> = {
    text: () => new Response("a long answer that must not be sent", { headers: BEARING }),
    "a length": () => new Response("1234", { headers: { ...BEARING, "Content-Length": "4" } }),
    nothing: () => new Response(null, { status: 204, headers: BEARING }),
    "a redirect": () => new Response(null, { status: 302, headers: { ...BEARING, Location: "/" } }),
    "a stream": () => streamed(bodies.chunks(3), BEARING),
    "a stream without an end": () => streamed(bodies.chunks(Infinity), BEARING),
  };
  for (const [what, answer] of Object.entries(answers)) {
    for (const method of endsFailedHead ? ["GET", "HEAD"] : ["GET"]) {
      check(
        `503 where ${method} was answered with ${what}, and the session cannot be stored`,
        async ({ serveCareless, capabilities }) => {
          const store = breakable();
          const { sessions } = store;
          const events = eventsOf(sessions);
          const { send } = await serveCareless(sessions, {
            "/": async (call) => {
              cookies(call.context).set("theme", "dark");
              return counting(sessions, answer)(call);
            },
          });
          const headers = await cookieOf(sessions);
          const unhandled = await unhandledDuring(async () => {
            store.broken = WRITING;
            // To begin a session, and to change one.
            assertUnavailable(capabilities, await send("/", { method }));
            assertUnavailable(capabilities, await send("/", { method, headers }));
            assert.equal(events.filter(({ type }) => type === "session.unsaved").length, 2);
            await until("the bodies have ended", () => bodies.running === 0);
          });
          assert.deepEqual(unhandled, []);
        },
      );
    }
  }

  check(
    "a logout that the store does not do says so, and the session stays",
    async ({ serveCareless, capabilities }) => {
      const store = breakable();
      const { sessions } = store;
      const { send } = await serveCareless(sessions, {
        "/logout": async ({ context }) => {
          await (await sessions.get(context)).destroy();
          return new Response("bye", { headers: BEARING });
        },
        "/me": naming(sessions),
      });
      const headers = await cookieOf(sessions, {}, "42");
      store.broken = ["delete"];
      assertUnavailable(capabilities, await send("/logout", { headers }));
      store.broken = [];
      assert.equal((await send("/me", { headers })).json(), "42");
      assert.deepEqual((await send("/logout", { headers })).cookies("session"), [""]);
      assert.equal((await send("/me", { headers })).json(), null);
    },
  );

  check(
    "nothing is stored with the answer to a failure, and all with another one",
    async ({ serveCareless }) => {
      const store = breakable();
      const { sessions } = store;
      const failing = async (context: object) => {
        const session = await sessions.get(context);
        store.broken = ["save"];
        const error = await failureOf(() => session.update((data) => void (data["tried"] = true)));
        store.broken = [];
        cookies(context).set("theme", "dark");
        return { session, status: (error as StoreError).status };
      };
      const { send } = await serveCareless(sessions, {
        "/sorry": async ({ context }) => {
          const { session, status } = await failing(context);
          session.data["sorry"] = true;
          return new Response("sorry", { status });
        },
        "/fine": async ({ context }) => {
          const { session } = await failing(context);
          session.data["fine"] = true;
          return new Response("fine");
        },
        "/again": async ({ context }) => {
          const { session, status } = await failing(context);
          await session.update((data) => void (data["again"] = true));
          session.data["busy"] = true;
          return new Response("busy for another reason", { status });
        },
        "/dump": dumping(sessions),
      });
      const headers = await cookieOf(sessions, { n: 5 });
      const after = async (path: string) => {
        const reply = await send(path, { headers });
        return [reply.status, reply.cookies("theme").length, (await send("/dump", { headers })).json()];
      };
      assert.deepEqual(await after("/sorry"), [503, 0, { n: 5 }]);
      assert.deepEqual(await after("/fine"), [200, 1, { n: 5, fine: true }]);
      assert.deepEqual(await after("/again"), [503, 1, { n: 5, fine: true, again: true, busy: true }]);
    },
  );
}

/** Bodies that are made while they are read. */
class Bodies {
  /** How many are being made. */
  running = 0;

  async *chunks(count: number): AsyncGenerator<Uint8Array> {
    this.running += 1;
    try {
      for (let i = 0; i < count; i += 1) {
        yield new Uint8Array(1000);
        await sleep(1);
      }
    } finally {
      this.running -= 1;
    }
  }
}
