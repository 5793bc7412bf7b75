import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { GoneError, HipflaskError, type SessionManager, StoreError } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { type ErrorHandler, Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { Keeper } from "./demo-sessions.ts";
import { crumbRoutes } from "./routes/crumbs.ts";
import { inspectRoutes } from "./routes/inspect.ts";
import { loginRoutes } from "./routes/login.ts";
import { loginListRoutes } from "./routes/login-list.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { storeRoutes } from "./routes/store.ts";
import { tamperRoutes } from "./routes/tamper.ts";

const PUBLIC = fileURLToPath(new URL("public", import.meta.url));

/**
 * The demo: the page, and the API that it plays with.
 *
 * @param keeper where `sessions` are; undefined: in their cookies
 */
export function createApp(sessions: SessionManager, keeper?: Keeper): Hono {
  const app = new Hono();
  app.use(securityHeaders);
  app.use(serveStatic({ root: PUBLIC, onFound: (_path, c) => c.header("Cache-Control", "no-cache") }));

  app.use(refuseOtherSites, showSetCookie, explainRefusals);
  // Stands for the developer tools, so it acts outside of the application's sessions.
  app.route("/", tamperRoutes());

  app.use(honoSessions(sessions));
  app.route("/", sessionRoutes(sessions));
  app.route("/", crumbRoutes());
  app.route("/", storeRoutes(sessions));
  app.route("/", loginRoutes(sessions));
  app.route("/", loginListRoutes(sessions));
  app.route("/", inspectRoutes(sessions, keeper));

  app.notFound((c) => c.json({ error: "There is nothing here. The page at / shows what there is." }, 404));
  app.onError(answerError);
  return app;
}

const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  strictTransportSecurity: false,
});

/** Another site's page must not shop, log in or edit cookies here; browsers say where a request comes from. */
const refuseOtherSites: MiddlewareHandler = async (c, next) => {
  const site = c.req.header("Sec-Fetch-Site") ?? "none";
  const changes = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (changes && site !== "same-origin" && site !== "none") {
    return c.json({ error: "This request came from another site." }, 403);
  }
  return next();
};

/** Browsers hide Set-Cookie from a page's scripts, and this page is there to show it: a copy goes into another header. */
const showSetCookie: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("X-Demo-Set-Cookie", JSON.stringify(c.res.headers.getSetCookie()));
  c.header("Cache-Control", "no-store");
};

const REFUSALS = new Map([
  [409, "Your session has ended in the meantime: somebody logged out. Try again, and a new one begins."],
  [503, "The store that keeps the sessions does not answer. You are not logged out: try again in a moment."],
]);

/** What the sessions refuse, perhaps after the handler was done, in words for the page. */
const explainRefusals: MiddlewareHandler = async (c, next) => {
  await next();
  const error = REFUSALS.get(c.res.status);
  if (error === undefined) return;
  const { status, headers } = c.res;
  headers.set("Content-Type", "application/json");
  c.res = undefined;
  c.res = new Response(JSON.stringify({ error }), { status, headers });
};

const STATUS = { COOKIE_INVALID: 400, TOO_LARGE: 413 } as const;

const answerError: ErrorHandler = (error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  if (error instanceof HipflaskError && (error.code === "COOKIE_INVALID" || error.code === "TOO_LARGE")) {
    return c.json({ error: error.message }, STATUS[error.code]);
  }
  // The adapter answers these by itself, in the place of a 500: `explainRefusals` adds the words.
  if (error instanceof StoreError || error instanceof GoneError) return c.body(null, 500);
  console.error(error);
  return c.json({ error: "Something broke on the server; its console says what." }, 500);
};
