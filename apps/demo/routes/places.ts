import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Demo } from "../demo-places.ts";
import { LeftBehind, move } from "../moving.ts";
import type { Place } from "../place.ts";

/** Which places there are to keep sessions in, and moving to another one while the demo runs. */
export function placeRoutes({ places, logins }: Demo): Hono {
  const app = new Hono();

  app.get("/places", (c) => {
    const current = places.nameFor(c);
    return c.json({ places: places.names.map((name) => ({ name, current: name === current })) });
  });

  app.post("/places/:name", async (c) => {
    const name = c.req.param("name");
    if (!places.names.includes(name)) {
      return c.json({ error: "There is no such place.", known_places: places.names }, 404);
    }
    const to = await places.open(name).catch((error: unknown) => {
      throw new HTTPException(503, { cause: error });
    });
    // A place that cannot be opened holds nobody back.
    const from = await places.open(places.nameFor(c)).catch((): Place | undefined => undefined);
    try {
      return await move(c, from === to ? undefined : from, to, logins);
    } catch (error) {
      if (error instanceof LeftBehind) return move(c, undefined, to, logins);
      throw error;
    }
  });

  return app;
}
