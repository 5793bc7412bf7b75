import { createServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { honoSessions } from "hipflask/adapters/hono";
import { nodeSessions } from "hipflask/adapters/node";
import { webSessions } from "hipflask/adapters/web";
import { onTestFinished } from "vitest";
import { type AdapterName, type App, appServer, honoApp, webApp } from "../app/adapters.ts";
import { call } from "../app/call.ts";
import { bodyText, fetchListener, sendResponse } from "../app/fetch-on-node.ts";
import { listen, overFetch, overHttp, overHttp2 } from "../support/client.ts";
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
  const listeners: Record<string, (app: App) => RequestListener> = {
    web: (app) => fetchListener(web(app)),
    hono: (app) => getRequestListener(hono(app).fetch) as RequestListener,
    node,
  };
  const bare = (name: string): Omit<Subject, "start"> => ({ name, storage, seesErrors: false });
  return [
    ...Object.entries(listeners).flatMap(([name, listener]) =>
      (["http1", "http2"] as const).map((protocol): Subject => ({
        ...bare(`the adapter ${name} over ${protocol}`),
        protocol,
        async start(app) {
          keepGlobals();
          const { origin, close } = await listen(
            protocol === "http1" ? createServer(listener(app)) : createHttp2Server(listener(app) as never),
          );
          onTestFinished(close);
          return { origin, send: protocol === "http1" ? overHttp(origin) : overHttp2(origin) };
        },
      })),
    ),
    { ...bare("the adapter web without a server"), start: async (app) => ({ send: overFetch(web(app)) }) },
    {
      ...bare("the adapter hono without Node"),
      start: async (app) => ({ send: overFetch(async (request) => hono(app).request(request)) }),
    },
  ];
}

/** Each adapter in each way to reach it. */
export function everySubject(storage: StorageKind): Subject[] {
  const served = (["web", "node", "hono"] as const).flatMap((adapter) =>
    (["http1", "http2"] as const).map((protocol) => overNetwork(adapter, protocol, storage)),
  );
  return [...served, webAlone(storage), honoAlone(storage)];
}
