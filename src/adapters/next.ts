import { cookies } from "../cookie/index.ts";
import { ConfigError, UnauthorizedError } from "../errors.ts";
import { checkSessions } from "../session/check-sessions.ts";
import type { Exchange, Session, SessionManager } from "../session/index.ts";
import type { RequestFacts } from "../session/request-facts.ts";
import { factsOf } from "../session/plain-request.ts";
import {
  isProxyEvent,
  isRedirect,
  located,
  type NextFunctions,
  type NextRequestLike,
  responseTo,
  setCookies,
} from "./next-functions.ts";
import { unlessRefused } from "./refusal.ts";
import { answerWithin } from "./web-exchange.ts";

export type { NextCookie, NextFunctions, NextRequestLike } from "./next-functions.ts";

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
  handler<Request extends NextRequestLike = globalThis.Request, Rest extends unknown[] = unknown[]>(
    handle: (request: Request, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
  /** A server action with a session, stored when it has returned or thrown, `redirect()` included. */
  action<Args extends unknown[], Result>(
    act: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result>;
}

/** What is known of the request beside its headers. */
type Asked = Pick<RequestFacts, "method" | "url">;

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
 * // app/actions.ts, with "use server"; a page has `const { user } = await getSession()`
 * export const login = action(async (form: FormData) => {
 *   await (await getSession()).regenerate({ user: await userOf(form) });
 *   redirect("/");
 * });
 */
export function nextSessions<Data extends object>(
  sessions: SessionManager<Data>,
  functions: NextFunctions,
): NextSessions<Data> {
  checkSessions(sessions, "nextSessions(sessions, { cookies, headers })");
  for (const name of ["cookies", "headers"] as const)
    if (typeof functions?.[name] !== "function")
      throw new ConfigError(
        'nextSessions needs Next\'s functions: import { cookies, headers } from "next/headers", and pass nextSessions(sessions, { cookies, headers }).',
      );
  /** The requests whose session can be changed now. */
  const open = new WeakSet<object>();
  /** Those whose session was only looked at. */
  const looked = new WeakSet<object>();

  const bind = (context: Pick<Headers, "get">, asked?: Asked): Exchange<Data> => {
    const forwardedFor = () => context.get("X-Forwarded-For") ?? undefined;
    const exchange = sessions.open({ ...factsOf({ headers: context }), ...asked, forwardedFor });
    sessions.bind(context, exchange);
    return exchange;
  };

  /** Lets `work` change the session, within what stores it; within what may do so already, it is only called. */
  const changing = async <Result>(
    asked: Asked,
    work: () => Promise<Result>,
    storing: (exchange: Exchange<Data>) => Promise<Result>,
  ): Promise<Result> => {
    const context = await functions.headers();
    if (sessions.isBound(context) && !looked.delete(context)) return work();
    const exchange = bind(context, asked);
    open.add(context);
    return storing(exchange).finally(() => open.delete(context));
  };

  /** Stores the session where there is no response of ours. */
  const settle = async (exchange: Exchange<Data>): Promise<void> => {
    await exchange.commit();
    await setCookies(functions, exchange.jar.setCookies());
  };

  return {
    async getSession() {
      const context = await functions.headers();
      if (!sessions.isBound(context)) {
        bind(context);
        looked.add(context);
      }
      const session = await sessions.get(context);
      if (!open.has(context)) {
        session.seal(READ_ONLY);
        cookies(context).seal();
      }
      return session;
    },

    handler(handle) {
      return async (request, ...rest) => {
        const work = async (): Promise<Response> => handle(request, ...rest);
        const { pathname, search } = request.nextUrl ?? new URL(request.url);
        return changing({ method: request.method, url: pathname + search }, work, (exchange) => {
          sessions.bind(request, exchange);
          return answerWithin(sessions, exchange, () =>
            work().catch(async (error: unknown) => {
              if (isRedirect(error)) await settle(exchange);
              if (error instanceof UnauthorizedError)
                return located(error.getResponse(), request, isProxyEvent(rest[0]));
              return responseTo(error);
            }),
          );
        });
      };
    },

    action(act) {
      return async (...args) => {
        const work = async (): ReturnType<typeof act> => act(...args);
        return changing({ method: "POST" }, work, async (exchange) => {
          const answered = { headersSent: false };
          const acted = sessions.run(exchange, work, answered).finally(() => {
            answered.headersSent = true;
          });
          // What was written before an error of the application's is kept, and before redirect(), which throws.
          await acted.catch(unlessRefused);
          await settle(exchange);
          return acted;
        });
      };
    },
  };
}
