import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { GoneError, HipflaskError, type StoreCall, StoreError } from "hipflask";
import { originCheck } from "hipflask/csrf";
import { UnauthorizedError } from "hipflask/login";
import { type ErrorHandler, Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { NoSqlite } from "./clients.ts";
import type { Demo } from "./demo-places.ts";
import type { Place } from "./place.ts";
import { placeApp } from "./place-app.ts";
import { attributeRoutes, FOR_STRANGERS } from "./routes/attributes.ts";
import { naiveRoutes } from "./routes/naive.ts";
import { pageRoutes } from "./routes/pages.ts";
import { placeRoutes } from "./routes/places.ts";
import { tamperRoutes } from "./routes/tamper.ts";
import { notingStoreCalls } from "./store-calls.ts";

const PUBLIC = fileURLToPath(new URL("public", import.meta.url));

/** The demo: its pages, and the API that they play with. */
export function createApp(demo: Demo): Hono {
  const app = new Hono();
  app.use((c, next) => (hasOwnPolicy(c.req.path) ? next() : securityHeaders(c, next)));
  app.use(askAgain, serveStatic({ root: PUBLIC }));

  app.use(refuseOtherSites, showWhatHappened, explainRefusals);
  // Stands for the developer tools, so it acts outside of the application's sessions.
  app.route("/", tamperRoutes());
  app.route("/", attributeRoutes());
  app.route("/", naiveRoutes());
  app.route("/", pageRoutes());
  app.route("/", placeRoutes(demo));

  // Everything else is the same wherever sessions are: each place has its copy.
  const apps = new WeakMap<Place, Hono>();
  app.all("*", async (c) => {
    const place = await demo.places.open(demo.places.nameFor(c)).catch((error: unknown) => {
      throw new HTTPException(503, { cause: error });
    });
    let inner = apps.get(place);
    if (inner === undefined) {
      inner = placeApp(place, demo, answerError);
      apps.set(place, inner);
    }
    return inner.fetch(c.req.raw, c.env);
  });
  app.onError(answerError);
  return app;
}

/** What stands for another site, and the inspector. */
function hasOwnPolicy(path: string): boolean {
  return FOR_STRANGERS.includes(path) || path === "/inspector" || path.startsWith("/inspector/");
}

const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    // A page of another site, which the attributes are tried against: this server, by another name.
    frameSrc: ["http://localhost:*", "http://127.0.0.1:*"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  strictTransportSecurity: false,
});

/** A browser must not take a file of yesterday's demo for one of today's. */
const askAgain: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-cache");
};

const crossOrigin = originCheck();

/** Another site's page must not shop, log in or edit cookies here; browsers say where a request comes from. */
const refuseOtherSites: MiddlewareHandler = async (c, next) => {
  if (crossOrigin(c.req.raw) !== undefined) {
    return c.json({ error: "This request came from another site." }, 403);
  }
  return next();
};

/**
 * Browsers hide Set-Cookie from a page's scripts, and these pages are there to show it: a copy goes into another header, and so does what the
 * store was asked.
 */
const showWhatHappened: MiddlewareHandler = async (c, next) => {
  const calls: StoreCall[] = [];
  await notingStoreCalls(calls, next);
  c.header("X-Demo-Set-Cookie", JSON.stringify(c.res.headers.getSetCookie()));
  if (calls.length > 0) c.header("X-Demo-Store", JSON.stringify(calls));
  c.header("Cache-Control", "no-store");
};

const REFUSALS = new Map([
  [409, "Your session has ended in the meantime: somebody logged out. Try again, and a new one begins."],
  [503, "The store that keeps the sessions does not answer. You are not logged out: try again in a moment."],
]);

/** What the sessions refuse, perhaps after the handler was done, in words for the page. A route's own words stay. */
const explainRefusals: MiddlewareHandler = async (c, next) => {
  await next();
  const error = REFUSALS.get(c.res.status);
  const { status, headers } = c.res;
  if (error === undefined || headers.get("Content-Type")?.startsWith("application/json")) return;
  headers.set("Content-Type", "application/json");
  c.res = undefined;
  c.res = new Response(JSON.stringify({ error }), { status, headers });
};

const STATUS = { COOKIE_INVALID: 400, TOO_LARGE: 413 } as const;

const answerError: ErrorHandler = (error, c) => {
  if (error instanceof UnauthorizedError) return error.getResponse();
  if (error instanceof HTTPException)
    return error.message === "" ? c.body(null, error.status) : c.json({ error: error.message }, error.status);
  if (error instanceof HipflaskError && (error.code === "COOKIE_INVALID" || error.code === "TOO_LARGE")) {
    return c.json({ error: error.message }, STATUS[error.code]);
  }
  if (error instanceof NoSqlite) return c.json({ error: error.message }, 501);
  // The adapter answers these by itself, in the place of a 500: `explainRefusals` adds the words.
  if (error instanceof StoreError || error instanceof GoneError) return c.body(null, 500);
  console.error(error);
  return c.json({ error: "Something broke on the server; its console says what." }, 500);
};
