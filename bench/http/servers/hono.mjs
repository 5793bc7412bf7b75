import { serve } from "@hono/node-server";
import { useSession, useSessionStorage } from "@hono/session";
import { Hono } from "hono";
import { CookieStore, MemoryStore, sessionMiddleware } from "hono-sessions";
import { honoSessions } from "../../../dist/adapters/hono.js";
import { CONSTANT_COOKIE, countIn, nativeSessions, REST, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";
import { managed, routes } from "./routes.mjs";
import { hipflaskOn } from "./stores.mjs";
import { honoSessionsUsage, honoSessionUsage } from "./usages.mjs";

const DAYS_14 = 14 * 24 * 60 * 60;

export const servers = {
  "hono bare": () => {
    const app = new Hono();
    app.get("/count", (c) => c.json({ count: 1 }));
    return listen(app);
  },

  "hono + a constant Set-Cookie": () => {
    const app = new Hono();
    app.get("/count", (c) => {
      c.header("Set-Cookie", CONSTANT_COOKIE);
      return c.json({ count: 1 });
    });
    return listen(app);
  },

  "hono + hipflask": () => hipflask(nativeSessions()),

  "hono + hipflask, ambient: false": () => hipflask(nativeSessions({ ambient: false })),

  "hono + hono-sessions MemoryStore": () => honoSessionsIn(new MemoryStore()),

  "hono + hono-sessions CookieStore": () => honoSessionsIn(new CookieStore(), SECRET),

  "hono + @hono/session in a Map": () => {
    const kept = new Map();
    const storage = {
      get: (id) => kept.get(id),
      set: (id, data) => void kept.set(id, data),
      delete: (id) => void kept.delete(id),
    };
    return honoSession(useSessionStorage(storage), useSession({ secret: SECRET }));
  },

  "hono + @hono/session cookie": () => honoSession(useSession({ secret: SECRET })),
};

export const stored = hipflaskOn("hono", hipflask);

export const adapters = hipflaskEverywhere("hono", hipflask);

function hipflask(sessions) {
  const app = new Hono();
  app.use(honoSessions(sessions));
  app.get("/count", async (c) => {
    const session = await sessions.get(c);
    return c.json({ count: countIn(session.data) });
  });
  return listenTo(app, managed(sessions));
}

function honoSessionsIn(store, encryptionKey) {
  const app = new Hono();
  app.use(
    sessionMiddleware({
      store,
      encryptionKey,
      expireAfterSeconds: DAYS_14,
      cookieOptions: { sameSite: "Lax", path: "/", httpOnly: true },
    }),
  );
  app.get("/count", (c) => {
    const session = c.get("session");
    const count = (session.get("count") ?? 0) + 1;
    if (count === 1) for (const [key, value] of Object.entries(REST)) session.set(key, value);
    session.set("count", count);
    return c.json({ count });
  });
  return listenTo(app, honoSessionsUsage);
}

function honoSession(...middleware) {
  const app = new Hono();
  app.use(...middleware);
  app.get("/count", async (c) => {
    const { session } = c.var;
    const before = await session.get();
    const count = (before?.count ?? 0) + 1;
    await session.update({ ...REST, ...before, count });
    return c.json({ count });
  });
  return listenTo(app, honoSessionUsage);
}

function listenTo(app, usage) {
  const others = routes(usage);
  app.get("/*", async (c) => c.json(await others(c.req.url, c)));
  return listen(app);
}

function listen(app) {
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve({ port }));
  });
}
