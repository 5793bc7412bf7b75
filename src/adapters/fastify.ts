import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { beginOnNode } from "./node-begin.ts";
import { isRefusal, refusalOf } from "./refusal.ts";

/**
 * Sessions for Fastify. `sessions.get(request)` and `cookies(request)` take the request. Register it before the routes that
 * use sessions; it is there for the whole application, not only for the plugin that registers it.
 *
 * The session is stored before Fastify sends the answer. What cannot be stored, and a store that fails, are errors like
 * those of any hook: Fastify answers 503 to the latter.
 *
 * @example
 * app.register(fastifySessions(sessions));
 * app.get("/count", async (request) => {
 *   const session = await sessions.get(request);
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   return { count: session.data.count };
 * });
 */
export function fastifySessions<Data extends object>(sessions: SessionManager<Data>): FastifyPluginCallback {
  checkSessions(sessions, "fastifySessions(sessions)");
  const storing = new WeakSet<FastifyRequest>();
  const plugin: FastifyPluginCallback = (app, _options, ready) => {
    app.addHook("onRequest", (request: FastifyRequest, reply, next) => {
      if (sessions.isBound(request)) return next();
      const { exchange } = beginOnNode(sessions, request, request.raw, reply.raw);
      return sessions.run(exchange, next, reply.raw);
    });
    // What reads the body loses track of the request.
    app.addHook("preValidation", (request: FastifyRequest, reply, next) => {
      sessions.run(sessions.exchangeOf(request)!, next, reply.raw);
    });
    // A promise is returned, where there is one: what done throws, because the answer cannot be sent, would be caught by nobody.
    app.addHook("onSend", (request: FastifyRequest, reply, payload, done) => {
      const exchange = sessions.exchangeOf(request);
      // Answered by a hook that stands before this one.
      if (exchange === undefined) return done(null, payload);
      // Sent twice, as Fastify and NestJS do for a handler that sends and does not return the reply: the first answer is under way.
      if (storing.has(request)) return;
      const { status } = payload instanceof Response ? payload : { status: reply.statusCode };
      let stored: Promise<void> | undefined;
      try {
        if (!isRefusal(exchange, status)) stored = exchange.commit();
      } catch (error) {
        return done(stripped(reply, error));
      }
      if (stored === undefined) return done(null, payload);
      storing.add(request);
      return stored
        .finally(() => storing.delete(request))
        .then(
          () => payload,
          (error: unknown) => {
            throw stripped(reply, error);
          },
        );
    });
    ready();
  };
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "hipflask",
  });
}

/** Nothing is left of the application's answer; Fastify would keep its status. */
function stripped(reply: FastifyReply, error: unknown): Error {
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
  reply.code(refusalOf(error)?.status ?? 500);
  return error as Error;
}
