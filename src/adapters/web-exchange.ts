import { UnauthorizedError } from "../errors.ts";
import type { Exchange, SessionManager } from "../session/index.ts";
import { isRefusal, refusalOf, refusalResponse } from "./refusal.ts";

/** What is asked of a request of the Fetch API's kind. */
export interface WebRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers: Pick<Headers, "get">;
}

/** Opens the exchange of a request of the Fetch API's kind. */
export function openWebExchange<Data extends object>(
  sessions: SessionManager<Data>,
  { url, method, headers }: WebRequest,
): Exchange<Data> {
  // Without a host, in HTTP/1.0, Bun gives the path alone.
  const { host, protocol, pathname, search } = new URL(url.startsWith("/") ? `none://${url}` : url);
  return sessions.open({
    cookie: headers.get("Cookie") ?? undefined,
    host: headers.get("Host") ?? (host || undefined),
    encrypted: protocol === "https:",
    userAgent: () => headers.get("User-Agent") ?? undefined,
    method,
    url: pathname + search,
    forwardedFor: () => headers.get("X-Forwarded-For") ?? undefined,
  });
}

/**
 * Lets `handle` answer a request, and stores its session before the response leaves.
 *
 * @param context what the application asks for the session with
 * @param handle undefined is no answer: to what Bun has made a WebSocket of
 * @param answersErrors whether `handle` makes a response of status 500 of every error
 */
export async function answer<Data extends object, Answer extends Response | undefined>(
  sessions: SessionManager<Data>,
  context: object,
  request: WebRequest,
  handle: () => Answer | Promise<Answer>,
  answersErrors = false,
): Promise<Answer | Response> {
  const exchange = openWebExchange(sessions, request);
  sessions.bind(context, exchange);
  return answerWithin(sessions, exchange, handle, answersErrors);
}

/** As {@link answer}, in an exchange that was opened before. */
export async function answerWithin<Data extends object, Answer extends Response | undefined>(
  sessions: SessionManager<Data>,
  exchange: Exchange<Data>,
  handle: () => Answer | Promise<Answer>,
  answersErrors = false,
): Promise<Answer | Response> {
  const answered = { headersSent: false };
  let response: Answer | Response | undefined;
  try {
    try {
      response = await sessions.run(exchange, handle, answered);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) {
        if (exchange.mayWait && refusalOf(error) === undefined) await keep(exchange);
        throw error;
      }
      // What asks a visitor to log in is an answer like any other.
      response = error.getResponse();
    }
    const status = response?.status ?? UPGRADED;
    if (isRefusal(exchange, status)) return response;
    if (answersErrors && status === 500 && exchange.failure !== undefined) throw exchange.failure;
    await exchange.commit();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusalResponse(refusal, response);
  } finally {
    answered.headersSent = true;
  }
  return response && withExchangeHeaders(response, exchange);
}

/** The status of what has become a WebSocket. */
const UPGRADED = 101;

/** Stores what was written before an error of the application's, which no answer of ours tells of; nor does what goes wrong with that. */
async function keep(exchange: Pick<Exchange, "commit">): Promise<void> {
  try {
    await exchange.commit();
  } catch {
    // It is an event.
  }
}

/** The response with the exchange's headers: the same one, or one like it where that one must not be changed. */
export function withExchangeHeaders(
  response: Response,
  exchange: Pick<Exchange, "hasHeaders" | "writeTo">,
): Response {
  // A network error and the switch to another protocol carry no headers of ours.
  if (!exchange.hasHeaders || response.status < 200) return response;
  const own = mayBeShared(response) ? new Response(response.body, response) : response;
  exchange.writeTo(own.headers);
  return own;
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
