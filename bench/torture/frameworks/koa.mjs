import { Readable } from "node:stream";
import Koa from "koa";
import { listen } from "../listen.mjs";

/** A Koa application; `use` adds the sessions. */
export function serveKoa(use, app) {
  const server = new Koa();
  server.silent = true;
  use(server);
  server.use(async (ctx) => {
    const { json, location, chunks } = await app(ctx.url, ctx);
    if (location !== undefined) ctx.redirect(location);
    else ctx.body = chunks === undefined ? json : Readable.from(chunks);
  });
  return listen(server.callback());
}
