import cookie from "@fastify/cookie";
import session from "@fastify/session";
import { RedisStore } from "connect-redis";
import fastify from "fastify";
import { countIn, SECRET } from "./common.mjs";
import { properties, routes } from "./routes.mjs";
import { redisClient } from "./stores.mjs";

export const servers = {
  "fastify bare": () => {
    const app = fastify();
    app.get("/count", (_request, reply) => {
      reply.send({ count: 1 });
    });
    return listen(app);
  },
};

export const stored = {
  "fastify + @fastify/session MemoryStore": () => counting(),

  "fastify + @fastify/session connect-redis": async (backends) =>
    counting(new RedisStore({ client: await redisClient(backends) })),
};

function counting(store) {
  const app = fastify();
  app.register(cookie);
  app.register(session, {
    secret: SECRET,
    saveUninitialized: false,
    rolling: false,
    cookie: { secure: false },
    ...(store && { store }),
  });
  app.get("/count", (request, reply) => {
    reply.send({ count: countIn(request.session) });
  });
  const others = routes(
    properties({
      open: (request) => request.session,
      renew: (request) => request.session.regenerate(),
      end: (request) => request.session.destroy(),
    }),
  );
  app.get("/*", (request) => others(request.url, request));
  return listen(app);
}

async function listen(app) {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port };
}
