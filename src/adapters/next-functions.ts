/** Next's own functions: what they take and what they throw. */
import { parseSetCookie, type SameSite, type SetCookie } from "../cookie/index.ts";
import { CookieError } from "../errors.ts";

/** What `next/headers` exports, as far as it matters here. */
export interface NextFunctions {
  /** The headers of the request, one object as long as it is answered. */
  headers(): Promise<Pick<Headers, "get">>;
  /** Where a server action sets cookies. */
  cookies(): Promise<{ set(cookie: NextCookie): unknown }>;
}

/** The request that Next gives a route handler and a proxy, as far as it matters here. */
export interface NextRequestLike {
  /** The whole address, as Next tells it. */
  readonly url: string;
  /** Default: GET. */
  readonly method?: string;
  /** The same address without the `basePath`, which `url` has in a proxy and not in a route handler. */
  readonly nextUrl?: { readonly pathname: string; readonly search: string; readonly basePath?: string };
}

/** A cookie as Next takes it. */
export interface NextCookie extends Omit<SetCookie, "sameSite"> {
  /** As in the header, in lower case; undefined where it is not said. */
  sameSite?: SameSite | undefined;
}

/**
 * Sets cookies with Next's function.
 *
 * @param headers a Set-Cookie header for each
 * @throws CookieError for a value that Next would write as another one
 */
export async function setCookies(
  { cookies }: Pick<NextFunctions, "cookies">,
  headers: readonly string[],
): Promise<void> {
  if (headers.length === 0) return;
  const response = await cookies();
  for (const header of headers) response.set(unquoted(parseSetCookie(header)!));
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

/** Whether this is what Next's `redirect` throws. */
export function isRedirect(error: unknown): boolean {
  return digestOf(error).startsWith("NEXT_REDIRECT;");
}

/** The answer to what notFound, forbidden and unauthorized throw, as Next gives it for a route handler; throws every other error on. */
export function responseTo(error: unknown): Response {
  const status = /^NEXT_HTTP_ERROR_FALLBACK;(\d{3})$/.exec(digestOf(error))?.[1];
  if (status === undefined) throw error;
  return new Response(null, { status: Number(status) });
}

/** Whether this is what Next gives a proxy after the request; a route handler gets its parameters. */
export function isProxyEvent(event: unknown): boolean {
  return typeof (event as { waitUntil?: unknown } | undefined)?.waitUntil === "function";
}

/**
 * The response with the application's `basePath` before the path in its Location, which Next puts there for redirects of its own,
 * and from a proxy as a whole URL: Next takes nothing else from there, and makes a path of it again.
 */
export function located(response: Response, { url, nextUrl }: NextRequestLike, whole: boolean): Response {
  let location = response.headers.get("Location");
  if (location === null) return response;
  // A route handler's nextUrl does not know it, and what Next fills in here when it builds the application does.
  if (location.startsWith("/"))
    location = `${nextUrl?.basePath || process.env.__NEXT_ROUTER_BASEPATH || ""}${location}`;
  response.headers.set("Location", whole ? new URL(location, url).href : location);
  return response;
}

function digestOf(error: unknown): string {
  return String((error as { digest?: unknown } | null)?.digest);
}
