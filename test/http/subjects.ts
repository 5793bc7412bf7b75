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
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { nodeSessions } from "hipflask/adapters/node";
import { webSessions } from "hipflask/adapters/web";
import { onTestFinished } from "vitest";
import {
  type AdapterName,
  type App,
  answerKoa,
  appServer,
  honoApp,
  reactRouter,
  webApp,
} from "../app/adapters.ts";
import { call } from "../app/call.ts";
import { bodyText, fetchListener, sendResponse } from "../app/fetch-on-node.ts";
import { listen, overFetch, overHttp, overHttp2 } from "../support/client.ts";
import { NEST } from "../app/nest.ts";
import type { Subject } from "./serving.ts";
import { signed, type StorageKind } from "./storages.ts";

/** An adapter behind a server of Node's. */
export function overNetwork(
  adapter: AdapterName,
  protocol: "http1" | "http2",
  storage: StorageKind = signed,
): Subject {
  return {
    name: `the adapter ${adapter} over ${protocol} with ${storage.name}`,
    storage,
    protocol,
    seesErrors: adapter !== "web",
    async start(app) {
      keepGlobals();
      const { origin, close } = await listen(appServer(adapter, app, protocol));
      onTestFinished(close);
      return { origin, send: protocol === "http1" ? overHttp(origin) : overHttp2(origin) };
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

export function webAlone(storage: StorageKind = signed): Subject {
  return {
    name: `the adapter web without a server, with ${storage.name}`,
    storage,
    seesErrors: false,
    start: async (app) => ({ send: overFetch(webApp(app)) }),
  };
}

export function honoAlone(storage: StorageKind = signed): Subject {
  return {
    name: `the adapter hono without Node, with ${storage.name}`,
    storage,
    seesErrors: true,
    start: async (app) => {
      const hono = honoApp(app);
      return { send: overFetch((request) => hono.request(request)) };
    },
  };
}

/** Each adapter around an application that catches nothing, as a beginner writes it. */
export function careless(storage: StorageKind): Subject[] {
  const web = ({ sessions, respond }: App) =>
    webSessions(sessions, (request: Request) =>
      respond(call(request.method, request.url, request, () => request.text())),
    );
  const hono = ({ sessions, respond }: App) =>
    new Hono()
      .use(honoSessions(sessions))
      .all("*", (c) => respond(call(c.req.method, c.req.url, c, () => c.req.text())));
  const node = ({ sessions, respond }: App): RequestListener =>
    nodeSessions(sessions, async (request, response) => {
      const url = `http://localhost${request.url}`;
      const answer = await respond(call(request.method!, url, request, () => bodyText(request)));
      await sendResponse(answer, request, response);
    });
  const listeners: Record<string, Listener> = {
    web: (app) => fetchListener(web(app)),
    hono: (app) => getRequestListener(hono(app).fetch) as RequestListener,
    node,
  };
  const bare = (name: string): Omit<Subject, "start"> => ({ name, storage, seesErrors: false });
  const served = (name: string, protocol: "http1" | "http2", listener: Listener): Subject => ({
    ...bare(`the adapter ${name} over ${protocol}`),
    protocol,
    hasErrorPage: Object.hasOwn(CARELESS, name),
    ownsStatus500: name === "react-router",
    async start(app) {
      keepGlobals();
      const handler = listener(app);
      const { origin, close } = await listen(
        protocol === "http1" ? createServer(handler) : createHttp2Server(handler as never),
      );
      onTestFinished(close);
      return { origin, send: protocol === "http1" ? overHttp(origin) : overHttp2(origin) };
    },
  });
  return [
    ...Object.entries({ ...listeners, ...CARELESS }).map(([name, listener]) =>
      served(name, "http1", listener),
    ),
    // Koa by itself never ends its answer to a HEAD request that failed.
    ...Object.entries({ ...listeners, fastify: CARELESS.fastify }).map(([name, listener]) =>
      served(name, "http2", listener),
    ),
    { ...bare("the adapter web without a server"), start: async (app) => ({ send: overFetch(web(app)) }) },
    {
      ...bare("the adapter hono without Node"),
      start: async (app) => ({ send: overFetch(async (request) => hono(app).request(request)) }),
    },
  ];
}

type Listener = (app: App) => RequestListener;

/** Frameworks with an answer of their own to errors. */
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

/** Each adapter in each way to reach it. */
export function everySubject(storage: StorageKind): Subject[] {
  const served = (["web", "node", "hono", "fastify", "koa", "h3", "react-router"] as const).flatMap(
    (adapter) => (["http1", "http2"] as const).map((protocol) => overNetwork(adapter, protocol, storage)),
  );
  // Express knows HTTP/1 alone.
  const onHttp1 = (["express", "express4", "nest-express", "nest-fastify"] as const).map((adapter) =>
    overNetwork(adapter, "http1", storage),
  );
  return [...served, ...onHttp1, webAlone(storage), honoAlone(storage)];
}
