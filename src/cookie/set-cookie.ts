import { type Clock, systemClock } from "../clock.ts";
import { formatHttpDate } from "../encoding/http-date.ts";
import {
  type Attributes,
  checkExpires,
  checkMaxAge,
  checkNeedsSecure,
  checkPair,
  checkPath,
  checkPrefix,
  type CookieAttributes,
  normalizeDomain,
  normalizeSameSite,
} from "./attributes.ts";
import type { AttributesFor, HostRules, SecureRules } from "./typed-rules.ts";

/** What {@link stringifySetCookie} is told beside the attributes. */
export interface SetCookieOptions {
  /** Tells the time from which the 400 days of `expires` count. Default: the machine's clock. */
  clock?: Clock;
}

/** Nothing is added here, so a `__Host-` cookie needs its path in writing. */
type CompleteHostRules = HostRules & { path: "/" };

/**
 * Writes one `Set-Cookie` header, or throws when a browser would drop the cookie, ignore an attribute or read back
 * something else. The value is written as it is: encode it first if it may hold more than RFC 6265bis' cookie-octets.
 * Attributes come in Flask's order.
 *
 * ```ts
 * stringifySetCookie("theme", "dark", { path: "/", maxAge: 3600, sameSite: "lax" });
 * // "theme=dark; Max-Age=3600; Path=/; SameSite=Lax"
 * ```
 *
 * @throws CookieError | TooLargeError
 */
export function stringifySetCookie<Name extends string>(
  name: Name,
  value: string,
  ...rest: [...AttributesFor<Name, CookieAttributes, CompleteHostRules>, options?: SetCookieOptions]
): string;
export function stringifySetCookie(
  name: string,
  value: string,
  attributes: Attributes = {},
  options: SetCookieOptions = {},
): string {
  const { domain, expires, maxAge, path, sameSite } = attributes;
  checkPair(name, value);
  checkPrefix(name, attributes);
  checkNeedsSecure(attributes);
  let header = `${name}=${value}`;
  if (domain !== undefined) header += `; Domain=${normalizeDomain(domain)}`;
  if (expires !== undefined) {
    header += `; Expires=${formatHttpDate(checkExpires(expires, options.clock ?? systemClock))}`;
  }
  if (maxAge !== undefined) header += `; Max-Age=${checkMaxAge(maxAge)}`;
  if (attributes.secure) header += "; Secure";
  if (attributes.httpOnly) header += "; HttpOnly";
  if (path !== undefined) header += `; Path=${checkPath(path)}`;
  if (sameSite !== undefined) header += `; SameSite=${normalizeSameSite(sameSite)}`;
  if (attributes.partitioned) header += "; Partitioned";
  return header;
}

/** What a deletion repeats: a browser only replaces a cookie of the same domain and path, and only if it may be set. */
export type DeletionAttributes = Omit<Attributes, "maxAge" | "expires"> & SecureRules;

/**
 * Writes the `Set-Cookie` header that makes a browser forget a cookie: empty, expired since 1970. Pass the attributes
 * with which the cookie was set.
 *
 * ```ts
 * stringifyDeletion("theme", { path: "/" });
 * // "theme=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"
 * ```
 *
 * @throws CookieError | TooLargeError
 */
export function stringifyDeletion<Name extends string>(
  name: Name,
  ...attributes: AttributesFor<Name, DeletionAttributes, CompleteHostRules>
): string;
export function stringifyDeletion(name: string, attributes: DeletionAttributes = {}): string {
  return stringifySetCookie(name, "", { ...attributes, expires: new Date(0), maxAge: 0 });
}
