import { createServer } from "node:http";
import cookieSession from "cookie-session";
import express from "express";
import expressSession from "express-session";
import { nodeSessions } from "../../../dist/adapters/node.js";
import { countIn, listen, nativeSessions, SECRET } from "./common.mjs";

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
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Express 5 hands on what is rejected
    app.get("/count", async (request, response) => {
      const session = await sessions.get(request);
      response.json({ count: countIn(session.data) });
    });
    return listen(createServer(nodeSessions(sessions, app)));
  },

  "express + express-session MemoryStore": () =>
    counting(expressSession({ secret: SECRET, resave: false, saveUninitialized: false })),

  "express + cookie-session": () => counting(cookieSession({ name: "session", keys: [SECRET] })),
};

function application() {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  return app;
}

function counting(middleware) {
  const app = application();
  app.use(middleware);
  app.get("/count", (request, response) => {
    response.json({ count: countIn(request.session) });
  });
  return listen(createServer(app));
}
