import { readFileSync } from "node:fs";
import { createSessions, type Session } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { FlaskSessionCodec, type FlaskSessionFormat } from "hipflask/codec";
import { flaskConfig } from "hipflask/flask";
import { Hono } from "hono";
import { csrf } from "hono/csrf";

/** What the app needs of Redis. */
export interface Records {
  /** Of node-redis. */
  readonly client: unknown;
  /** The bytes under a key and the seconds that they are kept; undefined where there is nothing. */
  read(key: string): Promise<{ bytes: Uint8Array; ttl: number } | undefined>;
}

/** The TypeScript half, and the page that shows both. */
export function createApp(records: Records, format: FlaskSessionFormat, flaskOrigin: string): Hono {
  const sessions = createSessions(
    flaskConfig({
      SESSION_TYPE: "redis",
      SESSION_REDIS: records.client,
      SESSION_SERIALIZATION_FORMAT: format,
      SESSION_COOKIE_SAMESITE: "Lax",
      PERMANENT_SESSION_LIFETIME: 3600,
    }),
  );
  const app = new Hono().use(csrf()).use(honoSessions(sessions));

  app.get("/session", async (c) => {
    const session = await sessions.get(c);
    return c.json(
      state(
        session,
        session.flashes().map(({ message }) => message),
      ),
    );
  });
  app.post("/count", async (c) => {
    const session = await sessions.get(c);
    await session.update((data) => {
      data["count"] = Number(data["count"] ?? 0) + 1;
    });
    return c.json(state(session));
  });
  app.post("/cart", async (c) => {
    const session = await sessions.get(c);
    const cart = (session.data["cart"] ??= []) as string[];
    cart.push(c.req.query("item") ?? "tea");
    return c.json(state(session));
  });
  app.post("/login", async (c) => {
    const session = await sessions.get(c);
    await session.regenerate({ user: c.req.query("user") ?? "ada" });
    return c.json(state(session));
  });
  app.post("/logout", async (c) => {
    const session = await sessions.get(c);
    await session.destroy();
    return c.json(state(session));
  });
  app.post("/flash", async (c) => {
    const session = await sessions.get(c);
    session.flash("hipflask says hello");
    return c.json(state(session));
  });

  /** The visitor's record as it is in Redis, where Python and TypeScript both find it. */
  app.get("/record", async (c) => {
    const id = /(?:^|;\s*)session=([\w-]+)/.exec(c.req.header("Cookie") ?? "")?.[1];
    const record = id === undefined ? undefined : await records.read(`session:${id}`);
    if (id === undefined || record === undefined) return c.json(null);
    const { format: found, data } = new FlaskSessionCodec({ readPickle: true }).decode(record.bytes);
    const hex = Buffer.from(record.bytes).toString("hex");
    return c.json({ key: `session:${id.slice(0, 4)}…`, format: found, hex, ttl: record.ttl, data });
  });

  const file = (name: string): string => readFileSync(new URL(`public/${name}`, import.meta.url), "utf8");
  app.get("/", (c) => {
    c.header(
      "Content-Security-Policy",
      `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${flaskOrigin}; img-src data:`,
    );
    return c.html(file("index.html").replaceAll("FLASK_ORIGIN", flaskOrigin));
  });
  app.get("/page.js", (c) => c.body(file("page.js"), 200, { "Content-Type": "text/javascript" }));
  app.get("/style.css", (c) => c.body(file("style.css"), 200, { "Content-Type": "text/css" }));
  return app;
}

function state(session: Session, messages: unknown[] = []): object {
  const data = Object.fromEntries(Object.entries(session.data).filter(([key]) => !key.startsWith("_")));
  return { user: session.user ?? null, data, messages };
}
