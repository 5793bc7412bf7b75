import { Hono } from "hono";
import { createSessions } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { flaskConfig } from "hipflask/flask";
import { createLogin } from "hipflask/login";

/** The routes of flask_login_app.py in TypeScript. */
export function tsLoginApp(SECRET_KEY: string, SESSION_PROTECTION: string): Hono {
  const config = { SECRET_KEY, SESSION_PROTECTION };
  const sessions = createSessions<Record<string, unknown>>(flaskConfig(config));
  const auth = createLogin(sessions, {
    loadUser: (id) => (id === "gone" ? undefined : { id }),
    loginView: "/login",
    flask: config,
  });
  const app = new Hono();
  app.use(honoSessions(sessions));

  app.post("/login", async (c) => {
    const { user = "", remember, duration } = c.req.query();
    const options = { remember: remember !== undefined, ...(duration && { duration: Number(duration) }) };
    return c.json(await auth.loginUser(c, { id: user }, options));
  });

  app.post("/logout", async (c) => {
    await auth.logoutUser(c);
    return c.json(true);
  });

  app.post("/confirm", async (c) => {
    await auth.confirmLogin(c);
    return c.json(true);
  });

  app.get("/who", async (c) => c.json([(await auth.currentUser(c))?.id ?? null, await auth.loginFresh(c)]));
  app.get("/private", async (c) => c.json((await auth.loginRequired(c)).id));
  app.get("/fresh", async (c) => c.json((await auth.freshLoginRequired(c)).id));

  app.post("/cart", async (c) => {
    (await sessions.get(c)).data["cart"] = c.req.query("item");
    return c.json(true);
  });

  app.get("/data", async (c) => c.json((await sessions.get(c)).data));
  return app;
}
