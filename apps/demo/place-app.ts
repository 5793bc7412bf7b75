import { honoSessions } from "hipflask/adapters/hono";
import { inspector } from "hipflask/inspector";
import { type ErrorHandler, Hono } from "hono";
import type { Demo } from "./demo-places.ts";
import type { Place } from "./place.ts";
import { accountRoutes } from "./routes/account.ts";
import { crumbRoutes } from "./routes/crumbs.ts";
import { diaryRoutes } from "./routes/diary.ts";
import { inspectRoutes } from "./routes/inspect.ts";
import { loginRoutes } from "./routes/login.ts";
import { loginListRoutes } from "./routes/login-list.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { storeRoutes } from "./routes/store.ts";

/** All that needs sessions, with those of one place. No handler knows which one that is, but for those that show it. */
export function placeApp(place: Place, demo: Demo, onError: ErrorHandler): Hono {
  const { sessions } = place;
  const app = new Hono();
  app.use(honoSessions(sessions));
  app.route("/", sessionRoutes(sessions));
  app.route("/", crumbRoutes());
  app.route("/", storeRoutes(sessions));
  app.route("/", loginRoutes(sessions));
  app.route("/", loginListRoutes(sessions));
  app.route("/", inspectRoutes(place));
  app.route("/", accountRoutes(place, demo));
  app.route("/", diaryRoutes(place, demo));
  // In production it wants a guard, and nobody's demo has administrators.
  if (process.env["NODE_ENV"] !== "production") {
    const inspect = inspector(sessions);
    app.all("/inspector/*", (c) => inspect.fetch(c.req.raw, c.env as { address?: string }));
  }
  app.notFound((c) => c.json({ error: "There is nothing here. The page at / shows what there is." }, 404));
  app.onError(onError);
  return app;
}
