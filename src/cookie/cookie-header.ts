import { checkPair } from "./attributes.ts";
import { indexOrEnd, skipBlanks, skipBlanksBack, trimBlanks } from "./scan.ts";

/** One `Cookie` header, several of them (joined with `"; "`), or none. */
export type CookieHeader = string | readonly string[] | null | undefined;

/** How values are read. */
export interface ParseCookieOptions {
  /** Applied to each value; a value on which it throws stays as it was sent. Default: values stay as they were sent. */
  decode?: (value: string) => string;
}

/**
 * Reads the cookies of a request; of a repeated name the first counts, as in Flask's `request.cookies.get`.
 *
 * Splits at `;` only and trims nothing but space and tab (RFC 6265bis section 5.6): quotes do not hide a `;`, and a name
 * that only looks like another one after Unicode trimming stays a different name. Names and values are kept as they were
 * sent: nothing is percent-decoded, nothing is unquoted. A part without `=` or without a name is ignored. Never throws.
 *
 * ```ts
 * parseCookie("theme=dark; lang=de").get("theme"); // "dark"
 * parseCookie("city=K%C3%B6ln", { decode: decodeURIComponent }).get("city"); // "Köln"
 * ```
 */
export function parseCookie(
  header: CookieHeader,
  options: ParseCookieOptions = {},
): ReadonlyMap<string, string> {
  const { decode } = options;
  const cookies = new Map<string, string>();
  visitCookies(header, (name, value) => {
    if (cookies.has(name)) return;
    cookies.set(name, decode ? decodeOrKeep(decode, value) : value);
  });
  return cookies;
}

/**
 * Reads all cookies of a request in their order, repeated names included, by the rules of {@link parseCookie}.
 *
 * ```ts
 * parseCookiePairs("a=1; b=2; a=3"); // [["a", "1"], ["b", "2"], ["a", "3"]]
 * ```
 */
export function parseCookiePairs(header: CookieHeader): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  visitCookies(header, (name, value) => pairs.push([name, value]));
  return pairs;
}

/**
 * The values of one cookie in their order, by the rules of {@link parseCookie} but without reading the other cookies.
 * More than one means that a cookie of the same name was set for another path or domain, perhaps by somebody else.
 *
 * ```ts
 * findCookies("a=1; session=abc; b=2", "session"); // ["abc"]
 * ```
 */
export function findCookies(header: CookieHeader, name: string): string[] {
  const text = joinCookieHeaders(header);
  const values: string[] = [];
  if (!isFindable(name)) return values;
  let at = text.indexOf(name);
  while (at !== -1) {
    let next = at + name.length;
    const start = skipBlanksBack(text, at);
    const equals = skipBlanks(text, next);
    if ((start === 0 || text.charCodeAt(start - 1) === SEMICOLON) && text.charCodeAt(equals) === EQUALS) {
      next = indexOrEnd(text, ";", equals);
      values.push(trimBlanks(text, equals + 1, next));
    }
    at = text.indexOf(name, next);
  }
  return values;
}

/**
 * Writes a `Cookie` header, as a client sends it. Names and values are checked as in `stringifySetCookie`.
 *
 * ```ts
 * stringifyCookie({ theme: "dark", lang: "de" }); // "theme=dark; lang=de"
 * ```
 *
 * @throws CookieError | TooLargeError
 */
export function stringifyCookie(
  pairs: Iterable<readonly [name: string, value: string]> | Readonly<Record<string, string>>,
): string {
  const list = isIterable(pairs) ? pairs : Object.entries(pairs);
  let header = "";
  for (const [name, value] of list) {
    checkPair(name, value);
    header += `${header && "; "}${name}=${value}`;
  }
  return header;
}

/** Several `Cookie` headers as the one that HTTP/1.1 would have carried (RFC 9113 section 8.2.3). */
function joinCookieHeaders(header: CookieHeader): string {
  if (typeof header === "string") return header;
  return header ? header.join("; ") : "";
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

function visitCookies(header: CookieHeader, visit: (name: string, value: string) => void): void {
  const text = joinCookieHeaders(header);
  let start = 0;
  for (let equals = text.indexOf("="); equals !== -1; equals = text.indexOf("=", start)) {
    const end = indexOrEnd(text, ";", start);
    if (end < equals) {
      start = text.lastIndexOf(";", equals) + 1; // past all parts that have no "="
      continue;
    }
    const name = trimBlanks(text, start, equals);
    if (name !== "") visit(name, trimBlanks(text, equals + 1, end));
    start = end + 1;
  }
}

/** Whether the parser can ever find this name: not empty, no `;` or `=`, no blank at either end. */
function isFindable(name: string): boolean {
  return typeof name === "string" && name !== "" && !/^[\t ]|[;=]|[\t ]$/.test(name);
}

/** Applies `decode` where it can be. */
export function decodeOrKeep(decode: (value: string) => string, value: string): string {
  try {
    return decode(value);
  } catch {
    return value;
  }
}

function isIterable(
  pairs: Iterable<readonly [string, string]> | Readonly<Record<string, string>>,
): pairs is Iterable<readonly [string, string]> {
  return Symbol.iterator in pairs;
}
