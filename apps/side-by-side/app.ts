import { readFileSync } from "node:fs";
import { cookies, createSessions } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { FlaskSessionCodec, type FlaskSessionFormat } from "hipflask/codec";
import { flaskConfig } from "hipflask/flask";
import { createLogin } from "hipflask/login";
import { type Context, Hono } from "hono";
import { csrf } from "hono/csrf";

/** What the app needs of Redis. */
export interface Records {
  /** Of node-redis. */
  readonly client: unknown;
  /** The bytes under a key and the seconds that they are kept; undefined where there is nothing. */
  read(key: string): Promise<{ bytes: Uint8Array; ttl: number } | undefined>;
}

/** What both halves are configured with, in Flask's own words, and those of its extensions. */
export function configuration(SECRET_KEY: string) {
  return {
    SECRET_KEY,
    SESSION_TYPE: "redis",
    // On one host all ports share their cookies, and the demo has a session, too.
    SESSION_COOKIE_NAME: "shared_session",
    SESSION_COOKIE_SAMESITE: "Lax",
    PERMANENT_SESSION_LIFETIME: 3600,
    REMEMBER_COOKIE_NAME: "shared_remember",
    REMEMBER_COOKIE_SAMESITE: "Lax",
  } as const;
}

/** The TypeScript half, and the page that shows both. */
export function createApp(
  shared: ReturnType<typeof configuration>,
  records: Records,
  format: FlaskSessionFormat,
  flaskOrigin: string,
): Hono {
  const config = { ...shared, SESSION_REDIS: records.client, SESSION_SERIALIZATION_FORMAT: format };
  const sessions = createSessions(flaskConfig(config));
  const auth = createLogin(sessions, { loadUser: (id) => ({ id }), flask: config });
  const app = new Hono().use(csrf()).use(honoSessions(sessions));

  app.get("/session", async (c) => {
    const session = await sessions.get(c);
    return c.json(
      await state(
        c,
        session.flashes().map(({ message }) => message),
      ),
    );
  });
  app.post("/count", async (c) => {
    const session = await sessions.get(c);
    await session.update((data) => {
      data["count"] = Number(data["count"] ?? 0) + 1;
    });
    return c.json(await state(c));
  });
  app.post("/cart", async (c) => {
    const session = await sessions.get(c);
    const cart = (session.data["cart"] ??= []) as string[];
    cart.push(c.req.query("item") ?? "tea");
    return c.json(await state(c));
  });
  app.post("/login", async (c) => {
    const { user = "ada", remember } = c.req.query();
    await auth.loginUser(c, { id: user }, { remember: remember !== undefined });
    return c.json(await state(c));
  });
  app.post("/logout", async (c) => {
    await auth.logoutUser(c);
    return c.json(await state(c));
  });
  /** Ends the session, and leaves the cookie that remembers. */
  app.post("/close", async (c) => {
    await (await sessions.get(c)).destroy();
    return c.json(true);
  });
  app.post("/flash", async (c) => {
    const session = await sessions.get(c);
    session.flash("hipflask says hello");
    return c.json(await state(c));
  });

  async function state(c: Context, messages: unknown[] = []): Promise<object> {
    const user = (await auth.currentUser(c))?.id ?? null;
    const session = await sessions.get(c);
    const data = Object.fromEntries(Object.entries(session.data).filter(([key]) => !key.startsWith("_")));
    return { user, fresh: await auth.loginFresh(c), data, messages };
  }

  /** The visitor's record as it is in Redis, where Python and TypeScript both find it. */
  app.get("/record", async (c) => {
    const id = cookies(c).get(shared.SESSION_COOKIE_NAME);
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
  // The demo's own.
  const colours = file("../../demo/public/colours.css");
  app.get("/colours.css", (c) => c.body(colours, 200, { "Content-Type": "text/css" }));
  return app;
}
