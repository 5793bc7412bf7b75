import { type H3Config, type Middleware, toResponse } from "h3";
import { UnauthorizedError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { isRefusal, refusalOf, refusalResponse, unlessRefused } from "./refusal.ts";
import { openWebExchange, withExchangeHeaders } from "./web-exchange.ts";

/**
 * Sessions for H3 2, which Nitro is made of. `sessions.get(event)` and `cookies(event)` take the event. Add it before what uses
 * sessions.
 *
 * @example
 * app.use(h3Sessions(sessions));
 * app.get("/count", async (event) => {
 *   const session = await sessions.get(event);
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   return { count: session.data.count };
 * });
 */
export function h3Sessions<Data extends object>(sessions: SessionManager<Data>): Middleware {
  checkSessions(sessions, "h3Sessions(sessions)");
  return async (event, next) => {
    if (sessions.isBound(event)) return next();
    const exchange = openWebExchange(sessions, event.req);
    sessions.bind(event, exchange);
    const answered = { headersSent: false };
    const handled = sessions.run(exchange, async () => next(), answered).catch(answerUnauthorized);
    let result: unknown;
    try {
      // An error of the application's is answered by H3, and what was written before it is kept.
      result = await handled.catch(unlessRefused);
      const { status = 200 } = result instanceof Response ? result : event.res;
      if (isRefusal(exchange, status)) return result;
      await exchange.commit();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusalResponse(refusal, result instanceof Response ? result : undefined);
    } finally {
      answered.headersSent = true;
    }
    if (!exchange.hasHeaders || result === HANDLED) return handled;
    // Made now, because a header that the application has set on a Response of its own counts as well.
    const { onResponse: _, ...config }: H3Config = event.app?.config ?? {};
    return withExchangeHeaders(await toResponse(handled, event, config), exchange);
  };
}

/** What asks a visitor to log in is an answer like any other; H3 would write it to the console with its stack. */
function answerUnauthorized(error: unknown): Response {
  if (error instanceof UnauthorizedError) return error.getResponse();
  throw error;
}

/** What H3 has in the place of an answer that was sent by other means. */
const HANDLED = Symbol.for("h3.handled");
