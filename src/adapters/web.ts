import type { SessionManager } from "../session/index.ts";
import { refusalOf, refusalResponse } from "./refusal.ts";

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
    const url = new URL(request.url);
    const exchange = sessions.open({
      cookie: request.headers.get("Cookie") ?? undefined,
      host: request.headers.get("Host") ?? url.host,
      encrypted: url.protocol === "https:",
      userAgent: () => request.headers.get("User-Agent") ?? undefined,
    });
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
    // A network error and the switch to another protocol carry no headers of ours.
    if (!exchange.hasHeaders || response.status < 200) return response;
    const answer = mayBeShared(response) ? new Response(response.body, response) : response;
    exchange.writeTo(answer.headers);
    return answer;
  };
}

/**
 * Whether the headers must not be changed: because they cannot be (a redirect, what `fetch` gave), or because a response
 * without a body may be given to several visitors.
 */
function mayBeShared(response: Response): boolean {
  if (response.body === null) return true;
  try {
    response.headers.delete("x-hipflask-probe");
    return false;
  } catch {
    return true;
  }
}
