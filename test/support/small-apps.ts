import { createServer } from "node:http";
import express from "express";
import { fastify } from "fastify";
import { H3 } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import {
  createSessions,
  serverSide,
  type Session,
  type SessionManager,
  type SessionOptions,
  signedCookie,
} from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { nodeSessions } from "hipflask/adapters/node";
import { webSessions } from "hipflask/adapters/web";
import { flaskConfig } from "hipflask/flask";
import { MemoryStore } from "hipflask/stores/memory";
import type { TestTarget } from "hipflask/testing";
import { KEY } from "./visitor.ts";

export interface Counted {
  n: number;
}

type Options = Partial<SessionOptions<Counted>>;

/** Ways to keep sessions. */
export const STORAGES: Record<string, (options?: Options) => SessionManager<Counted>> = {
  signedCookie: (options) => createSessions({ secretKey: KEY, storage: signedCookie(), ...options }),
  serverSide: (options) => createSessions({ storage: serverSide(new MemoryStore()), ...options }),
  flaskConfig: (options) =>
    createSessions<Counted>({ ...flaskConfig({ SECRET_KEY: KEY }), schema: undefined, ...options }),
};

/** The same small application on each framework: `/` counts, `/login` redirects to it, `/logout` ends the session. */
export const APPS: Record<string, (sessions: SessionManager<Counted>) => Promise<TestTarget>> = {
  async hono(sessions) {
    const app = new Hono().use(honoSessions(sessions));
    app.all("*", async (c) => toResponse(await answer(c.req.path, await sessions.get(c))));
    return app;
  },
  async h3(sessions) {
    const app = new H3().use(h3Sessions(sessions));
    app.all("/**", async (event) => toResponse(await answer(event.url.pathname, await sessions.get(event))));
    return app;
  },
  web: async (sessions) =>
    webSessions(sessions, async (request: Request) =>
      toResponse(await answer(new URL(request.url).pathname, await sessions.get(request))),
    ),
  async express(sessions) {
    const app = express().use(expressSessions(sessions));
    app.use(async (req, res) => {
      const { location, body } = await answer(req.path, await sessions.get(req));
      if (location === undefined) res.json(body);
      else res.redirect(303, location);
    });
    return createServer(app);
  },
  async koa(sessions) {
    const app = new Koa();
    app.use(koaSessions(sessions));
    app.use(async (ctx) => {
      const { location, body } = await answer(ctx.path, await sessions.get(ctx));
      ctx.body = body;
      if (location !== undefined) ctx.redirect(location);
    });
    return createServer(app.callback());
  },
  node: async (sessions) =>
    createServer(
      nodeSessions(sessions, async (request, response) => {
        const { location, body } = await answer(request.url!, await sessions.get(request));
        response.writeHead(location === undefined ? 200 : 303, location === undefined ? {} : { location });
        response.end(JSON.stringify(body));
      }),
    ),
  async fastify(sessions) {
    const app = fastify().register(fastifySessions(sessions));
    app.all("*", async (request, reply) => {
      const { location, body } = await answer(request.url, await sessions.get(request));
      return location === undefined ? body : reply.redirect(location, 303);
    });
    await app.ready();
    return app.server;
  },
};

interface Answer {
  readonly location?: string;
  readonly body: object;
}

async function answer(path: string, session: Session<Counted>): Promise<Answer> {
  if (path === "/login") {
    await session.regenerate({ user: "ada" });
    session.flash("Welcome");
    return { location: "/", body: {} };
  }
  if (path === "/logout") await session.destroy();
  else session.data.n = (session.data.n ?? 0) + 1;
  return {
    body: { n: session.data.n, user: session.user, flashes: session.flashes().map(({ message }) => message) },
  };
}

function toResponse({ location, body }: Answer): Response {
  return location === undefined
    ? Response.json(body)
    : new Response(null, { status: 303, headers: { Location: location } });
}
