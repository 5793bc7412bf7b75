import { Readable } from "node:stream";
import { AppFactory } from "@adonisjs/core/factories/app";
import { ServerFactory } from "@adonisjs/core/factories/http";
import { listen } from "../listen.mjs";

/** AdonisJS' server behind an instance of a middleware. */
export async function serveAdonis(middleware, app) {
  const application = new AppFactory().create(new URL("./", import.meta.url), () => {});
  await application.init();
  const server = new ServerFactory().merge({ app: application }).create();
  const router = server.getRouter();
  // It wants a class, and makes an instance for each request.
  const Middleware = class {
    handle(ctx, next) {
      return middleware.handle(ctx, next);
    }
  };
  router.use([async () => ({ default: Middleware })]);
  router.get("*", async (ctx) => {
    const { json, location, chunks } = await app(ctx.request.url(true), ctx);
    if (location !== undefined) ctx.response.redirect().toPath(location);
    else if (chunks === undefined) ctx.response.json(json);
    else ctx.response.stream(Readable.from(chunks));
  });
  await server.boot();
  return listen((request, response) => server.handle(request, response));
}
