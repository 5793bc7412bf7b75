import "reflect-metadata";
import { Controller, Get, Module, Req } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import cookieSession from "cookie-session";
import expressSession from "express-session";
import { expressSessions } from "../../../dist/adapters/express.js";
import { countIn, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";

/** On Express, Nest's default, whose session libraries are Nest's. */
export const servers = {
  "nest bare": () => serve([], () => 1),

  "nest + express-session MemoryStore": () =>
    serve([expressSession({ secret: SECRET, resave: false, saveUninitialized: false })], ({ session }) =>
      countIn(session),
    ),

  "nest + cookie-session": () =>
    serve([cookieSession({ name: "session", keys: [SECRET] })], ({ session }) => countIn(session)),
};

export const adapters = hipflaskEverywhere("nest", (sessions) =>
  serve([expressSessions(sessions)], async (request) => countIn((await sessions.get(request)).data)),
);

async function serve(middleware, count) {
  class Counter {
    async count(request) {
      return { count: await count(request) };
    }
  }
  // What decorators come to.
  const { prototype } = Counter;
  Get("count")(prototype, "count", Object.getOwnPropertyDescriptor(prototype, "count"));
  Req()(prototype, "count", 0);
  Controller()(Counter);
  // oxlint-disable-next-line typescript/no-extraneous-class -- a module is what its decorator says
  class Root {}
  Module({ controllers: [Counter] })(Root);
  const app = await NestFactory.create(Root, new ExpressAdapter(), { bodyParser: false, logger: false });
  app.getHttpAdapter().getInstance().disable("x-powered-by").disable("etag");
  if (middleware.length > 0) app.use(...middleware);
  await app.listen(0, "127.0.0.1");
  return { port: app.getHttpServer().address().port };
}
