import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { beginOnNode } from "./node-begin.ts";
import type { NodeRequest, NodeResponse } from "./node-exchange.ts";
import { isRefusal } from "./refusal.ts";

/** Middleware of Koa's kind. */
export type KoaMiddleware = (
  ctx: { readonly req: NodeRequest; readonly res: NodeResponse; readonly respond?: boolean },
  next: () => Promise<unknown>,
) => Promise<unknown>;

/**
 * Sessions for Koa. `sessions.get(ctx)` and `cookies(ctx)` take the context. Add it before what uses sessions.
 *
 * The session is stored before Koa answers. What cannot be stored, and a store that fails, are errors like those of any
 * middleware: Koa answers 503 to the latter. With `ctx.respond = false`, when the application itself writes the answer.
 *
 * @example
 * app.use(koaSessions(sessions));
 * app.use(async (ctx) => {
 *   const session = await sessions.get(ctx);
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   ctx.body = { count: session.data.count };
 * });
 */
export function koaSessions<Data extends object>(sessions: SessionManager<Data>): KoaMiddleware {
  checkSessions(sessions, "koaSessions(sessions)");
  return async (ctx, next) => {
    if (sessions.isBound(ctx)) return next();
    const { exchange } = beginOnNode(sessions, ctx, ctx.req, ctx.res);
    await sessions.run(exchange, next, ctx.res);
    if (ctx.respond === false || isRefusal(exchange, ctx.res.statusCode)) return undefined;
    return exchange.commit();
  };
}
