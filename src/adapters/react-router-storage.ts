import { ConfigError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { Exchange, SessionManager } from "../session/index.ts";
import { own, type ReactRouterSession, StoredSession } from "./react-router-session.ts";
import { openWebExchange, type WebRequest } from "./web-exchange.ts";

export type { ReactRouterSession } from "./react-router-session.ts";

/** What React Router's own `createSessionStorage` returns. */
export interface ReactRouterSessionStorage<Data extends object> {
  /**
   * The session of a request.
   *
   * @param request the request, or its Cookie header alone; then the cookie is one for https, which Safari does not take on localhost
   * @throws StoreError when the store cannot be read
   */
  getSession(request?: WebRequest | string | null): Promise<ReactRouterSession<Data>>;
  /**
   * Stores the session.
   *
   * @param options any lifetime makes the session permanent; how long it lasts is decided in `createSessions`
   * @returns the Set-Cookie header; an empty text, which browsers ignore, where the browser's cookie is good as it is
   * @throws StoreError | DataError | TooLargeError
   */
  commitSession(
    session: ReactRouterSession<Data>,
    options?: { maxAge?: number; expires?: Date },
  ): Promise<string>;
  /** Ends the session for good. @returns the Set-Cookie header @throws StoreError */
  destroySession(session: ReactRouterSession<Data>): Promise<string>;
}

/**
 * Sessions for React Router and Remix in the shape of `createSessionStorage`, for applications that call `getSession` and
 * `commitSession` in loaders and actions. New ones are better off with the middleware, which forgets no commit.
 *
 * @throws ConfigError where a session may take several cookies, ours and an old one that is accepted among them: `commitSession`
 *   returns one header
 *
 * @example
 * export const { getSession, commitSession, destroySession } = reactRouterSessionStorage(sessions);
 *
 * export async function action({ request }: Route.ActionArgs) {
 *   const session = await getSession(request);
 *   session.set("theme", "dark");
 *   return redirect("/", { headers: { "Set-Cookie": await commitSession(session) } });
 * }
 */
export function reactRouterSessionStorage<Data extends object>(
  sessions: SessionManager<Data>,
): ReactRouterSessionStorage<Data> {
  checkSessions(sessions, "reactRouterSessionStorage(sessions)");
  if (sessions.maxCookies > 1)
    throw new ConfigError(
      "React Router's commitSession returns one Set-Cookie header, and these sessions may take several (maxCookies, hybrid, or accept without a store). Use the middleware, reactRouterSessions(sessions).",
    );
  return {
    async getSession(request) {
      const exchange =
        typeof request === "object" && request !== null
          ? openWebExchange(sessions, request)
          : sessions.open({ cookie: request ?? undefined, host: undefined, encrypted: true });
      return new StoredSession(exchange, await exchange.session());
    },
    async commitSession(given, options = {}) {
      const { exchange, session } = own(given);
      if (options.maxAge !== undefined || options.expires !== undefined) session.permanent = true;
      return commit(exchange);
    },
    async destroySession(given) {
      const { exchange, session } = own(given);
      await session.destroy();
      return commit(exchange);
    },
  };
}

async function commit(exchange: Pick<Exchange, "commit" | "jar">): Promise<string> {
  await exchange.commit();
  // Of a session that was taken over, the deletion of the old cookie comes first; there is no room for it.
  return exchange.jar.setCookies().at(-1) ?? "";
}
