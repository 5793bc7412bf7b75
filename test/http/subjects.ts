import { onTestFinished } from "vitest";
import { type AdapterName, appServer, honoApp, webApp } from "../app/adapters.ts";
import { listen, overFetch, overHttp, overHttp2 } from "../support/client.ts";
import type { Subject } from "./serving.ts";

/** An adapter behind a server of Node's. */
export function overNetwork(adapter: AdapterName, protocol: "http1" | "http2"): Subject {
  return {
    name: `the adapter ${adapter} over ${protocol}`,
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

export const webAlone: Subject = {
  name: "the adapter web without a server",
  seesErrors: false,
  start: async (app) => ({ send: overFetch(webApp(app)) }),
};

export const honoAlone: Subject = {
  name: "the adapter hono without Node",
  seesErrors: true,
  start: async (app) => {
    const hono = honoApp(app);
    return { send: overFetch((request) => hono.request(request)) };
  },
};
