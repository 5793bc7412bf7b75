import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { listen } from "../listen.mjs";
import { streamOf } from "./web.mjs";

/** A Hono application behind middlewares. */
export function serveHono(middlewares, app) {
  const server = new Hono().use(...middlewares);
  server.get("/*", async (c) => {
    const { json, location, chunks } = await app(c.req.url, c);
    if (location !== undefined) return c.redirect(location);
    return chunks === undefined ? c.json(json) : c.body(streamOf(chunks));
  });
  // Its answer to an error is 500; it also prints it.
  server.onError((_error, c) => c.text("Internal Server Error", 500));
  return listen(getRequestListener(server.fetch, { overrideGlobalObjects: false }));
}
