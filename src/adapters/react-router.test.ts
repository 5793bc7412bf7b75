import { expect, test } from "vitest";
import { KEY } from "../../test/support/visitor.ts";
import { createLogin } from "../login/index.ts";
import { createSessions } from "../session/index.ts";
import { reactRouterSessions } from "./react-router.ts";

test("next is the page, also where the data of some routes alone is fetched", async () => {
  const sessions = createSessions({ secretKey: KEY });
  const auth = createLogin(sessions, { loadUser: (id) => ({ id }), loginView: "/login" });
  const context = {};
  const reply = await reactRouterSessions(sessions)(
    { request: new Request("https://shop.example/account?a=1&_routes=root"), context },
    async () => new Response((await auth.unauthorized(context)).location),
  );
  expect(await reply.text()).toBe("/login?next=%2Faccount%3Fa%3D1");
});

test.for([
  ["/shop", "/shop/account?a=1", "/account?a=1"],
  ["/shop/", "/Shop/account/", "/account/"],
  ["/shop", "/shop?a=1", "/?a=1"],
  ["/shop", "/shopping", "/shopping"],
  ["/", "/account", "/account"],
  // Another site, to a browser.
  ["/shop", "/shop//evil.example", undefined],
] as const)("with the basename %s, a visitor to %s has the next %s", async ([basename, path, next]) => {
  const sessions = createSessions({ secretKey: KEY });
  const auth = createLogin(sessions, { loadUser: (id) => ({ id }), loginView: "/login" });
  const context = {};
  const reply = await reactRouterSessions(sessions, { basename })(
    { request: new Request(`https://shop.example${path}`), context },
    async () => new Response((await auth.unauthorized(context)).location),
  );
  expect(await reply.text()).toBe(next ? `/login?next=${encodeURIComponent(next)}` : "/login");
});
