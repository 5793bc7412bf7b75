import { MalformedError } from "../errors.ts";
import type { CookieHeader } from "./cookie-header.ts";
import { isAsciiSpace, scanLax, scanStrict } from "./werkzeug-scan.ts";

/**
 * Which Werkzeug to follow, named by the first one that reads like this. `"3.1.9"` drops a cookie whose unquoted value
 * holds a space or a quote; `"2.3"` (to 3.1.8) keeps it; `"2.2"` does so too and always reads raw bytes as UTF-8.
 */
export type WerkzeugVersion = "3.1.9" | "2.3" | "2.2";

export interface ParseWerkzeugCookieOptions {
  /** Default: `"3.1.9"`. */
  version?: WerkzeugVersion;
  /**
   * Whether raw bytes are read as UTF-8, as `werkzeug.http.parse_cookie(str)` does, instead of one character per byte, as
   * `request.cookies` does. Version 2.2 has no such choice. Default: false.
   */
  utf8?: boolean;
}

/**
 * Reads a `Cookie` header as Flask's `request.cookies`: all values of each name, names in the order of their first value.
 * Quoted values are unquoted and unescaped, and a quoted value may hold `;`: a browser's cookie between two others can so
 * be swallowed by the one before it. Never use this for a session cookie; `findCookies` splits as browsers do. The header
 * is text of one character per byte.
 *
 * ```ts
 * parseWerkzeugCookie('city="K\\303\\266ln"; a=1; a=2'); // Map { "city" => ["Köln"], "a" => ["1", "2"] }
 * ```
 *
 * @throws MalformedError with `utf8`, if the header is no UTF-8, where Python raises a UnicodeError; otherwise never
 * @see werkzeug/sansio/http.py `parse_cookie`
 */
export function parseWerkzeugCookie(
  header: CookieHeader,
  options: ParseWerkzeugCookieOptions = {},
): ReadonlyMap<string, readonly string[]> {
  const { version = "3.1.9", utf8 = false } = options;
  const joined = typeof header === "string" ? header : (header ?? []).join(";");
  const cookies = new Map<string, string[]>();
  const add = (name: string, value: string, toBytes: (text: string) => Uint8Array): void => {
    if (name === "") return;
    const values = cookies.get(name);
    if (values) values.push(unquote(value, toBytes));
    else cookies.set(name, [unquote(value, toBytes)]);
  };
  if (version === "2.2") {
    scanLax(joined, true, (name, value) => {
      add(readLatin1(strip(name, isAsciiSpace)), value, latin1Bytes);
    });
    return cookies;
  }
  const text = utf8 ? decodeStrictly(joined) : joined;
  if (version === "2.3") {
    scanLax(text, false, (name, value) => add(strip(name, isSpace), strip(value, isSpace), utf8Bytes));
  } else {
    scanStrict(text, (name, value) => add(name, value, utf8Bytes));
  }
  return cookies;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

const BACKSLASH = 0x5c;
/** ASCII without backslashes: the same text however it is decoded and unquoted. */
const PLAIN = /^[\x00-\x5b\x5d-\x7f]*$/;

/** Werkzeug's `_cookie_unslash_re`: `\ooo` is a byte, any other `\x` is x. */
function unquote(value: string, toBytes: (text: string) => Uint8Array): string {
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  const text = isQuoted ? value.slice(1, -1) : value;
  if (PLAIN.test(text)) return text;
  const bytes = toBytes(text);
  if (!isQuoted) return decoder.decode(bytes);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH && at + 1 < bytes.length) {
      const octal = octalByte(bytes, at + 1);
      at += octal === undefined ? 1 : 3;
      bytes[length++] = octal ?? bytes[at]!;
    } else {
      bytes[length++] = bytes[at]!;
    }
  }
  return decoder.decode(bytes.subarray(0, length));
}

/** The byte that `[0-3][0-7]{2}` at this place stands for. */
function octalByte(bytes: Uint8Array, at: number): number | undefined {
  const [high, middle, low] = [bytes[at]! - 0x30, bytes[at + 1]! - 0x30, bytes[at + 2]! - 0x30];
  const isOctal = high >= 0 && high <= 3 && middle >= 0 && middle <= 7 && low >= 0 && low <= 7;
  return isOctal ? high * 64 + middle * 8 + low : undefined;
}

function readLatin1(text: string): string {
  return PLAIN.test(text) ? text : decoder.decode(latin1Bytes(text));
}

function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => (char > "\xff" ? 0x3f : char.charCodeAt(0)));
}

function decodeStrictly(text: string): string {
  const problem = "The Cookie header is not UTF-8.";
  if (/[^\x00-\xff]/.test(text)) throw new MalformedError(problem);
  try {
    return strictDecoder.decode(latin1Bytes(text));
  } catch (cause) {
    throw new MalformedError(problem, { cause });
  }
}

function strip(text: string, isBlank: (code: number) => boolean): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** What Python's `str.strip()` removes. */
function isSpace(code: number): boolean {
  return (
    isAsciiSpace(code) || (code >= 0x1c && code <= 0x1f) || (code >= 0x80 && UNICODE_SPACES.includes(code))
  );
}

const UNICODE_SPACES = [
  0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
  0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
];
