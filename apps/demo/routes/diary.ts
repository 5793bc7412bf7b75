import { Hono } from "hono";
import type { Demo } from "../demo-places.ts";
import { page } from "../page.ts";
import type { Place } from "../place.ts";

/** A page for who is logged in. Everybody else is sent to log in, and back here afterwards. */
export function diaryRoutes(place: Place, { logins }: Demo): Hono {
  const app = new Hono();

  app.get("/see/diary", async (c) => {
    await (await logins.of(place)).loginRequired(c);
    return c.html(page("diary"));
  });

  return app;
}
