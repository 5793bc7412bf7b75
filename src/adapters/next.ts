import { parseSetCookie, type SameSite, type SetCookie } from "../cookie/index.ts";
import { CookieError } from "../errors.ts";
import type { Exchange, Session, SessionManager } from "../session/index.ts";
import { factsOf } from "../session/plain-request.ts";
import { unlessRefused } from "./refusal.ts";
import { answerWithin } from "./web-exchange.ts";

/** What `next/headers` exports, as far as it matters here. */
export interface NextFunctions {
  /** The headers of the request, one object as long as it is answered. */
  headers(): Promise<Pick<Headers, "get">>;
  /** Where a server action sets cookies. */
  cookies(): Promise<{ set(cookie: NextCookie): unknown }>;
}

/** A cookie as Next takes it. */
export interface NextCookie extends Omit<SetCookie, "sameSite"> {
  sameSite?: SameSite | undefined;
}

/** Sessions where Next.js has them. */
export interface NextSessions<Data extends object> {
  /**
   * The session of the request: to be changed within `handler` and `action`, and to be read wherever else there is a request, in
   * server components above all. Asked several times, it is the same session, loaded once.
   *
   * @throws StoreError when the store cannot be read
   */
  getSession(): Promise<Session<Data>>;
  /** A route handler or a proxy with a session, stored before its response leaves. */
  handler<Request extends { readonly url: string }, Rest extends unknown[]>(
    handle: (request: Request, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
  /** A server action with a session, stored when it has returned or thrown, `redirect()` included. */
  action<Args extends unknown[], Result>(
    act: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result>;
}

const READ_ONLY =
  "A server component is rendered when headers may have left. Change the session in a server action made with action(…), or in a route handler or proxy made with handler(…).";

/**
 * Sessions for the App Router of Next.js 16.
 *
 * @example
 * // lib/sessions.ts
 * import { cookies, headers } from "next/headers";
 * export const { getSession, handler, action } = nextSessions(sessions, { cookies, headers });
 *
 * // app/page.tsx
 * const { user } = await getSession();
 *
 * // app/actions.ts, with "use server"
 * export const login = action(async (form: FormData) => {
 *   const session = await getSession();
 *   await session.regenerate({ user: await userOf(form) });
 *   redirect("/");
 * });
 *
 * // app/api/count/route.ts
 * export const POST = handler(async (request: NextRequest) => {
 *   const session = await getSession();
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   return Response.json({ count: session.data.count });
 * });
 */
export function nextSessions<Data extends object>(
  sessions: SessionManager<Data>,
  { headers, cookies }: NextFunctions,
): NextSessions<Data> {
  /** The requests whose session can be changed now. */
  const open = new WeakSet<object>();

  const bind = (context: Pick<Headers, "get">, url?: string): Exchange<Data> => {
    const facts = factsOf({ headers: context });
    const forwardedFor = () => context.get("X-Forwarded-For") ?? undefined;
    const exchange = sessions.open({ ...facts, url, forwardedFor });
    sessions.bind(context, exchange);
    return exchange;
  };

  /** Stores the session where there is no response of ours: its cookies are set with Next's function. */
  const settle = async (exchange: Exchange<Data>): Promise<void> => {
    await exchange.commit();
    const headersToSet = exchange.jar.setCookies();
    if (headersToSet.length === 0) return;
    const response = await cookies();
    for (const header of headersToSet) response.set(unquoted(parseSetCookie(header)!));
  };

  return {
    async getSession() {
      const context = await headers();
      if (!sessions.isBound(context)) bind(context);
      const session = await sessions.get(context);
      if (!open.has(context)) session.seal(READ_ONLY);
      return session;
    },

    handler(handle) {
      return async (request, ...rest) => {
        const context = await headers();
        if (sessions.isBound(context)) return handle(request, ...rest);
        const { pathname, search } = new URL(request.url);
        const exchange = bind(context, pathname + search);
        sessions.bind(request, exchange);
        open.add(context);
        return answerWithin(sessions, exchange, async () => {
          try {
            return await handle(request, ...rest);
          } catch (error) {
            const status = statusOf(error);
            if (status !== undefined) return new Response(null, { status });
            if (isRedirect(error)) await settle(exchange);
            throw error;
          }
        }).finally(() => open.delete(context));
      };
    },

    action(act) {
      return async (...args) => {
        const context = await headers();
        if (sessions.isBound(context)) return act(...args);
        const exchange = bind(context);
        open.add(context);
        try {
          const acted = sessions.run(exchange, async () => act(...args));
          // What was written before an error of the application's is kept, and before redirect(), which throws.
          await acted.catch(unlessRefused);
          await settle(exchange);
          return await acted;
        } finally {
          open.delete(context);
        }
      };
    },
  };
}

/** Next writes each value with encodeURIComponent. @throws CookieError for a value that would not be the same after it */
function unquoted({ sameSite, ...cookie }: SetCookie): NextCookie {
  const value = decoded(cookie.value);
  if (encodeURIComponent(value) === cookie.value)
    return { ...cookie, value, sameSite: sameSite as SameSite | undefined };
  throw new CookieError(
    `Next.js would write another value of the cookie ${cookie.name}, because it percent-encodes what a server action sets. Give the value as encodeURIComponent returns it, or set the cookie in a route handler.`,
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const digestOf = (error: unknown): string => String((error as { digest?: unknown } | null)?.digest);

/** Whether this is what Next's `redirect` throws. */
function isRedirect(error: unknown): boolean {
  return digestOf(error).startsWith("NEXT_REDIRECT;");
}

/** The status that Next answers a route handler with which has thrown this: notFound, forbidden, unauthorized. */
function statusOf(error: unknown): number | undefined {
  const status = /^NEXT_HTTP_ERROR_FALLBACK;(\d{3})$/.exec(digestOf(error))?.[1];
  return status === undefined ? undefined : Number(status);
}
