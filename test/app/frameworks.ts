/** Frameworks that compile their applications: each has one in test/frameworks, which lets this process decide what it answers. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { H3Event, Middleware } from "h3";
import { h3Sessions } from "hipflask/adapters/h3";
import { type NextFunctions, nextSessions } from "hipflask/adapters/next";
import { svelteKitSessions } from "hipflask/adapters/sveltekit";
import { build } from "../frameworks/build.ts";
import type { App } from "./adapters.ts";
import { call, failure } from "./call.ts";

/** What those applications ask; each request has its own, so that one build serves any number of applications. */
const answers = new AsyncLocalStorage<object>();
Object.assign(globalThis, { hipflaskAnswers: answers });

interface Framework {
  /** Builds the application, unless it is built already; where. */
  build(): Promise<string>;
  /** The application that was built there. */
  load(folder: string): Promise<RequestListener>;
  /** What it asks, of an application that answers the errors that it can. */
  caring(app: App): object;
  /** And of one that leaves them to the framework. */
  careless(app: App): object;
}

/** Answers what the application, or its session, has thrown. */
async function caught({ onError = failure }: App, handle: () => unknown): Promise<unknown> {
  try {
    return await handle();
  } catch (error) {
    return onError(error);
  }
}

const next: Framework = {
  build: () => build("next", "test/frameworks/next"),
  async load(dir) {
    const require = createRequire(join(dir, "package.json"));
    // Read once already, the configuration is not worth a line of output to Next.
    await require("next/dist/server/config").default("phase-production-server", dir);
    const app = require("next")({ dev: false, dir });
    await app.prepare();
    const handler = app.getRequestHandler();
    return (request, response) => {
      withoutNextVary(response);
      handler(request, response);
    };
  },
  caring: (app) => ({
    answer: (functions: NextFunctions) => {
      const answer = nextAnswer(app, functions);
      return (request: Request) =>
        caught(app, () => app.respondBefore?.(new URL(request.url).pathname) ?? answer(request));
    },
  }),
  careless: (app) => ({ answer: (functions: NextFunctions) => nextAnswer(app, functions) }),
};

/** Next.js adds the names of its own headers to Vary, everywhere; they are left out, so that it is seen who else has added some. */
function withoutNextVary(response: ServerResponse): void {
  const { setHeader } = response;
  response.setHeader = (name, value) => {
    if (name.toLowerCase() !== "vary") return setHeader.call(response, name, value);
    const others = [value].flat().filter((names) => !String(names).startsWith("rsc, next-router-"));
    return others.length === 0 ? response : setHeader.call(response, name, others.map(String));
  };
}

function nextAnswer({ sessions, respond }: App, functions: NextFunctions) {
  return nextSessions(sessions, functions).handler((request: Request) =>
    respond(call(request.method, request.url, request, () => request.text())),
  );
}

const nitro: Framework = {
  build: () => build("nitro", "test/frameworks/nitro"),
  async load(folder) {
    return (await natively(join(folder, ".output/server/index.mjs"))).middleware;
  },
  caring: (app) => {
    const { middleware, answer } = h3Answers(app);
    return {
      middleware: ((event, following) =>
        caught(
          app,
          () => app.respondBefore?.(event.url.pathname) ?? middleware(event, following),
        )) satisfies Middleware,
      answer: (event: H3Event) => caught(app, () => answer(event)),
    };
  },
  careless: h3Answers,
};

function h3Answers({ sessions, respond }: App) {
  return {
    middleware: h3Sessions(sessions),
    answer: (event: H3Event) => respond(call(event.req.method, event.req.url, event, () => event.req.text())),
  };
}

const sveltekit: Framework = {
  build: () => build("sveltekit", "test/frameworks/sveltekit"),
  async load(folder) {
    // Without it the server takes every request for one over https.
    process.env["PROTOCOL_HEADER"] = "x-forwarded-proto";
    // Without it there is no host for it over HTTP/2.
    process.env["HOST_HEADER"] = ":authority";
    const { handler } = await natively(join(folder, "build/handler.js"));
    return (request, response) => {
      request.headers["x-forwarded-proto"] = "http";
      handler(request, response);
    };
  },
  caring: (app) => {
    const { handle, answer } = svelteKitAnswers(app);
    return {
      handle: (input: Parameters<typeof handle>[0]) =>
        caught(app, () => app.respondBefore?.(new URL(input.event.request.url).pathname) ?? handle(input)),
      // SvelteKit would have an answer of its own.
      answer: (event: SvelteKitEvent) => caught(app, () => answer(event)),
    };
  },
  careless: svelteKitAnswers,
};

interface SvelteKitEvent {
  readonly request: Request;
}

function svelteKitAnswers({ sessions, respond }: App) {
  return {
    handle: svelteKitSessions(sessions),
    answer: (event: SvelteKitEvent) => {
      const { request } = event;
      return respond(call(request.method, request.url, event, () => request.text()));
    },
  };
}

/** A module that is imported as it stands, also where tests run. */
async function natively(path: string): Promise<any> {
  return import(/* @vite-ignore */ pathToFileURL(path).href);
}

/** By name. */
export type FrameworkName = keyof typeof FRAMEWORKS;

export const FRAMEWORKS = { next, nitro, sveltekit };

const loaded = new Map<Framework, Promise<RequestListener>>();

/** Builds the framework's application where it is not built yet, and loads it into this process. */
export function load(name: FrameworkName): Promise<RequestListener> {
  const framework = FRAMEWORKS[name];
  const loading = loaded.get(framework) ?? framework.build().then((folder) => framework.load(folder));
  loaded.set(framework, loading);
  return loading;
}

/** An application behind the framework; `kind` says whether it answers errors. */
export function frameworkListener(
  name: FrameworkName,
  kind: "caring" | "careless",
  app: App,
): RequestListener {
  return listenerWith(name, FRAMEWORKS[name][kind](app));
}

/** What the framework's application asks for, answered with these functions. */
export function listenerWith(name: FrameworkName, content: object): RequestListener {
  return (request, response) =>
    void load(name).then((listener) => answers.run(content, () => listener(request, response)));
}
