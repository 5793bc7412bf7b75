import { serve } from "@hono/node-server";
import { useSession, useSessionStorage } from "@hono/session";
import { Hono } from "hono";
import { CookieStore, MemoryStore, sessionMiddleware } from "hono-sessions";
import { honoSessions } from "../../../dist/adapters/hono.js";
import { CONSTANT_COOKIE, countIn, nativeSessions, REST, SECRET } from "./common.mjs";
import { managed, routes } from "./routes.mjs";
import { hipflaskOn } from "./stores.mjs";

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
  return listenTo(app, HONO_SESSIONS);
}

const HONO_SESSIONS = {
  read: (c, key) => c.get("session").get(key),
  async change(c, key, next, pause) {
    const session = c.get("session");
    const value = session.get(key);
    await pause();
    session.set(key, next(value));
  },
  async login(c, user) {
    c.set("session_key_rotation", true);
    c.get("session").set("user", user);
  },
  logout: (c) => c.get("session").deleteSession(),
};

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
  return listenTo(app, HONO_SESSION);
}

const HONO_SESSION = {
  read: async (c, key) => (await c.var.session.get())?.[key],
  async change(c, key, next, pause) {
    const { session } = c.var;
    await session.get();
    await pause();
    await session.update((data) => ({ ...data, [key]: next(data?.[key]) }));
  },
  login: (c, user) => c.var.session.update((data) => ({ ...data, user })),
  logout: (c) => c.var.session.delete(),
};

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
