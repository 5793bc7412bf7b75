/**
 * Servers that answer `/count`: read the session, add 1, answer with JSON. Each is written as its documentation tells.
 * A name's first word is the framework, whose bare variant the tax is counted from.
 */
import { createServer } from "node:http";
import { SECRET, sessionOf } from "../lib/samples.mjs";

const KEY_HEX = "8f1d4c5b6a79880796a5b4c3d2e1f00112233445566778899aabbccddeeff001";

/** What a session holds beside its count: about 100 bytes of JSON in all. */
const { count: _, ...REST } = sessionOf(100);

/** One more visit, the way a handler does it whose session is a plain object. */
function countIn(data) {
  if (data.count === undefined) Object.assign(data, REST);
  data.count = (data.count ?? 0) + 1;
  return data.count;
}

/** A cookie of the size that a signed session has, for the floor: what sending any cookie costs. */
const CONSTANT_COOKIE = `session=${"x".repeat(169)}; HttpOnly; Path=/; SameSite=Lax`;

function listen(server) {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

function json(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

async function hipflask() {
  const [{ createSessions, signedCookie }, { flaskConfig }] = await Promise.all([
    import("../../dist/index.js"),
    import("../../dist/flask/index.js"),
  ]);
  return {
    native: () => createSessions({ secretKey: SECRET, storage: signedCookie() }),
    flask: () => createSessions(flaskConfig({ SECRET_KEY: SECRET, SESSION_COOKIE_SECURE: true })),
  };
}

const node = {
  "node bare": { start: () => listen(createServer((_request, response) => json(response, { count: 1 }))) },

  "node + a constant Set-Cookie": {
    start: () =>
      listen(
        createServer((_request, response) => {
          response.setHeader("Set-Cookie", CONSTANT_COOKIE);
          json(response, { count: 1 });
        }),
      ),
  },

  "node + hipflask": { start: async () => nodeHipflask((await hipflask()).native()) },
  "node + hipflask flaskConfig": { start: async () => nodeHipflask((await hipflask()).flask()) },

  "node + iron-session": {
    async start() {
      const { getIronSession } = await import("iron-session");
      const options = { password: SECRET, cookieName: "session" };
      return listen(
        createServer(async (request, response) => {
          const session = await getIronSession(request, response, options);
          const count = countIn(session);
          await session.save();
          json(response, { count });
        }),
      );
    },
  },
};

async function nodeHipflask(sessions) {
  const { nodeSessions } = await import("../../dist/adapters/node.js");
  return listen(
    createServer(
      nodeSessions(sessions, async (request, response) => {
        const session = await sessions.get(request);
        json(response, { count: countIn(session.data) });
      }),
    ),
  );
}

/** @param plugIn gives middleware and what finds the session of a request */
async function expressServer(plugIn, wrap = (app) => app) {
  const { default: express } = await import("express");
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  await plugIn(app);
  return listen(createServer(wrap(app)));
}

function countInReqSession(app) {
  app.get("/count", (request, response) => {
    response.json({ count: countIn(request.session) });
  });
}

const express = {
  "express bare": {
    start: () =>
      expressServer((app) => {
        app.get("/count", (_request, response) => {
          response.json({ count: 1 });
        });
      }),
  },

  "express + hipflask (nodeSessions)": {
    async start() {
      const { nodeSessions } = await import("../../dist/adapters/node.js");
      const sessions = (await hipflask()).native();
      return expressServer(
        (app) => {
          app.get("/count", async (request, response) => {
            const session = await sessions.get(request);
            response.json({ count: countIn(session.data) });
          });
        },
        (app) => nodeSessions(sessions, app),
      );
    },
  },

  "express + express-session MemoryStore": {
    start: () =>
      expressServer(async (app) => {
        const { default: session } = await import("express-session");
        app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
        countInReqSession(app);
      }),
  },

  "express + cookie-session": {
    start: () =>
      expressServer(async (app) => {
        const { default: session } = await import("cookie-session");
        app.use(session({ name: "session", keys: [SECRET] }));
        countInReqSession(app);
      }),
  },
};

async function honoServer(plugIn) {
  const [{ Hono }, { serve }] = await Promise.all([import("hono"), import("@hono/node-server")]);
  const app = new Hono();
  await plugIn(app);
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve(port));
  });
}

const hono = {
  "hono bare": {
    start: () => honoServer((app) => app.get("/count", (c) => c.json({ count: 1 }))),
  },

  "hono + a constant Set-Cookie": {
    start: () =>
      honoServer((app) =>
        app.get("/count", (c) => {
          c.header("Set-Cookie", CONSTANT_COOKIE);
          return c.json({ count: 1 });
        }),
      ),
  },

  "hono + hipflask": {
    start: () =>
      honoServer(async (app) => {
        const { honoSessions } = await import("../../dist/adapters/hono.js");
        const sessions = (await hipflask()).native();
        app.use(honoSessions(sessions));
        app.get("/count", async (c) => {
          const session = await sessions.get(c);
          return c.json({ count: countIn(session.data) });
        });
      }),
  },

  "hono + hono-sessions MemoryStore": {
    start: () => honoServer((app) => honoSessionsOf(app, "MemoryStore")),
  },
  "hono + hono-sessions CookieStore": {
    start: () => honoServer((app) => honoSessionsOf(app, "CookieStore", SECRET)),
  },

  "hono + @hono/session in a Map": {
    start: () =>
      honoServer(async (app) => {
        const { useSession, useSessionStorage } = await import("@hono/session");
        const sessions = new Map();
        app.use(
          useSessionStorage({
            get: (id) => sessions.get(id),
            set: (id, data) => void sessions.set(id, data),
            delete: (id) => void sessions.delete(id),
          }),
          useSession({ secret: KEY_HEX }),
        );
        countInHonoSession(app);
      }),
  },

  "hono + @hono/session cookie": {
    start: () =>
      honoServer(async (app) => {
        const { useSession } = await import("@hono/session");
        app.use(useSession({ secret: KEY_HEX }));
        countInHonoSession(app);
      }),
  },
};

async function honoSessionsOf(app, storeName, encryptionKey) {
  const { sessionMiddleware, ...stores } = await import("hono-sessions");
  app.use(
    sessionMiddleware({
      store: new stores[storeName](),
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
      expireAfterSeconds: 14 * 24 * 60 * 60,
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
}

function countInHonoSession(app) {
  app.get("/count", async (c) => {
    const { session } = c.var;
    const before = await session.get();
    const count = (before?.count ?? 0) + 1;
    await session.update({ ...(before ?? REST), count });
    return c.json({ count });
  });
}

async function h3Server(handler) {
  const { H3, serve, useSession } = await import("h3");
  const app = new H3();
  app.get("/count", (event) => handler(event, useSession));
  const server = serve(app, { port: 0, hostname: "127.0.0.1", silent: true });
  await server.ready();
  return Number(new URL(server.url).port);
}

const h3 = {
  "h3 bare": { start: () => h3Server(() => ({ count: 1 })) },

  "h3 + useSession": {
    browsers: 10,
    start: () =>
      h3Server(async (event, useSession) => {
        const session = await useSession(event, { password: SECRET });
        const count = (session.data.count ?? 0) + 1;
        await session.update(count === 1 ? { ...REST, count } : { count });
        return { count };
      }),
  },
};

/**
 * Per name: `start` listens on a free port of 127.0.0.1 and gives it; `sessions`: whether the count rises; `browsers`: how
 * many different sessions to load it with, if not the usual number.
 *
 * @type {Map<string, { start: () => Promise<number>, sessions: boolean, browsers?: number }>}
 */
export const variants = new Map(
  Object.entries({ ...node, ...express, ...hono, ...h3 }).map(([name, variant]) => [
    name,
    { sessions: !/ bare$| constant /.test(name), ...variant },
  ]),
);
