import { createServer } from "node:http";
import Koa from "koa";
import session from "koa-session";
import { koaSessions } from "../../../dist/adapters/koa.js";
import { countIn, listen, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";

export const servers = {
  "koa bare": () =>
    serve(undefined, (ctx) => {
      ctx.body = { count: 1 };
    }),

  "koa + koa-session in a Map": () => {
    const kept = new Map();
    const store = {
      get: (key) => kept.get(key),
      set: (key, value) => void kept.set(key, value),
      destroy: (key) => void kept.delete(key),
    };
    return koaSession({ store });
  },

  "koa + koa-session cookie": () => koaSession({}),
};

export const adapters = hipflaskEverywhere("koa", (sessions) =>
  serve(
    () => koaSessions(sessions),
    async (ctx) => {
      const { data } = await sessions.get(ctx);
      ctx.body = { count: countIn(data) };
    },
  ),
);

function koaSession(options) {
  return serve(
    (app) => session(options, app),
    (ctx) => {
      ctx.body = { count: countIn(ctx.session) };
    },
  );
}

function serve(middlewareOf, handler) {
  const app = new Koa();
  app.keys = [SECRET];
  if (middlewareOf !== undefined) app.use(middlewareOf(app));
  app.use(handler);
  return listen(createServer(app.callback()));
}
