import { onTestFinished } from "vitest";
import { type AdapterName, appServer, honoApp, webApp } from "../app/adapters.ts";
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

/** Each adapter in each way to reach it. */
export function everySubject(storage: StorageKind): Subject[] {
  const served = (["web", "node", "hono"] as const).flatMap((adapter) =>
    (["http1", "http2"] as const).map((protocol) => overNetwork(adapter, protocol, storage)),
  );
  return [...served, webAlone(storage), honoAlone(storage)];
}
