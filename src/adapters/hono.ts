import type { Context, MiddlewareHandler } from "hono";
import type { ServerResponse } from "node:http";
import { checkSessions } from "../session/check-sessions.ts";
import type { ResponseHeaders, SessionManager } from "../session/index.ts";
import type { RequestFacts } from "../session/request-facts.ts";
import { type NodeRequest, openNodeExchange } from "./node-exchange.ts";
import { Head } from "./node-head.ts";
import { isRefusal, type Refusal, refusalOf, refusalResponse } from "./refusal.ts";

/** What `@hono/node-server` hands to the application as `c.env`. */
interface NodeBindings {
  readonly incoming?: NodeRequest;
  readonly outgoing?: ServerResponse;
}

/**
 * Sessions for Hono on every runtime. `sessions.get(c)` and `cookies(c)` take the context. Add it before what uses sessions.
 *
 * @example
 * app.use(honoSessions(sessions));
 * app.get("/count", async (c) => {
 *   const session = await sessions.get(c);
 *   session.data.count = (session.data.count ?? 0) + 1;
 *   return c.json({ count: session.data.count });
 * });
 */
export function honoSessions<Data extends object>(sessions: SessionManager<Data>): MiddlewareHandler {
  checkSessions(sessions, "honoSessions(sessions)");
  return (c, next) => {
    if (sessions.isBound(c)) return next();
    const { incoming, outgoing } = (c.env ?? {}) as NodeBindings;
    const onNode = incoming !== undefined && typeof outgoing?.writeHead === "function";
    const exchange = onNode ? openNodeExchange(sessions, incoming) : sessions.open(factsOf(c));
    sessions.bind(c, exchange);
    // On Node a look at the headers would make a real Response of Hono's light one, which costs more than all the rest.
    const head = onNode ? new Head(outgoing, exchange) : undefined;
    const answered = { headersSent: false };
    return sessions.run(exchange, next, onNode ? outgoing : answered).then(() => {
      answered.headersSent = true;
      // Hono's own answer to any error; what the application answers by itself stays.
      const refusal = c.res.status === 500 ? refusalOf(c.error) : undefined;
      if (refusal !== undefined) {
        answer(refusal);
        return undefined;
      }
      if (isRefusal(exchange, c.res.status)) {
        head?.leave();
        return undefined;
      }
      try {
        const stored = exchange.commit();
        if (stored !== undefined) return stored.then(finish, refuse);
      } catch (error) {
        return refuse(error);
      }
      return finish();
    }, fail);

    function fail(error: unknown): never {
      answered.headersSent = true;
      throw error;
    }

    function finish(): void {
      if (!onNode && exchange.hasHeaders) exchange.writeTo(headersOf(c));
    }

    function refuse(error: unknown): void {
      const refusal = refusalOf(error);
      if (refusal !== undefined) {
        // What the application has answered to such an error by itself stays here, too.
        if (refusalOf(c.error) === undefined) answer(refusal);
        return;
      }
      // Hono gives the error's answer the headers of the one before, its length among them.
      c.res = undefined;
      throw error;
    }

    /** Nothing of the answer before is left. */
    function answer(refusal: Refusal): void {
      head?.leave();
      const response = refusalResponse(refusal, c.res);
      c.res = undefined;
      c.res = response;
    }
  };
}

function factsOf({ req }: Context): RequestFacts {
  // Without a host, in HTTP/1.0, Bun gives the path alone.
  const [, scheme, host, url] = /^(?:(\w+):\/\/([^/?]*))?(.*)/.exec(req.url)!;
  return {
    cookie: req.header("Cookie"),
    host: req.header("Host") ?? host,
    encrypted: scheme === "https",
    userAgent: () => req.header("User-Agent"),
    method: req.method,
    url,
    forwardedFor: () => req.header("X-Forwarded-For"),
  };
}

function headersOf(c: Context): ResponseHeaders {
  return {
    get: (name) => c.res.headers.get(name),
    set: (name, value) => c.header(name, value),
    append: (name, value) => c.header(name, value, { append: true }),
  };
}
