import { type CookieAttributes, stringifySetCookie } from "hipflask/cookie";
import { Hono } from "hono";
import { jsonBody } from "../body.ts";
import { PLAIN_COOKIES } from "../plain-cookies.ts";

/** Every cookie of the demo; the session's attributes are those that Flask gives it. */
const COOKIES: ReadonlyMap<string, CookieAttributes> = new Map<string, CookieAttributes>([
  ...Object.entries(PLAIN_COOKIES),
  ["session", { httpOnly: true, sameSite: "Lax" }],
]);

/** Writes a cookie as a visitor's developer tools would, also the one that no script of the page can reach. */
export function tamperRoutes(): Hono {
  const app = new Hono();

  app.post("/tamper", async (c) => {
    const { name, value } = await jsonBody(c);
    const attributes = COOKIES.get(String(name));
    if (attributes === undefined) {
      return c.json({ error: "The demo has no such cookie.", known_cookies: [...COOKIES.keys()] }, 404);
    }
    if (typeof value !== "string") return c.json({ error: "Give the value as text." }, 400);
    c.header("Set-Cookie", stringifySetCookie(String(name), value, { ...attributes, path: "/" }));
    return c.json({ message: `The cookie ${String(name)} is now what you wrote.` });
  });

  return app;
}
