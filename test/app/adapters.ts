import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { getRequestListener } from "@hono/node-server";
import express, { type ErrorRequestHandler, type Express } from "express";
import express4 from "express4";
import { fastify } from "fastify";
import { H3 } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import {
  createRequestHandler,
  type LoaderFunctionArgs,
  type MiddlewareFunction,
  RouterContextProvider,
  type ServerBuild,
} from "react-router";
import type { SessionManager } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { nodeSessions } from "hipflask/adapters/node";
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { webSessions } from "hipflask/adapters/web";
import { type Call, call, failure } from "./call.ts";
import { FRAMEWORKS, type FrameworkName, frameworkListener } from "./frameworks.ts";
import { bodyText, fetchListener, sendResponse } from "./fetch-on-node.ts";
import { NEST } from "./nest.ts";

/** What an application is, apart from its framework. */
export interface App {
  readonly sessions: SessionManager<any>;
  /** Answers a request. An error it throws is left to the framework. */
  respond(call: Call): Response | Promise<Response>;
  /** Its answer to an error. Default: `failure`. */
  onError?(error: unknown): Response;
  /** Answers without the sessions' middleware; undefined for what `respond` answers. */
  respondBefore?(path: string): Response | undefined;
}

export type AdapterName = keyof typeof LISTENERS | FrameworkName;

/** The application behind the adapter of this name, as a server that does not listen yet. */
export function appServer(
  adapter: AdapterName,
  app: App,
  protocol: "http1" | "http2" = "http1",
): Server | Http2Server {
  const listener = isFramework(adapter) ? frameworkListener(adapter, "caring", app) : LISTENERS[adapter](app);
  // All listeners use only what the two protocols have in common.
  return protocol === "http1" ? createServer(listener) : createHttp2Server(listener as never);
}

/** Whether this adapter's framework compiles its applications. */
export function isFramework(adapter: AdapterName): adapter is FrameworkName {
  return Object.hasOwn(FRAMEWORKS, adapter);
}

/** The application on `webSessions`. */
export function webApp({
  sessions,
  respond,
  respondBefore,
  onError = failure,
}: App): (request: Request) => Promise<Response> {
  const handle = webSessions(sessions, async (request: Request) =>
    respond(call(request.method, request.url, request, () => request.text())),
  );
  return async (request) => {
    try {
      return respondBefore?.(new URL(request.url).pathname) ?? (await handle(request));
    } catch (error) {
      return onError(error);
    }
  };
}

/** The application on `honoSessions`. */
export function honoApp({ sessions, respond, respondBefore, onError = failure }: App): Hono {
  const hono = new Hono();
  hono.use(async (c, next) => respondBefore?.(c.req.path) ?? next());
  hono.use(honoSessions(sessions));
  hono.all("*", async (c) => respond(call(c.req.method, c.req.url, c, () => c.req.text())));
  hono.onError(onError);
  return hono;
}

/** The application on `nodeSessions`. */
function nodeApp({ sessions, respond, respondBefore, onError = failure }: App): RequestListener {
  return after(
    respondBefore,
    nodeSessions(sessions, async (request, response) => {
      try {
        await sendResponse(await respond(nodeCall(request)), request, response);
      } catch (error) {
        await sendResponse(onError(error), request, response);
      }
    }),
  );
}

/** The application on `expressSessions`. */
function expressApp(
  app: Express,
  { sessions, respond, respondBefore, onError = failure }: App,
): RequestListener {
  app.use(expressSessions(sessions));
  app.use((request, response, next) => {
    Promise.resolve(nodeCall(request))
      .then(respond)
      .then((answer) => sendResponse(answer, request, response))
      .catch(next);
  });
  const answerError: ErrorRequestHandler = (error, request, response, _next) =>
    sendResponse(onError(error), request, response);
  app.use(answerError);
  return after(respondBefore, app);
}

/** The application on `fastifySessions`. */
function fastifyApp({ sessions, respond, respondBefore, onError = failure }: App): RequestListener {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _body, done) => done(null));
  app.register(fastifySessions(sessions));
  app.setErrorHandler((error, _request, reply) => reply.send(onError(error)));
  app.all("*", async (request, reply) => {
    const { method, url, raw } = request;
    return reply.send(await respond(call(method, `http://localhost${url}`, request, () => bodyText(raw))));
  });
  const ready = app.ready();
  return after(respondBefore, (request, response) => {
    void ready.then(() => app.routing(request, response));
  });
}

/** The application on `koaSessions`. */
function koaApp({ sessions, respond, respondBefore, onError = failure }: App): RequestListener {
  const app = new Koa();
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      answerKoa(ctx, onError(error));
    }
  });
  app.use(koaSessions(sessions));
  app.use(async (ctx) => {
    const url = `http://localhost${ctx.url}`;
    answerKoa(ctx, await respond(call(ctx.method, url, ctx, () => bodyText(ctx.req))));
  });
  return after(respondBefore, app.callback());
}

/** Answers with a `Response`, and nothing of what was there before. */
export function answerKoa(ctx: Koa.Context, answer: Response): void {
  for (const name of ctx.res.getHeaderNames()) ctx.remove(name);
  ctx.body = answer.body === null ? null : Readable.fromWeb(answer.body as ReadableStream);
  ctx.status = answer.status;
  for (const [name, value] of answer.headers) {
    if (name === "set-cookie") ctx.append(name, value);
    else ctx.set(name, value);
  }
}

/** The application on `h3Sessions`. */
function h3App({ sessions, respond, respondBefore, onError = failure }: App): H3 {
  const app = new H3({
    silent: true,
    // H3 answers what it has refused by itself.
    onError: (error) => (error.unhandled === true ? onError(error.cause ?? error) : undefined),
  });
  app.use((event, next) => respondBefore?.(event.url.pathname) ?? next());
  app.use(h3Sessions(sessions));
  app.all("/**", (event) => respond(call(event.req.method, event.req.url, event, () => event.req.text())));
  return app;
}

/** The application on `reactRouterSessions`. */
function reactRouterApp({
  sessions,
  respond,
  respondBefore,
  onError = failure,
}: App): (request: Request) => Promise<Response> {
  const catching: MiddlewareFunction<Response> = async ({ request }, next) => {
    try {
      return respondBefore?.(new URL(request.url).pathname) ?? (await next());
    } catch (error) {
      return onError(error);
    }
  };
  return reactRouter([catching, reactRouterSessions(sessions)], async ({ request, context }) => {
    try {
      return await respond(call(request.method, request.url, context, () => request.text()));
    } catch (error) {
      // React Router would have an answer of its own.
      return onError(error);
    }
  });
}

/** React Router's server with what its compiler would make of one route. */
export function reactRouter(
  middleware: MiddlewareFunction<Response>[],
  answer: (args: LoaderFunctionArgs) => Response | Promise<Response>,
): (request: Request) => Promise<Response> {
  const build: ServerBuild = {
    entry: { module: { default: () => new Response(null, { status: 500 }), handleError: () => undefined } },
    routes: {
      all: { id: "all", path: "*", module: { middleware, loader: answer, action: answer } as never },
    },
    assets: { entry: { imports: [], module: "" }, routes: {}, url: "", version: "" },
    publicPath: "/",
    assetsBuildDirectory: "",
    future: { v8_middleware: true, v8_passThroughRequests: false, v8_trailingSlashAwareDataRequests: false },
    ssr: true,
    isSpaMode: false,
    prerender: [],
    routeDiscovery: { mode: "initial", manifestPath: "/manifest" },
  };
  const handle = createRequestHandler(build, "production");
  return (request) => handle(request, new RouterContextProvider() as never);
}

/** What comes before the application's own answers. */
function after(respondBefore: App["respondBefore"], handle: RequestListener): RequestListener {
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const answer = respondBefore?.(path);
    if (answer === undefined) handle(request, response);
    else void sendResponse(answer, request, response);
  };
}

function nodeCall(request: IncomingMessage): Call {
  return call(request.method ?? "GET", `http://localhost${request.url}`, request, () => bodyText(request));
}

export const LISTENERS = {
  web: (app: App) => fetchListener(webApp(app)),
  node: nodeApp,
  hono: (app: App) => getRequestListener(honoApp(app).fetch) as RequestListener,
  express: (app: App) => expressApp(express(), app),
  express4: (app: App) => expressApp(express4(), app),
  fastify: fastifyApp,
  koa: koaApp,
  h3: (app: App) => {
    const h3 = h3App(app);
    return fetchListener(async (request) => h3.fetch(request));
  },
  "nest-express": (app: App) => after(app.respondBefore, NEST.express.caring(app)),
  "nest-fastify": (app: App) => after(app.respondBefore, NEST.fastify.caring(app)),
  "react-router": (app: App) => fetchListener(reactRouterApp(app)),
};
