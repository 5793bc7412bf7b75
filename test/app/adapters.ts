import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { SessionManager } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { nodeSessions } from "hipflask/adapters/node";
import { webSessions } from "hipflask/adapters/web";
import { type Call, call, failure } from "./call.ts";
import { bodyText, fetchListener, sendResponse } from "./fetch-on-node.ts";

/** What an application is, apart from its framework. */
export interface App {
  readonly sessions: SessionManager<any>;
  /** Answers a request. An error it throws is left to the framework. */
  respond(call: Call): Response | Promise<Response>;
  /** Answers without the sessions' middleware; undefined for what `respond` answers. */
  respondBefore?(path: string): Response | undefined;
}

export type AdapterName = keyof typeof LISTENERS;

/** The application behind the adapter of this name, as a server that does not listen yet. */
export function appServer(
  adapter: AdapterName,
  app: App,
  protocol: "http1" | "http2" = "http1",
): Server | Http2Server {
  const listener = LISTENERS[adapter](app);
  // All listeners use only what the two protocols have in common.
  return protocol === "http1" ? createServer(listener) : createHttp2Server(listener as never);
}

/** The application on `webSessions`. */
export function webApp({ sessions, respond, respondBefore }: App): (request: Request) => Promise<Response> {
  const handle = webSessions(sessions, async (request: Request) =>
    respond(call(request.method, request.url, request, () => request.text())),
  );
  return async (request) => {
    try {
      return respondBefore?.(new URL(request.url).pathname) ?? (await handle(request));
    } catch (error) {
      return failure(error);
    }
  };
}

/** The application on `honoSessions`. */
export function honoApp({ sessions, respond, respondBefore }: App): Hono {
  const hono = new Hono();
  hono.use(async (c, next) => respondBefore?.(c.req.path) ?? next());
  hono.use(honoSessions(sessions));
  hono.all("*", async (c) => respond(call(c.req.method, c.req.url, c, () => c.req.text())));
  hono.onError(failure);
  return hono;
}

/** The application on `nodeSessions`. */
function nodeApp({ sessions, respond, respondBefore }: App): RequestListener {
  const handle: RequestListener = nodeSessions(sessions, async (request, response) => {
    try {
      const url = `http://localhost${request.url}`;
      const answer = await respond(call(request.method ?? "GET", url, request, () => bodyText(request)));
      await sendResponse(answer, request, response);
    } catch (error) {
      await sendResponse(failure(error), request, response);
    }
  });
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const answer = respondBefore?.(path);
    if (answer === undefined) handle(request, response);
    else void sendResponse(answer, request, response);
  };
}

export const LISTENERS = {
  web: (app: App) => fetchListener(webApp(app)),
  node: nodeApp,
  hono: (app: App) => getRequestListener(honoApp(app).fetch) as RequestListener,
};
