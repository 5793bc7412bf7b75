// Each framework takes its adapter as it is, and each context brings typed data: nothing is declared, merged or cast.
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import type { INestApplication } from "@nestjs/common";
import express from "express";
import fastify from "fastify";
import { H3 } from "h3";
import { cookies, createSessions, type Session, signedCookie } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { fastifySessions } from "hipflask/adapters/fastify";
import { h3Sessions } from "hipflask/adapters/h3";
import { honoSessions } from "hipflask/adapters/hono";
import { koaSessions } from "hipflask/adapters/koa";
import { sessionDecorator, SessionExceptionFilter } from "hipflask/adapters/nest";
import { nodeSessions } from "hipflask/adapters/node";
import { reactRouterSessions } from "hipflask/adapters/react-router";
import { reactRouterSessionStorage } from "hipflask/adapters/react-router-storage";
import { webSessions } from "hipflask/adapters/web";
import { Hono } from "hono";
import Koa from "koa";
import type { LoaderFunctionArgs, MiddlewareFunction } from "react-router";
import { expectTypeOf } from "vitest";
import { z } from "zod";

interface Data {
  count: number;
}
const sessions = createSessions({
  storage: signedCookie(),
  schema: z.object({ count: z.number().default(0) }),
});

/** What a handler does with its context. */
async function count(context: object): Promise<number> {
  const session = await sessions.get(context);
  expectTypeOf(session.data).toEqualTypeOf<Data>();
  cookies(context).set("theme", "dark");
  return (session.data.count += 1);
}

express()
  .use(expressSessions(sessions))
  .get("/", async (req, res) => res.json(await count(req)));
express().get("/", expressSessions(sessions), (_req, res) => void res.end());

const app = fastify();
await app.register(fastifySessions(sessions));
app.get("/", (request) => count(request));

new Koa().use(koaSessions(sessions)).use(async (ctx) => {
  ctx.body = await count(ctx);
});

new H3().use(h3Sessions(sessions)).get("/", (event) => count(event));

new Hono<{ Bindings: { KEY: string }; Variables: { user: string } }>()
  .use(honoSessions(sessions))
  .get("/", async (c) => c.json({ count: await count(c), user: c.get("user"), key: c.env.KEY }));

createServer(
  nodeSessions(sessions, async (request, response) => {
    expectTypeOf(request).toHaveProperty("socket");
    response.end(String(await count(request)));
  }),
);
createSecureServer(
  nodeSessions(sessions, async (request, response) => {
    response.end(String(await count(request)));
  }),
);

const handler = webSessions(sessions, async (request, env: { KEY: string }) =>
  Response.json({ count: await count(request), key: env.KEY }),
);
expectTypeOf(handler).toEqualTypeOf<(request: Request, env: { KEY: string }) => Promise<Response>>();
// @ts-expect-error -- it takes an environment
void handler(new Request("http://localhost"));

const onBun = webSessions(sessions, async (request, server: { upgrade(request: Request): boolean }) => {
  if (server.upgrade(request)) return;
  return Response.json({ count: await count(request) });
});
expectTypeOf(onBun).returns.resolves.toEqualTypeOf<Response | undefined>();
// @ts-expect-error -- it is no answer
webSessions(sessions, () => "text");

export const middleware: MiddlewareFunction<Response>[] = [reactRouterSessions(sessions)];
export const loader = ({ context }: LoaderFunctionArgs): Promise<number> => count(context);

export const { getSession, commitSession, destroySession } = reactRouterSessionStorage(sessions);
const session = await getSession("session=a");
expectTypeOf(session.data).toEqualTypeOf<Data>();
expectTypeOf(session.get("count")).toEqualTypeOf<number | undefined>();
session.set("count", 1);
// @ts-expect-error -- a number
session.set("count", "1");
// @ts-expect-error -- no such key
session.get("counts");
expectTypeOf(sessionDecorator(sessions)()).toEqualTypeOf<ParameterDecorator>();
// A decorator cannot type its parameter; this names the session's type without a word about its data.
expectTypeOf<Awaited<ReturnType<typeof sessions.get>>>().toEqualTypeOf<Session<Data>>();
export function inNest(nest: INestApplication): void {
  nest.use(expressSessions(sessions));
  nest.useGlobalFilters(new SessionExceptionFilter(nest.getHttpAdapter()));
}
