import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createSessions, type SessionManager } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { dumpCookie, parseWerkzeugCookie } from "hipflask/cookie";
import { type FlaskConfig, flaskConfig } from "hipflask/flask";
import type { AddressInfo } from "node:net";
import { fromDesc } from "../support/python-values.ts";
import type { RunningServer } from "../support/server-process.ts";

/** The routes of flask_app.py in TypeScript, but for `/dump`. */
export function tsApp(config: FlaskConfig): Hono {
  return appOf(createSessions<Record<string, any>>(flaskConfig(config)));
}

/** The same on sessions that are there already. */
export function appOf(sessions: SessionManager<Record<string, any>>): Hono {
  const app = new Hono();
  app.use(honoSessions(sessions));

  app.post("/login", async (c) => {
    const session = await sessions.get(c);
    session.data["user_id"] = c.req.query("user");
    session.permanent = c.req.query("permanent") !== undefined;
    return c.json(session.data);
  });

  app.post("/logout", async (c) => {
    const session = await sessions.get(c);
    session.clear();
    return c.json(session.data);
  });

  app.post("/count", async (c) => {
    const session = await sessions.get(c);
    session.data["count"] = (session.data["count"] ?? 0) + 1;
    return c.json(session.data["count"]);
  });

  app.post("/cart", async (c) => {
    const session = await sessions.get(c);
    session.data["cart"] ??= { items: [] };
    session.data["cart"].items.push(c.req.query("item"));
    return c.json(session.data);
  });

  app.post("/flash", async (c) => {
    const session = await sessions.get(c);
    session.flash(c.req.query("message"), c.req.query("category"));
    return c.json(session.data);
  });

  app.get("/flashes", async (c) => {
    const session = await sessions.get(c);
    return c.json(session.flashes().map(({ category, message }) => [category, message]));
  });

  app.get("/data", async (c) => c.json((await sessions.get(c)).data));

  app.put("/store", async (c) => {
    const session = await sessions.get(c);
    session.data = fromDesc(await c.req.json()) as Record<string, any>;
    return c.body(null, 204);
  });

  app.post("/cookie", (c) => {
    c.header("Set-Cookie", dumpCookie("city", c.req.query("value")));
    return c.json(null);
  });

  app.get("/cookie", (c) => c.json(parseWerkzeugCookie(c.req.header("Cookie")).get("city")?.[0] ?? null));

  return app;
}

/** A Hono application on a free port of this machine. */
export async function listen(app: Hono): Promise<RunningServer> {
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    // Other tests of this process, and frameworks that they load, need Node's own Request and Response.
    const options = { fetch: app.fetch, port: 0, hostname: "127.0.0.1", overrideGlobalObjects: false };
    const starting = serve(options, () => resolve(starting));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
