import { CookieStore, sessionMiddleware } from "hono-sessions";
import { honoSessionsUsage } from "../../http/servers/usages.mjs";
import { SECRET } from "../../lib/samples.mjs";
import { tortureApp } from "../app.mjs";
import { serveHono } from "../frameworks/hono.mjs";
import { SlowMap } from "../slow-map.mjs";

/** @type {import("../rows.mjs").PeerRow[]} */
export const rows = [
  {
    package: "hono-sessions",
    variant: "store",
    async start(line) {
      const map = new SlowMap(line);
      const store = {
        getSessionById: (id) => map.get(id),
        createSession: (id, data) => map.set(id, data),
        persistSessionData: (id, data) => map.set(id, data),
        deleteSession: (id) => map.delete(id),
      };
      return { server: await serve({ store }), store: map };
    },
  },
  {
    package: "hono-sessions",
    variant: "CookieStore",
    isInCookies: true,
    start: async () => ({ server: await serve({ store: new CookieStore(), encryptionKey: SECRET }) }),
  },
];

function serve(options) {
  const cookieOptions = { sameSite: "Lax", path: "/", httpOnly: true };
  const sessions = sessionMiddleware({ ...options, expireAfterSeconds: 3600, cookieOptions });
  return serveHono([sessions], tortureApp(honoSessionsUsage));
}
