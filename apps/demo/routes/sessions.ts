import { cookies, type SessionManager } from "hipflask";
import { Hono } from "hono";
import { sentCookies } from "./crumbs.ts";

const KNOWN_KEYS = ["hello", "goodnight", "count"];

/** What a session remembers from one visit to the next. */
export function sessionRoutes(sessions: SessionManager): Hono {
  const app = new Hono();

  app.get("/sessions/:key", async (c) => {
    const key = c.req.param("key");
    if (!KNOWN_KEYS.includes(key)) {
      return c.json({ error: "The session has no such key.", known_keys: KNOWN_KEYS }, 404);
    }
    const session = await sessions.get(c);
    let value: unknown;
    // On the server this is exact, however many requests count at once. In a cookie nothing could be.
    await session.update((data) => {
      data.hello ||= "World";
      data.goodnight ||= "Moon";
      const visits = Number(data.count) || 0;
      data.count = key === "count" ? visits + 1 : visits;
      value = data[key];
    });
    return c.json({
      session: { session_key: key, session_value: value, session_accessed: session.accessed },
      cookies: sentCookies(cookies(c)),
    });
  });

  return app;
}
