import cookie from "@fastify/cookie";
import session from "@fastify/session";
import secureSession from "@fastify/secure-session";
import { RedisStore } from "connect-redis";
import fastify from "fastify";
import { fastifySessions } from "../../../dist/adapters/fastify.js";
import { countIn, REST, SECRET } from "./common.mjs";
import { hipflaskEverywhere } from "./hipflask.mjs";
import { routes } from "./routes.mjs";
import { redisClient } from "./stores.mjs";
import { fastifySessionUsage } from "./usages.mjs";

export const servers = {
  "fastify bare": () => {
    const app = fastify();
    app.get("/count", (_request, reply) => {
      reply.send({ count: 1 });
    });
    return listen(app);
  },

  "fastify + @fastify/secure-session": () => {
    const app = fastify();
    app.register(secureSession, { key: Buffer.alloc(32, SECRET), cookie: { path: "/" } });
    app.get("/count", (request, reply) => {
      const secure = request.session;
      const count = (secure.get("count") ?? 0) + 1;
      if (count === 1) for (const [key, value] of Object.entries(REST)) secure.set(key, value);
      secure.set("count", count);
      reply.send({ count });
    });
    return listen(app);
  },
};

export const adapters = hipflaskEverywhere("fastify", (sessions) => {
  const app = fastify();
  app.register(fastifySessions(sessions));
  app.get("/count", async (request) => {
    const { data } = await sessions.get(request);
    return { count: countIn(data) };
  });
  return listen(app);
});

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
  const others = routes(fastifySessionUsage);
  app.get("/*", (request) => others(request.url, request));
  return listen(app);
}

async function listen(app) {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port };
}
