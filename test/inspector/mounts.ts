import { createServer, type RequestListener, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { fastify } from "fastify";
import { H3, toNodeHandler } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import type { Session, SessionManager } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { nodeSessions } from "hipflask/adapters/node";
import type { Inspector } from "hipflask/inspector";

/** What each application does with the session of `GET /visit`, in a page of text. */
type Work = (session: Session) => string;

type Mount = (sessions: SessionManager, inspect: Inspector, work: Work) => Server | Promise<Server>;

/** The inspector in each framework, as docs/inspector.md mounts it. */
export const MOUNTS: Readonly<Record<string, Mount>> = {
  express(sessions, inspect, work) {
    const app = express();
    app.use(express.json());
    app.use(expressSessions(sessions));
    app.use(inspect.node);
    app.get("/visit", async (req, res) => {
      res.type("text").send(work(await sessions.get(req)));
    });
    return createServer(app as RequestListener);
  },

  hono(sessions, inspect, work) {
    const app = new Hono();
    app.use(honoSessions(sessions));
    app.all(`${inspect.path}/*`, (c) => inspect.fetch(c.req.raw));
    app.get("/visit", async (c) => c.text(work(await sessions.get(c))));
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  },

  node(sessions, inspect, work) {
    return createServer(
      nodeSessions(sessions, (request, response) =>
        inspect.node(request, response, async () => {
          response.end(work(await sessions.get(request)));
        }),
      ),
    );
  },

  async fastify(sessions, inspect, work) {
    const app = fastify();
    await app.register(fastifySessions(sessions));
    app.addHook("onRequest", (request, reply, done) => inspect.node(request.raw, reply.raw, done));
    app.get("/visit", async (request) => work(await sessions.get(request)));
    await app.ready();
    return app.server;
  },

  koa(sessions, inspect, work) {
    const app = new Koa();
    app.use(koaSessions(sessions));
    app.use((ctx, next) => {
      if (!ctx.path.startsWith(inspect.path)) return next();
      ctx.respond = false;
      return inspect.node(ctx.req, ctx.res);
    });
    app.use(async (ctx) => {
      ctx.body = work(await sessions.get(ctx));
    });
    return createServer(app.callback());
  },

  h3(sessions, inspect, work) {
    const app = new H3();
    app.use(h3Sessions(sessions));
    app.all(`${inspect.path}/**`, (event) => inspect.fetch(event.req));
    app.get("/visit", async (event) => work(await sessions.get(event)));
    return createServer(toNodeHandler(app));
  },
};
