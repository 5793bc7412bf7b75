import assert from "node:assert/strict";
import { cookies } from "../../cookie/index.ts";
import { counting, naming } from "./handlers.ts";
import type { Check } from "./check.ts";

/** Each cookie goes out once, beside the application's own, and no more of them than there must be. */
export function setCookiesSuite(check: Check): void {
  check(
    "one cookie per name after a login, a message, a new identity and three sets",
    async ({ serve, storage }) => {
      const sessions = storage.sessions();
      const { browse } = await serve(sessions, {
        "/": async ({ context }) => {
          const session = await sessions.get(context);
          await session.regenerate({ user: "42" });
          session.flash("Welcome");
          await session.regenerate();
          for (const n of [1, 2, 3]) {
            session.data["n"] = n;
            cookies(context).set("theme", `v${n}`);
          }
          return new Response("ok");
        },
        "/me": async ({ context }) => {
          const session = await sessions.get(context);
          return Response.json({ user: session.user, data: session.data, flashes: session.flashes() });
        },
      });
      const browser = browse();
      const reply = await browser.get("/");
      assert.equal(reply.setCookies.length, 2);
      assert.deepEqual(reply.cookies("theme"), ["v3"]);
      assert.equal(reply.cookies("session").length, 1);
      assert.deepEqual((await browser.get("/me")).json(), {
        user: "42",
        data: { n: 3 },
        flashes: [{ category: "message", message: "Welcome" }],
      });
    },
  );

  check(
    "beside those of the application, which stay as they are",
    async ({ serve, storage, capabilities: { sendsLength } }) => {
      const sessions = storage.sessions();
      const { send } = await serve(sessions, {
        "/": counting(sessions, () => {
          const response = new Response("12345", {
            headers: { "Content-Length": "5", "X-Own": "1", ETag: '"e"' },
          });
          response.headers.append("Set-Cookie", "a=1; Path=/a, b");
          response.headers.append("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
          return response;
        }),
      });
      const reply = await send("/");
      const [a, b, session = "", ...more] = reply.setCookies;
      assert.deepEqual([a, b], ["a=1; Path=/a, b", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
      assert.match(session, /^session=/);
      assert.deepEqual(more, []);
      assert.deepEqual(
        ["content-length", "x-own", "etag"].map((name) => reply.header(name)),
        [sendsLength ? "5" : undefined, "1", '"e"'],
      );
      assert.equal(reply.text, "12345");
    },
  );

  check("with __Host- and Secure for any host but this machine", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const { send } = await serve(sessions, { "/": counting(sessions, () => new Response("ok")) });
    const { setCookies } = await send("/", { headers: [["host", "shop.example"]] });
    assert.equal(setCookies.length, 1);
    assert.match(setCookies[0]!, /^__Host-session=[\w.-]+; Secure; HttpOnly; Path=\/; SameSite=Lax$/);
  });

  check("none for visitors without cookies who write nothing", async ({ serve, storage }) => {
    const sessions = storage.sessions();
    const { send } = await serve(sessions, {
      "/me": naming(sessions),
      "/logout": async ({ context }) => {
        await (await sessions.get(context)).destroy();
        return new Response("bye");
      },
      "/size": async ({ context }) => Response.json(Object.keys((await sessions.get(context)).data).length),
    });
    const paths = Array.from({ length: 30 }, (_, i) => ["/me", "/logout", "/size"][i % 3]!);
    for (const reply of await Promise.all(paths.map((path) => send(path))))
      assert.deepEqual([reply.status, reply.setCookies, reply.header("vary")], [200, [], "Cookie"]);
  });
}
