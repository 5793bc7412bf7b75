import { createServer } from "node:http";
import { promisify } from "node:util";
import { RedisStore } from "connect-redis";
import cookieSession from "cookie-session";
import express from "express";
import expressSession from "express-session";
import { nodeSessions } from "../../../dist/adapters/node.js";
import { countIn, listen, nativeSessions, SECRET } from "./common.mjs";
import { properties, routes } from "./routes.mjs";
import { redisClient } from "./stores.mjs";

export const servers = {
  "express bare": () => {
    const app = application();
    app.get("/count", (_request, response) => {
      response.json({ count: 1 });
    });
    return listen(createServer(app));
  },

  "express + hipflask (nodeSessions)": () => {
    const app = application();
    const sessions = nativeSessions();
    app.get("/count", async (request, response) => {
      const session = await sessions.get(request);
      response.json({ count: countIn(session.data) });
    });
    return listen(createServer(nodeSessions(sessions, app)));
  },

  "express + express-session MemoryStore": () => kept(),

  "express + cookie-session": () =>
    counting(
      cookieSession({ name: "session", keys: [SECRET] }),
      properties({
        open: (request) => request.session,
        end: (request) => {
          request.session = null;
        },
      }),
    ),
};

export const stored = {
  "express + express-session connect-redis": async (backends) =>
    kept(new RedisStore({ client: await redisClient(backends) })),
};

/** express-session, in a store of its own or in another one. */
function kept(store) {
  return counting(
    expressSession({ secret: SECRET, resave: false, saveUninitialized: false, store }),
    properties({
      open: (request) => request.session,
      renew: ({ session }) => promisify(session.regenerate).call(session),
      end: ({ session }) => promisify(session.destroy).call(session),
    }),
  );
}

function application() {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  return app;
}

function counting(middleware, usage) {
  const others = routes(usage);
  const app = application();
  app.use(middleware);
  app.get("/count", (request, response) => {
    response.json({ count: countIn(request.session) });
  });
  app.get("/*path", async (request, response) => {
    response.json(await others(request.url, request));
  });
  return listen(createServer(app));
}
