import type { SessionManager } from "../session/index.ts";
import { refusalOf, refusalResponse } from "./refusal.ts";
import { openWebExchange, withExchangeHeaders } from "./web-exchange.ts";

/** A handler of the Fetch API's kind; what comes after the request (environment, context, parameters) is handed through. */
export type WebHandler<Rest extends unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Sessions for servers that turn a `Request` into a `Response`: Bun, Deno, Cloudflare Workers, service workers.
 * `sessions.get(request)` and `cookies(request)` take the request.
 *
 * @example
 * export default {
 *   fetch: webSessions(sessions, async (request) => {
 *     const session = await sessions.get(request);
 *     session.data.count = (session.data.count ?? 0) + 1;
 *     return Response.json({ count: session.data.count });
 *   }),
 * };
 */
export function webSessions<Data extends object, Rest extends unknown[]>(
  sessions: SessionManager<Data>,
  handler: WebHandler<Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    if (sessions.isBound(request)) return handler(request, ...rest);
    const exchange = openWebExchange(sessions, request);
    sessions.bind(request, exchange);
    let response: Response | undefined;
    try {
      response = await sessions.run(exchange, () => handler(request, ...rest));
      await exchange.commit();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusalResponse(refusal, response);
    }
    return withExchangeHeaders(response, exchange);
  };
}
