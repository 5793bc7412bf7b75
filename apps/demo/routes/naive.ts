import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { parseCookie, stringifySetCookie } from "hipflask/cookie";
import { Hono } from "hono";
import { LRUCache } from "lru-cache";

/** Milliseconds that a store takes for a question. */
const TRIP = 5;

/**
 * A counter as most session libraries keep it, and as this one does not: the whole session is read at the start of a request and written
 * back at its end, over whatever others have written in between.
 */
export function naiveRoutes(): Hono {
  const app = new Hono();
  const store = new LRUCache<string, string>({ max: 1000 });

  app.get("/naive/count", async (c) => {
    const sent = parseCookie(c.req.header("Cookie")).get("naive");
    const id = sent !== undefined && store.has(sent) ? sent : randomBytes(16).toString("base64url");
    await delay(TRIP);
    const session = JSON.parse(store.get(id) ?? '{"count":0}') as { count: number };
    session.count += 1;
    await delay(TRIP);
    store.set(id, JSON.stringify(session));
    if (id !== sent) c.header("Set-Cookie", stringifySetCookie("naive", id, { httpOnly: true, path: "/" }));
    return c.json({ count: session.count });
  });

  return app;
}
