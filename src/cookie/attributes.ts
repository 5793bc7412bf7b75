import type { Clock } from "../clock.ts";
import { CookieError, TooLargeError } from "../errors.ts";
import type { SecureRules } from "./typed-rules.ts";

/** When a browser sends a cookie along with a request that another site started. */
export type SameSite = "strict" | "lax" | "none";

/** The attributes of a cookie (RFC 6265bis section 4.1), each for itself. All are optional; none is written unless given. */
export interface Attributes {
  /** Seconds until the browser forgets the cookie, counted from when it arrives; 0 or less: at once. At most 400 days. */
  maxAge?: number | undefined;
  /** When the browser forgets the cookie; at most 400 days ahead. `maxAge` wins over it. */
  expires?: Date | undefined;
  /** The host that, with its subdomains, gets the cookie. Default: exactly the host that set it. */
  domain?: string | undefined;
  /** The path at and below which the browser sends the cookie. Browsers default to the folder of the request's path. */
  path?: string | undefined;
  /** Only over HTTPS (and to localhost). */
  secure?: boolean | undefined;
  /** Out of reach of scripts in the page. */
  httpOnly?: boolean | undefined;
  /** In any case of letters. `"none"` needs `secure`. Browsers default to `"lax"` or nearly so. */
  sameSite?: SameSite | Capitalize<SameSite> | undefined;
  /** One jar per top-level site (CHIPS); needs `secure`. */
  partitioned?: boolean | undefined;
}

/** The attributes that a cookie is given: `sameSite: "none"` and `partitioned: true` compile only beside `secure: true`. */
export type CookieAttributes = Attributes & SecureRules;

/** What browsers keep at most (RFC 6265bis sections 5.5 and 5.6): bytes of name and value together. */
export const MAX_COOKIE_BYTES = 4096;
/** Bytes of one attribute's value; a longer attribute is ignored. */
export const MAX_ATTRIBUTE_BYTES = 1024;
/** Seconds that a browser keeps a cookie at most: 400 days. */
export const MAX_COOKIE_LIFETIME = 400 * 24 * 60 * 60;

// RFC 9110 section 5.6.2: token
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// RFC 6265bis section 4.1.1: cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )
const COOKIE_VALUE = /^("?)[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*\1$/;
// RFC 6265bis section 4.1.1: path-value, without what browsers trim or ignore
const PATH = /^\/(?:[\x20-\x3a\x3c-\x7e]*[\x21-\x3a\x3c-\x7e])?$/;
// RFC 1123 section 2.1, without its rules on where a hyphen may stand
const DOMAIN = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/;
const YEAR_1601 = Date.UTC(1601, 0, 1);

/** @throws CookieError | TooLargeError when a browser would drop the cookie or read back another one */
export function checkPair(name: string, value: string): void {
  if (typeof name !== "string" || !TOKEN.test(name)) {
    throw new CookieError(
      "A cookie's name must be a token: letters, digits and !#$%&'*+-.^_`|~, at least one.",
    );
  }
  if (typeof value !== "string") throw new CookieError("A cookie's value must be a string.");
  if (!COOKIE_VALUE.test(value)) {
    throw new CookieError(
      "A cookie's value cannot hold spaces, commas, semicolons, backslashes, inner quotes, control or non-ASCII characters. Encode it, for example with encodeURIComponent, and pass `{ decode: decodeURIComponent }` where it is read.",
    );
  }
  const size = name.length + value.length;
  if (size > MAX_COOKIE_BYTES) throw pairTooLarge(size, name.length, value.length);
}

/** The rules that come with a name's prefix, which browsers compare in any case (RFC 6265bis section 4.1.3). */
export function checkPrefix(name: string, attributes: Attributes): void {
  if (!name.startsWith("__")) return;
  const prefix = /^__(?:host-http|host|http|secure)-/i.exec(name)?.[0].toLowerCase();
  if (prefix === undefined) return;
  if (!attributes.secure)
    throw new CookieError(`A cookie whose name starts with ${prefix} needs \`secure: true\`.`);
  if (prefix.endsWith("http-") && !attributes.httpOnly) {
    throw new CookieError(`A cookie whose name starts with ${prefix} needs \`httpOnly: true\`.`);
  }
  if (prefix.startsWith("__host-") && (attributes.path !== "/" || attributes.domain !== undefined)) {
    throw new CookieError(`A cookie whose name starts with ${prefix} needs \`path: "/"\` and no \`domain\`.`);
  }
}

/** Partitioned and `SameSite=None` cookies are dropped by browsers unless they are Secure. */
export function checkNeedsSecure(attributes: Attributes): void {
  if (attributes.secure) return;
  if (attributes.partitioned) throw new CookieError("A partitioned cookie needs `secure: true`.");
  if (attributes.sameSite !== undefined && normalizeSameSite(attributes.sameSite) === "None") {
    throw new CookieError('A cookie with `sameSite: "none"` needs `secure: true`.');
  }
}

/** The domain as browsers compare it: in lower case, without one leading dot. */
export function normalizeDomain(domain: string): string {
  const host = typeof domain === "string" ? domain.replace(/^\./, "").toLowerCase() : "";
  if (!DOMAIN.test(host)) {
    throw new CookieError(
      "A cookie's domain must be a host name: letters, digits, hyphens and dots, without port.",
    );
  }
  return checkAttributeSize("Domain", host);
}

export function checkPath(path: string): string {
  if (typeof path !== "string" || !PATH.test(path)) {
    throw new CookieError(
      'A cookie\'s path must start with "/" and hold ASCII without control characters, semicolons and a space at the end. Percent-encode others.',
    );
  }
  return checkAttributeSize("Path", path);
}

export function checkMaxAge(maxAge: number): number {
  if (!Number.isSafeInteger(maxAge))
    throw new CookieError("A cookie's maxAge must be a whole number of seconds.");
  if (maxAge > MAX_COOKIE_LIFETIME) throw lifetimeTooLarge("Max-Age", maxAge);
  return maxAge;
}

/** The seconds since 1970 that `Expires` is to name. */
export function checkExpires(expires: Date, clock: Clock): number {
  const time = expires instanceof Date ? expires.getTime() : NaN;
  if (!(time >= YEAR_1601))
    throw new CookieError("A cookie's expires must be a valid Date, not before the year 1601.");
  const lifetime = Math.floor((time - clock.now()) / 1000);
  if (lifetime > MAX_COOKIE_LIFETIME) throw lifetimeTooLarge("Expires", lifetime);
  return Math.floor(time / 1000);
}

/** `Strict`, `Lax` or `None`, from any case. */
export function normalizeSameSite(sameSite: string): Capitalize<SameSite> {
  switch (typeof sameSite === "string" ? sameSite.toLowerCase() : undefined) {
    case "strict":
      return "Strict";
    case "lax":
      return "Lax";
    case "none":
      return "None";
    default:
      throw new CookieError('A cookie\'s sameSite must be "strict", "lax" or "none".');
  }
}

function checkAttributeSize(attribute: string, value: string): string {
  if (value.length <= MAX_ATTRIBUTE_BYTES) return value;
  throw new TooLargeError(
    `The cookie's ${attribute} is ${value.length} bytes; browsers ignore an attribute of more than ${MAX_ATTRIBUTE_BYTES}.`,
    value.length,
    MAX_ATTRIBUTE_BYTES,
    [[attribute, value.length]],
  );
}

function pairTooLarge(size: number, name: number, value: number): TooLargeError {
  const largest: [string, number][] = [
    ["value", value],
    ["name", name],
  ];
  if (name > value) largest.reverse();
  const [part, bytes] = largest[0]!;
  return new TooLargeError(
    `The cookie's name and value are ${size} bytes; browsers drop a cookie of more than ${MAX_COOKIE_BYTES}. The largest part is its ${part} (${bytes} bytes).`,
    size,
    MAX_COOKIE_BYTES,
    largest,
  );
}

function lifetimeTooLarge(attribute: string, lifetime: number): TooLargeError {
  return new TooLargeError(
    `The cookie's ${attribute} is ${lifetime} seconds ahead; browsers keep a cookie for at most ${MAX_COOKIE_LIFETIME} (400 days).`,
    lifetime,
    MAX_COOKIE_LIFETIME,
    [[attribute, lifetime]],
  );
}
