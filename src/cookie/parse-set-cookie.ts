import { type Attributes, MAX_ATTRIBUTE_BYTES, MAX_COOKIE_BYTES, MAX_COOKIE_LIFETIME } from "./attributes.ts";
import { parseCookieDate } from "./cookie-date.ts";
import { indexOrEnd, trimBlanks } from "./scan.ts";

/** One cookie as a browser reads it from a `Set-Cookie` header, before it decides whether to keep it. */
export interface SetCookie extends Attributes {
  /** Empty when the header had none. */
  name: string;
  /** As it stands in the header, quotes too. */
  value: string;
}

/**
 * Reads one `Set-Cookie` header as a browser does (RFC 6265bis section 5.6): undefined when it holds no cookie, and without
 * those attributes which the browser ignores. Whether the browser then keeps the cookie (section 5.7) is not asked: one
 * that breaks the rules of its prefix, or lacks a Secure that it needs, is read as it came. Of a repeated attribute the last
 * counts; a `maxAge` above 400 days is cut to that. The header is text of one character per byte. Never throws.
 *
 * ```ts
 * parseSetCookie("theme=dark; Path=/; Secure"); // { name: "theme", value: "dark", path: "/", secure: true }
 * ```
 */
export function parseSetCookie(header: string): SetCookie | undefined {
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(header)) return undefined;
  let end = indexOrEnd(header, ";", 0);
  const pair = header.slice(0, end);
  const equals = pair.indexOf("=");
  const name = trimBlanks(pair, 0, Math.max(equals, 0));
  const value = trimBlanks(pair, equals + 1);
  const size = name.length + value.length;
  if (size === 0 || size > MAX_COOKIE_BYTES) return undefined;
  const cookie: SetCookie = { name, value };
  while (end < header.length) {
    const start = end + 1;
    end = indexOrEnd(header, ";", start);
    if (end > start) readAttribute(cookie, header.slice(start, end));
  }
  return cookie;
}

function readAttribute(cookie: SetCookie, text: string): void {
  const equals = text.indexOf("=");
  const name = trimBlanks(text, 0, equals === -1 ? text.length : equals).toLowerCase();
  const value = equals === -1 ? "" : trimBlanks(text, equals + 1);
  if (value.length > MAX_ATTRIBUTE_BYTES) return;
  switch (name) {
    case "expires":
      return assign(cookie, "expires", parseCookieDate(value) ?? cookie.expires);
    case "max-age":
      return assign(cookie, "maxAge", readMaxAge(value) ?? cookie.maxAge);
    case "domain":
      return assign(cookie, "domain", value.replace(/^\./, "").toLowerCase() || undefined);
    case "path":
      return assign(cookie, "path", value.startsWith("/") ? value : undefined);
    case "secure":
      return assign(cookie, "secure", true);
    case "httponly":
      return assign(cookie, "httpOnly", true);
    case "samesite":
      return assign(cookie, "sameSite", readSameSite(value));
    case "partitioned":
      return assign(cookie, "partitioned", true);
  }
}

function assign<K extends keyof Attributes>(
  cookie: SetCookie,
  key: K,
  value: SetCookie[K] | undefined,
): void {
  if (value === undefined) delete cookie[key];
  else cookie[key] = value;
}

function readMaxAge(value: string): number | undefined {
  if (!/^-?[0-9]+$/.test(value)) return undefined;
  return Math.max(Math.min(Number(value), MAX_COOKIE_LIFETIME), -Number.MAX_SAFE_INTEGER);
}

function readSameSite(value: string): SetCookie["sameSite"] {
  const lower = value.toLowerCase();
  return lower === "strict" || lower === "lax" || lower === "none" ? lower : undefined;
}
