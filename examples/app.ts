// app.ts
import { serve } from "@hono/node-server";
import { createSessions } from "hipflask";
import { honoSessions } from "hipflask/adapters/hono";
import { Hono } from "hono";

const sessions = createSessions<{ visits?: number }>({ secretKey: process.env.SECRET_KEY });
const app = new Hono().use(honoSessions(sessions));

app.get("/", async (c) => {
  const session = await sessions.get(c); // nothing is read before, and nothing for who does not ask
  session.data.visits = (session.data.visits ?? 0) + 1;
  return c.json({ user: session.user, visits: session.data.visits, messages: session.flashes() });
});

app.post("/login/:user", async (c) => {
  const session = await sessions.get(c);
  await session.regenerate({ user: c.req.param("user") }); // whoever planted the old cookie has nothing
  session.flash("Welcome back");
  return c.redirect("/"); // the redirect's target sees all of it
});

app.post("/logout", async (c) => {
  await (await sessions.get(c)).destroy();
  return c.redirect("/");
});

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) =>
  console.log(`http://localhost:${port}`),
);
