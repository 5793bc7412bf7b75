import { createServer } from "node:http";
import { RedisStore } from "connect-redis";
import cookieSession from "cookie-session";
import express from "express";
import expressSession from "express-session";
import { expressSessions } from "../../../dist/adapters/express.js";
import { nodeSessions } from "../../../dist/adapters/node.js";
import { countIn, listen, nativeSessions, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";
import { routes } from "./routes.mjs";
import { redisClient } from "./stores.mjs";
import { cookieSessionUsage, expressSessionUsage } from "./usages.mjs";

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
    counting(cookieSession({ name: "session", keys: [SECRET] }), cookieSessionUsage),
};

export const stored = {
  "express + express-session connect-redis": async (backends) =>
    kept(new RedisStore({ client: await redisClient(backends) })),
};

export const adapters = hipflaskEverywhere("express", (sessions) => {
  const app = application();
  app.use(expressSessions(sessions));
  app.get("/count", async (request, response) => {
    const { data } = await sessions.get(request);
    response.json({ count: countIn(data) });
  });
  return listen(createServer(app));
});

/** express-session, in a store of its own or in another one. */
function kept(store) {
  const sessions = expressSession({ secret: SECRET, resave: false, saveUninitialized: false, store });
  return counting(sessions, expressSessionUsage);
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
