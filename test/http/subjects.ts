import { createServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import express, { type Express } from "express";
import express4 from "express4";
import { fastify } from "fastify";
import { H3 } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { nodeSessions } from "hipflask/adapters/node";
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { webSessions } from "hipflask/adapters/web";
import type { AdapterApp, AdapterCapabilities, AdapterSuiteOptions } from "hipflask/testing";
import { onTestFinished } from "vitest";
import { type App, answerKoa, honoApp, LISTENERS, reactRouter, webApp } from "../app/adapters.ts";
import { call } from "../app/call.ts";
import { bodyText, fetchListener, sendResponse } from "../app/fetch-on-node.ts";
import { listen } from "../support/client.ts";
import { NEST } from "../app/nest.ts";

/** One adapter under one way to reach it. */
export interface Subject extends Omit<AdapterSuiteOptions, "test"> {
  readonly name: string;
}

/** The suite's application as one of ours; `respond` is asked below the adapter. */
function toApp({ sessions, respond, onError }: AdapterApp): App {
  return {
    sessions,
    respond: ({ path, query, context, text }) => respond(context, { url: `${path}?${query}`, text }),
    ...(onError === undefined ? {} : { onError }),
  };
}

/** An adapter behind a server of Node's: around an application that answers errors, and around one that does not. */
export function overNode(
  name: string,
  protocol: "http1" | "http2",
  caring: Listener,
  careless: Listener,
  capabilities: AdapterCapabilities = {},
): Subject {
  return {
    name: `the adapter ${name} over ${protocol}`,
    capabilities,
    async serve(app) {
      keepGlobals();
      const listener = (app.onError === undefined ? careless : caring)(toApp(app));
      // All listeners use only what the two protocols have in common.
      const server = protocol === "http1" ? createServer(listener) : createHttp2Server(listener as never);
      const { origin, close } = await listen(server);
      return { origin, http2: protocol === "http2", close: async () => close() };
    },
  };
}

/** `@hono/node-server` puts its own Request and Response in the place of Node's. */
export function keepGlobals(): void {
  const { Request, Response } = globalThis;
  onTestFinished(() => {
    Object.assign(globalThis, { Request, Response });
  });
}

/** Frameworks without an answer of their own to errors, around an application that catches nothing, as a beginner writes it. */
const PLAIN = {
  web: (app) => fetchListener(carelessWeb(app)),
  hono: (app) => getRequestListener(carelessHono(app).fetch) as RequestListener,
  node: ({ sessions, respond }) =>
    nodeSessions(sessions, async (request, response) => {
      const url = `http://localhost${request.url}`;
      const answer = await respond(call(request.method!, url, request, () => bodyText(request)));
      await sendResponse(answer, request, response);
    }),
} satisfies Record<string, Listener>;

function carelessWeb({ sessions, respond }: App): (request: Request) => Promise<Response> {
  return webSessions(sessions, (request: Request) =>
    respond(call(request.method, request.url, request, () => request.text())),
  );
}

function carelessHono({ sessions, respond }: App): Hono {
  return new Hono()
    .use(honoSessions(sessions))
    .all("*", (c) => respond(call(c.req.method, c.req.url, c, () => c.req.text())));
}

type Listener = (app: App) => RequestListener;

/** The same with frameworks that have an answer of their own to errors. */
const CARELESS = {
  express: (app) => carelessExpress(express(), app),
  express4: (app) => carelessExpress(express4(), app),
  fastify({ sessions, respond }) {
    const app = fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _body, done) => done(null));
    app.register(fastifySessions(sessions));
    app.all("*", (request) =>
      respond(call(request.method, `http://localhost${request.url}`, request, () => bodyText(request.raw))),
    );
    const ready = app.ready();
    return (request, response) => void ready.then(() => app.routing(request, response));
  },
  koa({ sessions, respond }) {
    const app = new Koa();
    app.silent = true;
    app.use(koaSessions(sessions));
    app.use(async (ctx) => {
      const url = `http://localhost${ctx.url}`;
      answerKoa(ctx, await respond(call(ctx.method, url, ctx, () => bodyText(ctx.req))));
    });
    return app.callback();
  },
  h3({ sessions, respond }) {
    const app = new H3({ silent: true });
    app.use(h3Sessions(sessions));
    app.all("/**", (event) => respond(call(event.req.method, event.req.url, event, () => event.req.text())));
    return fetchListener(async (request) => app.fetch(request));
  },
  "nest-express": NEST.express.careless,
  "nest-fastify": NEST.fastify.careless,
  "react-router": ({ sessions, respond }) =>
    fetchListener(
      reactRouter([reactRouterSessions(sessions)], ({ request, context }) =>
        respond(call(request.method, request.url, context, () => request.text())),
      ),
    ),
} satisfies Record<string, Listener>;

function carelessExpress(app: Express, { sessions, respond }: App): RequestListener {
  app.use(expressSessions(sessions));
  app.use((request, response, next) => {
    const url = `http://localhost${request.url}`;
    Promise.resolve(call(request.method, url, request, () => bodyText(request)))
      .then(respond)
      .then((answer) => sendResponse(answer, request, response))
      .catch(next);
  });
  return app;
}

/** What a framework does that others do not. */
const CAPABILITIES: Partial<Record<keyof typeof LISTENERS, AdapterCapabilities>> = {
  web: { keepsOnError: false, plainErrors: true },
  hono: { plainErrors: true },
  node: { plainErrors: true },
  "react-router": { ownsStatus500: true },
};

function overNetwork(name: keyof typeof LISTENERS, protocol: "http1" | "http2"): Subject {
  const capabilities = { ...CAPABILITIES[name], endsFailedHead: !(name === "koa" && protocol === "http2") };
  return overNode(name, protocol, LISTENERS[name], { ...PLAIN, ...CARELESS }[name], capabilities);
}

function alone(name: string, caring: Handler, careless: Handler, capabilities: AdapterCapabilities): Subject {
  return {
    name: `the adapter ${name} without a server`,
    capabilities,
    serve: async (app) => ({ fetch: (app.onError === undefined ? careless : caring)(toApp(app)) }),
  };
}

type Handler = (app: App) => (request: Request) => Response | Promise<Response>;

/** Each adapter over HTTP/1.1, and those that need no server without one. */
export function subjects(): Subject[] {
  const { web, hono } = CAPABILITIES;
  const names = Object.keys(LISTENERS) as (keyof typeof LISTENERS)[];
  return [
    ...names.map((name) => overNetwork(name, "http1")),
    alone("web", webApp, carelessWeb, web!),
    alone(
      "hono",
      (app) => (request) => honoApp(app).request(request),
      (app) => (request) => carelessHono(app).request(request),
      hono!,
    ),
  ];
}

/** Each adapter over HTTP/2, of which Express knows nothing. */
export function http2Subjects(): Subject[] {
  const names = ["web", "node", "hono", "fastify", "koa", "h3", "react-router"] as const;
  return names.map((name) => overNetwork(name, "http2"));
}
