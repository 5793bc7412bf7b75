import { checkSessions } from "../session/check-sessions.ts";
import type { SessionManager } from "../session/index.ts";
import { answer } from "./web-exchange.ts";

/** Middleware of React Router's kind, as far as it matters here. */
export type ReactRouterMiddleware = (
  args: { readonly request: Request; readonly url?: URL; readonly context: object },
  next: () => Promise<Response>,
) => Promise<Response>;

/** Where the application is. */
export interface ReactRouterOptions {
  /** The `basename` of react-router.config.ts: `next` is then without it, because React Router's `redirect` puts it before every path. */
  readonly basename?: string;
}

/**
 * Sessions for React Router 7 in framework mode, as the root route's middleware. `sessions.get(context)` and
 * `cookies(context)` take the context that loaders, actions and middleware get.
 *
 * @example
 * // app/root.tsx
 * export const middleware = [reactRouterSessions(sessions)];
 *
 * // any route
 * export async function loader({ context }: Route.LoaderArgs) {
 *   const session = await sessions.get(context);
 *   return { user: session.user };
 * }
 */
export function reactRouterSessions<Data extends object>(
  sessions: SessionManager<Data>,
  { basename = "/" }: ReactRouterOptions = {},
): ReactRouterMiddleware {
  checkSessions(sessions, "reactRouterSessions(sessions)");
  const base = basename.replace(/\/$/, "");
  return async ({ request, url, context }, next) => {
    if (sessions.isBound(context)) return next();
    const { method, headers } = request;
    const asked = { url: addressOf(url ?? new URL(request.url), base), method, headers };
    return answer(sessions, context, asked, next, true);
  };
}

/** The page's own address below `base`, also where React Router's script asks for some routes' data alone. */
function addressOf({ href }: URL, base: string): string {
  const url = new URL(href);
  url.searchParams.delete("_routes");
  // As React Router does, in any case of its letters.
  if (`${url.pathname}/`.toLowerCase().startsWith(`${base}/`.toLowerCase()))
    url.pathname = url.pathname.slice(base.length);
  return url.href;
}
