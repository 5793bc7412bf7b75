import type { SameSite } from "../cookie/index.ts";

/** A cookie in a browser. */
export interface KeptCookie {
  /** May be empty. */
  readonly name: string;
  readonly value: string;
  /** The host, in lower case and without a dot before it, that gets the cookie; with its subdomains unless `hostOnly`. */
  readonly domain: string;
  /** Whether the cookie had no Domain attribute and so goes to exactly this host. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  /** Undefined where the cookie names none; Chromium then takes it for Lax and Firefox for None. */
  readonly sameSite: SameSite | undefined;
  /** When the browser forgets it; undefined: with its last window. */
  readonly expires: Date | undefined;
  /** When a cookie of this name, domain and path was first set. */
  readonly created: Date;
  /** The site in the address bar to which a Partitioned cookie belongs; undefined for all others. */
  readonly partition: string | undefined;
  /** The other site in the address bar when a cookie was set that is not Partitioned; Firefox keeps it for that site's pages alone. */
  readonly embeddedBelow: string | undefined;
}

/** Whether one is stored in the place of the other (RFC 6265bis section 5.7). */
export function isSameCookie(a: KeptCookie, b: KeptCookie): boolean {
  return (
    a.name === b.name &&
    a.domain === b.domain &&
    a.hostOnly === b.hostOnly &&
    a.path === b.path &&
    a.partition === b.partition
  );
}

/** @see RFC 6265bis section 5.1.3 */
export function domainMatches(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && !isIpAddress(host));
}

/** @see RFC 6265bis section 5.1.4 */
export function pathMatches(requested: string, path: string): boolean {
  if (!requested.startsWith(path)) return false;
  return requested.length === path.length || path.endsWith("/") || requested[path.length] === "/";
}

/** The path of a cookie that names none: the folder of the request's path (RFC 6265bis section 5.1.4). */
export function defaultPath(requested: string): string {
  const end = requested.lastIndexOf("/");
  return end <= 0 ? "/" : requested.slice(0, end);
}

/** Whether a URL's host name is an address instead of a name. */
export function isIpAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
