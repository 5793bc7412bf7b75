import assert from "node:assert/strict";
import { cookies } from "../../cookie/index.ts";
import { HeadersSentError } from "../../errors.ts";
import { counting, dumping, streamed } from "./handlers.ts";
import { failureOf } from "./watching.ts";
import type { Check } from "./check.ts";
import { cookieOf } from "./storages.ts";

/** What is written before the headers leave goes out, once; what is written after it is refused. */
export function writesSuite(check: Check): void {
  for (const status of [301, 302, 303, 307, 308]) {
    check(`a redirect of status ${status} finds what was written before it`, async ({ serve, storage }) => {
      const sessions = storage.sessions();
      const { browse } = await serve(sessions, {
        "/": counting(sessions, () => new Response(null, { status, headers: { Location: "/target" } })),
        "/target": dumping(sessions),
      });
      const browser = browse();
      for (const n of [1, 2]) {
        const reply = await browser.get("/");
        assert.deepEqual([reply.status, reply.header("location")], [status, "/target"]);
        assert.deepEqual((await browser.get("/target")).json(), { n });
      }
    });
  }

  for (const [method, status, body] of [
    ["GET", 200, "text"],
    ["HEAD", 200, ""],
    ["GET", 204, ""],
    ["GET", 304, ""],
    ["POST", 201, "text"],
    ["GET", 500, "text"],
  ] as const) {
    check(`${method} answered ${status} brings what was written`, async ({ serve, storage }) => {
      const sessions = storage.sessions();
      const content = status === 204 || status === 304 ? null : "text";
      const { browse } = await serve(sessions, {
        "/": counting(sessions, () => new Response(content, { status })),
        "/dump": dumping(sessions),
      });
      const browser = browse();
      const reply = await browser.ask(method, "/");
      assert.deepEqual([reply.status, reply.text, reply.cookies("session").length], [status, body, 1]);
      assert.equal(reply.header("vary"), "Cookie");
      await browser.ask(method, "/");
      assert.deepEqual((await browser.get("/dump")).json(), { n: 2 });
    });
  }

  check("a write after a stream's first chunk is a HeadersSentError", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const late: unknown[] = [];
    const { browse } = await serve(sessions, {
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
        return streamed(body());
      },
      "/dump": dumping(sessions),
    });
    const browser = browse();
    const reply = await browser.get("/");
    assert.equal(reply.text, "first last");
    assert.equal(late.length, 8);
    for (const error of late) assert.ok(error instanceof HeadersSentError, String(error));
    assert.deepEqual((await browser.get("/dump")).json(), { early: true });
  });

  check("a stream that asks for the session only then may read it", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const { send } = await serve(sessions, {
      "/": async ({ context }) => {
        async function* body(): AsyncGenerator<Uint8Array> {
          yield new TextEncoder().encode("first ");
          const session = await sessions.get(context);
          const error = await failureOf(() => (session.data["late"] = true));
          yield new TextEncoder().encode(`${session.data["n"]} ${(error as HeadersSentError).code}`);
        }
        return streamed(body());
      },
    });
    const reply = await send("/", { headers: await cookieOf(sessions, { n: 7 }) });
    assert.deepEqual([reply.text, reply.setCookies], ["first 7 HEADERS_SENT", []]);
  });

  check(
    "an error that the application answers keeps what was written before it, or drops it",
    async ({ serve, storage, capabilities }) => {
      const sessions = storage.sessions();
      const { send } = await serve(sessions, {
        "/": counting(sessions, () => {
          throw new Error("the handler failed");
        }),
      });
      const reply = await send("/");
      assert.deepEqual([reply.status, reply.text], [500, "INTERNAL"]);
      assert.equal(reply.cookies("session").length, capabilities.keepsOnError ? 1 : 0);
    },
  );
}
