import { ConfigError } from "../errors.ts";
import { factsOf, type PlainRequest } from "../session/plain-request.ts";

/** Methods that change nothing, which every page may use (RFC 9110 section 9.2.1). */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** A request whose origin is to be checked: Node's, or the Fetch API's. */
export interface CheckedRequest extends PlainRequest {
  /** Default: GET. */
  readonly method?: string | undefined;
}

/** Whom {@link originCheck} trusts beside the application itself. */
export interface OriginCheckOptions {
  /** Other origins whose pages may send what changes something, as `https://accounts.example.com`. Default: none. */
  readonly trustedOrigins?: readonly string[];
}

/** Why a request is refused. */
export type CrossOrigin = "cross-site" | "same-site" | "other-origin";

/**
 * Makes a check that needs no token: every browser since 2023 says with each request where it comes from, and no page can change
 * that (`Sec-Fetch-Site`; for older ones `Origin`). What no browser has sent, such as a server's call, passes: it has nobody's cookies
 * but its own.
 *
 * The check tells why a request is refused, and undefined where it may pass. GET, HEAD and OPTIONS always may, so let them change nothing; but for
 * the upgrade to a WebSocket, which brings cookies and whose answers the page can read, wherever it comes from.
 *
 * @example
 * const crossOrigin = originCheck({ trustedOrigins: ["https://accounts.example.com"] });
 * app.use((req, res, next) => (crossOrigin(req) ? res.sendStatus(403) : next()));
 *
 * @throws ConfigError for a trusted origin that is none
 */
export function originCheck(
  options: OriginCheckOptions = {},
): (request: CheckedRequest) => CrossOrigin | undefined {
  const { trustedOrigins = [] } = options;
  if (!Array.isArray(trustedOrigins))
    throw new ConfigError('trustedOrigins takes a list of origins, as in ["https://accounts.example.com"].');
  const trusted = new Set(trustedOrigins.map(checkOrigin));
  return (request) => {
    if (SAFE.has(request.method ?? "GET") && header(request, "upgrade") !== "websocket") return undefined;
    const origin = header(request, "origin");
    if (origin !== undefined && trusted.has(origin)) return undefined;
    const site = header(request, "sec-fetch-site");
    if (site === "same-origin" || site === "none") return undefined;
    if (site !== undefined) return site === "same-site" ? "same-site" : "cross-site";
    if (origin === undefined) return undefined;
    // Behind a proxy the connection may be plain while the page is not, so only the host is compared.
    return isAt(origin, factsOf(request).host) ? undefined : "other-origin";
  };
}

/** Whether an origin is at this host; its scheme's own port may be named by one of them alone. */
function isAt(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: asked } = new URL(origin);
  const here = `${protocol}//${host ?? ""}`;
  return URL.canParse(here) && new URL(here).host === asked;
}

function header({ headers }: CheckedRequest, name: string): string | undefined {
  const value = typeof headers.get === "function" ? headers.get(name) : (headers as NodeHeaders)[name];
  const text: unknown = Array.isArray(value) ? value.join(", ") : value;
  return typeof text === "string" ? text.toLowerCase() : undefined;
}

type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

function checkOrigin(origin: string): string {
  if (
    URL.canParse(origin) &&
    new URL(origin).origin === String(origin).toLowerCase() &&
    !origin.includes("*")
  )
    return origin.toLowerCase();
  throw new ConfigError(
    "A trusted origin must be a scheme and a whole host, with a port where it is not the scheme's own: https://accounts.example.com.",
  );
}
