import { checkHandler, checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { answer } from "./web-exchange.ts";

/**
 * A handler of the Fetch API's kind; what comes after the request (environment, context, parameters) is handed through. With Bun it may
 * return undefined for what has become a WebSocket: no cookie can bring a change of its session then.
 */
export type WebHandler<Rest extends unknown[], Answer extends Response | undefined = Response> = (
  request: Request,
  ...rest: Rest
) => Answer | Promise<Answer>;

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
export function webSessions<
  Data extends object,
  Rest extends unknown[],
  Answer extends Response | undefined = Response,
>(
  sessions: SessionManager<Data>,
  handler: WebHandler<Rest, Answer>,
): (request: Request, ...rest: Rest) => Promise<Answer | Response> {
  checkSessions(sessions, "webSessions(sessions, handler)");
  checkHandler(handler, "webSessions(sessions, handler)");
  return async (request, ...rest) =>
    sessions.isBound(request)
      ? handler(request, ...rest)
      : answer(sessions, request, request, () => handler(request, ...rest));
}
