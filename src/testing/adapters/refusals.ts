import assert from "node:assert/strict";
import { cookies } from "../../cookie/index.ts";
import { dumping, noise } from "./handlers.ts";
import type { Check } from "./check.ts";

/** What cannot be stored is refused before any header has left. */
export function refusalsSuite(check: Check, isStored: boolean): void {
  const tooLarge: [string, unknown, string] = [
    "a session that no browser would keep",
    noise(5000),
    "TOO_LARGE",
  ];
  for (const [what, value, code] of [
    ...(isStored ? [] : [tooLarge]),
    ["data that has no text", { deep: [() => 1] }, "UNSERIALIZABLE"],
  ] as [string, unknown, string][]) {
    check(
      `${what} is an error that the application answers, with nothing of the answer before`,
      async ({ serve, storage, capabilities: { sendsLength } }) => {
        const sessions = storage.sessions();
        const { browse } = await serve(sessions, {
          "/": async ({ context }) => {
            (await sessions.get(context)).data["cart"] = value;
            cookies(context).set("theme", "dark");
            return new Response("a long answer, which must not be sent", {
              headers: { "Content-Length": "37", "Cache-Control": "public, max-age=3600", ETag: '"e"' },
            });
          },
          "/dump": dumping(sessions),
        });
        const browser = browse();
        const reply = await browser.get("/");
        assert.deepEqual([reply.status, reply.text, reply.setCookies], [400, code, []]);
        assert.deepEqual(
          ["content-length", "cache-control", "etag"].map((name) => reply.header(name)),
          [sendsLength ? String(code.length) : undefined, undefined, undefined],
        );
        assert.deepEqual((await browser.get("/dump")).json(), {});
      },
    );
  }
}
