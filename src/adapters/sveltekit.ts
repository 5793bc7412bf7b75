import { parseSetCookie } from "../cookie/index.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { Exchange, SessionManager } from "../session/index.ts";
import { answerWithin, openWebExchange } from "./web-exchange.ts";

/** What is asked of a `RequestEvent`. */
interface SvelteKitEvent {
  readonly request: Request;
  /** The page's own address, also where its data alone is fetched (`__data.json`). */
  readonly url: URL;
  readonly cookies: { set(name: string, value: string, options: object): void };
}

/** SvelteKit's `Handle`, as far as it matters here. */
export type SvelteKitHandle = <Event extends SvelteKitEvent>(input: {
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
  checkSessions(sessions, "svelteKitSessions(sessions)");
  return async ({ event, resolve }) => {
    if (sessions.isBound(event)) return resolve(event);
    const { method, headers } = event.request;
    const exchange = openWebExchange(sessions, { url: event.url.href, method, headers });
    sessions.bind(event, exchange);
    const resolving = async (): Promise<Response> => resolve(event);
    return answerWithin(
      sessions,
      exchange,
      () =>
        resolving().catch(async (error: unknown) => {
          if (isRedirect(error)) await settle(exchange, event);
          throw error;
        }),
      true,
    );
  };
}

/** Stores the session where SvelteKit answers outside of all hooks, with the cookies that it was told: to redirect() in a hook behind this one. */
async function settle(exchange: Exchange<object>, { cookies }: SvelteKitEvent): Promise<void> {
  await exchange.commit();
  for (const header of exchange.jar.setCookies()) {
    const { name, value, ...attributes } = parseSetCookie(header)!;
    cookies.set(name, value, {
      secure: false,
      httpOnly: false,
      ...attributes,
      encode: (text: string) => text,
    });
  }
}

/** Whether this is what SvelteKit's `redirect` throws. */
function isRedirect(error: unknown): boolean {
  const { status, location } = (error ?? {}) as { status?: unknown; location?: unknown };
  return typeof status === "number" && status >= 300 && status < 400 && typeof location === "string";
}
