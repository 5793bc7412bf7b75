import type { Server } from "node:http";
import { ConfigError } from "../../errors.ts";
import { DEFAULT_URL, toUrl } from "../base-url.ts";
import { type OpenTarget, served } from "./served.ts";

/** What turns a request into a response, without a network. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/**
 * What a test client asks:
 *
 * - a handler of the Fetch API's kind, or an object that has one as its `fetch`: an application of Hono or H3, what `webSessions` gives;
 * - a server of `node:http`, which need not listen yet: `createServer(app)` for Express, `createServer(app.callback())` for Koa, `app.server`
 *   for Fastify;
 * - the URL of a server that runs.
 */
export type TestTarget = FetchHandler | { readonly fetch: FetchHandler } | Server | URL | string;

/**
 * @param baseUrl for a handler
 * @throws ConfigError for what cannot be asked
 */
export function openTarget(target: TestTarget, baseUrl: string | URL | undefined): OpenTarget {
  const handler = handlerOf(target);
  if (handler !== undefined) return at(toUrl(baseUrl ?? DEFAULT_URL), handler);
  if (baseUrl !== undefined)
    throw new ConfigError("A baseUrl is for a handler without a network; a server has a URL of its own.");
  if (isServer(target)) return served(target);
  if (typeof target === "string" || target instanceof URL)
    return at(toUrl(target), (request) => fetch(request));
  throw new ConfigError(
    "A test client takes a handler of requests, a server or a URL: app for Hono and H3, createServer(app) for Express, createServer(app.callback()) for Koa, app.server for Fastify.",
  );
}

function at(url: URL, send: OpenTarget["send"]): OpenTarget {
  return { base: async () => url, send, close: async () => {} };
}

function handlerOf(target: TestTarget): FetchHandler | undefined {
  // Express' applications are functions, too.
  if (typeof target === "function") return "listen" in target ? undefined : target;
  if (!has(target, "fetch")) return undefined;
  return (request) => target.fetch(request);
}

function isServer(target: TestTarget): target is Server {
  return has(target, "listen") && has(target, "address");
}

function has<Name extends string>(target: unknown, name: Name): target is Record<Name, Function> {
  return typeof target === "object" && typeof (target as Record<Name, unknown> | null)?.[name] === "function";
}
