import type { SessionManager } from "../session/index.ts";
import { answer } from "./web-exchange.ts";

/** SvelteKit's `Handle`, as far as it matters here. */
export type SvelteKitHandle = <Event extends { readonly request: Request }>(input: {
  event: Event;
  resolve(event: Event): Response | Promise<Response>;
}) => Promise<Response>;

/**
 * Sessions for SvelteKit, as its `handle` hook. `sessions.get(event)` and `cookies(event)` take the event of a `load` function
 * on the server, an action or an endpoint.
 *
 * @example
 * // src/hooks.server.ts; with other hooks: sequence(svelteKitSessions(sessions), …)
 * export const handle = svelteKitSessions(sessions);
 *
 * // src/routes/+page.server.ts
 * export const load = async (event) => {
 *   const session = await sessions.get(event);
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   return { count: session.data.count };
 * };
 */
export function svelteKitSessions<Data extends object>(sessions: SessionManager<Data>): SvelteKitHandle {
  return async ({ event, resolve }) => {
    if (sessions.isBound(event)) return resolve(event);
    return answer(sessions, event, event.request, async () => resolve(event), true);
  };
}
