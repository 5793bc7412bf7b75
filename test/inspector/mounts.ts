import "reflect-metadata";
import { createServer, type RequestListener, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Controller, Get, Module, Req } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import express from "express";
import { fastify } from "fastify";
import { H3, type H3Event, toNodeHandler } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import type { Session, SessionManager } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { type NextFunctions, nextSessions } from "hipflask/adapters/next";
import { nodeSessions } from "hipflask/adapters/node";
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { svelteKitSessions } from "hipflask/adapters/sveltekit";
import type { Inspector } from "hipflask/inspector";
import { reactRouter } from "../app/adapters.ts";
import { fetchListener } from "../app/fetch-on-node.ts";
import { listenerWith } from "../app/frameworks.ts";

/** What each application does with the session of `GET /visit`, in a page of text. */
type Work = (session: Session) => string;

export type Mount = (sessions: SessionManager, inspect: Inspector, work: Work) => Server | Promise<Server>;

/** Where the framework's own files decide what the inspector gets. */
const isAt = (path: string, asked: string): boolean => `${asked}/`.startsWith(`${path}/`);

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
      if (!`${ctx.path}/`.startsWith(`${inspect.path}/`)) return next();
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

  async "nest-express"(sessions, inspect, work) {
    const app = await NestFactory.create(nestModule(sessions, work), new ExpressAdapter(), { logger: false });
    app.use(expressSessions(sessions));
    app.use(inspect.node);
    await app.init();
    return app.getHttpServer() as Server;
  },

  async "nest-fastify"(sessions, inspect, work) {
    const root = nestModule(sessions, work);
    const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
      logger: false,
    });
    await app.register(fastifySessions(sessions) as never);
    const server = app.getHttpAdapter().getInstance();
    server.addHook("onRequest", (request, reply, done) => inspect.node(request.raw, reply.raw, done));
    await app.init();
    await server.ready();
    return app.getHttpServer() as Server;
  },

  "react-router"(sessions, inspect, work) {
    // What the compiler makes of a route `inspector/*` and of one for the rest.
    const handle = reactRouter([reactRouterSessions(sessions)], async ({ request, context }) =>
      isAt(inspect.path, new URL(request.url).pathname)
        ? inspect.fetch(request)
        : new Response(work(await sessions.get(context))),
    );
    return createServer(fetchListener(handle));
  },
};

/** Those that the inspector is compiled with. */
export const COMPILED: Readonly<Record<string, Mount>> = {
  next(sessions, inspect, work) {
    const answer = (functions: NextFunctions) => {
      const { handler, getSession } = nextSessions(sessions, functions);
      const visit = handler(async (_request: Request) => new Response(work(await getSession())));
      return (request: Request, ...context: object[]) =>
        isAt(inspect.path, new URL(request.url).pathname)
          ? inspect.fetch(request, ...context)
          : visit(request);
    };
    return createServer(listenerWith("next", { answer }));
  },

  nitro(sessions, inspect, work) {
    const answer = async (event: H3Event) =>
      isAt(inspect.path, event.url.pathname) ? inspect.fetch(event.req) : work(await sessions.get(event));
    return createServer(listenerWith("nitro", { middleware: h3Sessions(sessions), answer }));
  },

  sveltekit(sessions, inspect, work) {
    const handle = svelteKitSessions(sessions);
    const answer = async (event: SvelteKitEvent) =>
      isAt(inspect.path, event.url.pathname)
        ? inspect.fetch(event.request, { address: event.getClientAddress() })
        : new Response(work(await sessions.get(event)));
    return createServer(listenerWith("sveltekit", { handle, answer }));
  },
};

interface SvelteKitEvent {
  readonly request: Request;
  readonly url: URL;
  getClientAddress(): string;
}

/** What decorators come to. */
function nestModule(sessions: SessionManager, work: Work): new () => object {
  class Visits {
    async visit(request: object): Promise<string> {
      return work(await sessions.get(request));
    }
  }
  const { prototype } = Visits;
  Get("visit")(prototype, "visit", Object.getOwnPropertyDescriptor(prototype, "visit")!);
  Req()(prototype, "visit", 0);
  Controller()(Visits);
  // oxlint-disable-next-line typescript/no-extraneous-class -- a module is what its decorator says
  class Root {}
  Module({ controllers: [Visits] })(Root);
  return Root;
}
