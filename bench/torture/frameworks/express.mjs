import { Readable } from "node:stream";
import express from "express";
import { listen } from "../listen.mjs";

/** An Express application behind a middleware. */
export function serveExpress(middleware, app) {
  const server = express().use(middleware);
  server.get("/*path", async (request, response) => {
    const { json, location, chunks } = await app(request.url, request);
    if (location !== undefined) response.redirect(location);
    else if (chunks !== undefined) Readable.from(chunks).pipe(response);
    else response.json(json);
  });
  return listen(server);
}
