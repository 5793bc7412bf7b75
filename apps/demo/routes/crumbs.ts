import { type CookieJar, cookies } from "hipflask";
import { parseCookie } from "hipflask/cookie";
import { Hono } from "hono";
import { PLAIN_COOKIES } from "../plain-cookies.ts";

/** Plain cookies: set, read and deleted. */
export function crumbRoutes(): Hono {
  const app = new Hono();

  app.get("/crumbs", (c) => {
    const jar = cookies(c);
    jar.set("mouse", "Cookie", PLAIN_COOKIES.mouse);
    return c.json({ cookies: sentCookies(jar), message: "mouse successfully followed crumbs" });
  });

  app.get("/cookie", (c) => {
    cookies(c).set("theme", "dark", PLAIN_COOKIES.theme);
    return c.json({ message: "The cookie theme=dark was set for 30 days." });
  });

  app.delete("/cookie", (c) => {
    cookies(c).delete("theme", { sameSite: PLAIN_COOKIES.theme.sameSite });
    return c.json({ message: "The cookie theme was deleted." });
  });

  app.get("/set", (c) => {
    const username = c.req.query("username") || "Ada";
    // A cookie's value has no room for spaces and accents, so they are encoded here and decoded in /get.
    cookies(c).set("username", encodeURIComponent(username), PLAIN_COOKIES.username);
    return c.json({ username, message: `The cookie username was set. /get will greet ${username}.` });
  });

  app.get("/get", (c) => {
    const username = parseCookie(c.req.header("Cookie"), { decode: decodeURIComponent }).get("username");
    if (!username) return c.json({ username: null, message: "no username yet" });
    return c.json({ username, message: `Welcome back, ${username}` });
  });

  return app;
}

/** The cookies that came with the request, one object each. */
export function sentCookies(jar: CookieJar): Record<string, string>[] {
  return [...jar].map(([name, value]) => ({ [name]: value }));
}
