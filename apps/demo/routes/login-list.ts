import { ConfigError, type SessionManager, type UserSession } from "hipflask";
import { Hono } from "hono";

/** Where a user is logged in, which only a store can tell. */
export function loginListRoutes(sessions: SessionManager): Hono {
  const app = new Hono();

  app.get("/logins", async (c) => {
    const { user, id } = await sessions.get(c);
    if (user === undefined) return c.json({ logins: [] });
    const list = await sessions.forUser(user).list();
    return c.json({ logins: list.map((login) => shown(login, id)) });
  });

  app.post("/logout-everywhere", async (c) => {
    const session = await sessions.get(c);
    if (session.user === undefined) return c.json({ error: "Log in first." }, 400);
    const ended = await sessions.forUser(session.user).revokeAll();
    // It has ended like the others; this is for its cookie.
    await session.destroy();
    return c.json({ user: null, ended });
  });

  app.onError((error, c) => {
    // Of sessions in cookies there is no list.
    if (error instanceof ConfigError) return c.json({ error: error.message }, 501);
    throw error;
  });

  return app;
}

function shown({ id, device, createdAt, lastSeenAt }: UserSession, current: string | undefined): object {
  return {
    device: device ?? null,
    since: createdAt.toISOString(),
    last_seen: lastSeenAt.toISOString(),
    current: id === current,
  };
}
