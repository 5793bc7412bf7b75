import type { SessionManager } from "../session/index.ts";
import { answer } from "./web-exchange.ts";

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
  return async (request, ...rest) =>
    sessions.isBound(request)
      ? handler(request, ...rest)
      : answer(sessions, request, request, () => handler(request, ...rest));
}
