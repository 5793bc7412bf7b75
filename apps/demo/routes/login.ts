import type { SessionManager } from "hipflask";
import { Hono } from "hono";
import { isAccountId } from "../accounts/accounts.ts";
import { jsonBody, textField } from "../body.ts";

/** Logging in and out by a name alone, which proves nothing, and messages for the next page. */
export function loginRoutes(sessions: SessionManager): Hono {
  const app = new Hono();

  app.post("/login", async (c) => {
    const body = await jsonBody(c);
    const name = textField(body, "name");
    if (name === "") return c.json({ error: "Give a name to log in with." }, 400);
    if (isAccountId(name)) return c.json({ error: "That is an account, which has a password." }, 400);
    const device = textField(body, "device");
    const session = await sessions.get(c);
    await session.regenerate({ user: name, ...(device === "" ? {} : { device }) });
    session.flash(`Welcome, ${name}!`, "success");
    return c.json({ user: name });
  });

  app.post("/logout", async (c) => {
    const session = await sessions.get(c);
    await session.destroy();
    return c.json({ user: null });
  });

  app.post("/flash", async (c) => {
    const body = await jsonBody(c);
    const message = textField(body, "message") || "Greetings from the page before";
    const session = await sessions.get(c);
    session.flash(message, textField(body, "category") || "message");
    return c.json({ flashed: message });
  });

  app.get("/flashes", async (c) => {
    const session = await sessions.get(c);
    return c.json({
      flashes: session.flashes().map(({ category, message }) => ({ category, message: String(message) })),
    });
  });

  return app;
}
