import { isAsciiSpace, strip } from "../encoding/strip.ts";
import { MalformedError } from "../errors.ts";
import type { CookieHeader } from "./cookie-header.ts";
import { scanLax, scanStrict } from "./werkzeug-scan.ts";

/**
 * Which Werkzeug to follow, named by the first one that reads like this. `"3.1.9"` drops a cookie whose unquoted value
 * holds a space or a quote; `"2.3"` (to 3.1.8) keeps it; `"2.2"` does so too and always reads raw bytes as UTF-8.
 */
export type WerkzeugVersion = "3.1.9" | "2.3" | "2.2";

/** Whose `Cookie` header it is to be. */
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
  const add = (name: string, value: string, toByteText: (text: string) => string): void => {
    if (name === "") return;
    const values = cookies.get(name);
    if (values) values.push(unquote(value, toByteText));
    else cookies.set(name, [unquote(value, toByteText)]);
  };
  if (version === "2.2") {
    scanLax(joined, true, (name, value) => {
      add(readUtf8(latin1Text(strip(name, isAsciiSpace))), value, latin1Text);
    });
    return cookies;
  }
  const text = utf8 ? decodeStrictly(joined) : joined;
  if (version === "2.3") {
    scanLax(text, false, (name, value) => add(strip(name, isSpace), strip(value, isSpace), utf8Text));
  } else {
    scanStrict(text, (name, value) => add(name, value, utf8Text));
  }
  return cookies;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** The same text however it is decoded. */
const ASCII = /^[\x00-\x7f]*$/;
/** A byte in three octal digits. */
const OCTAL = /[0-3][0-7]{2}/y;

/** `toByteText` writes a value as one character per byte. */
function unquote(value: string, toByteText: (text: string) => string): string {
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  return readUtf8(isQuoted ? unescapeQuoted(toByteText(value.slice(1, -1))) : toByteText(value));
}

/** Werkzeug's `_cookie_unslash_re`: `\ooo` is a byte, any other `\x` is x, but for a line feed. A loop leaves less garbage than `replace` does. */
function unescapeQuoted(text: string): string {
  let plain = "";
  let done = 0;
  for (let slash = text.indexOf("\\"); slash !== -1; slash = text.indexOf("\\", done)) {
    OCTAL.lastIndex = slash + 1;
    const isOctal = OCTAL.test(text);
    const end = isOctal ? slash + 4 : slash + 2;
    const escaped = text.slice(slash + 1, end);
    if (isOctal) plain += text.slice(done, slash) + String.fromCharCode(Number.parseInt(escaped, 8));
    else if (escaped === "\n" || escaped === "") plain += text.slice(done, end);
    else plain += text.slice(done, slash) + escaped;
    done = end;
  }
  return plain + text.slice(done);
}

function readUtf8(byteText: string): string {
  return ASCII.test(byteText) ? byteText : decoder.decode(bytesOf(byteText));
}

function utf8Text(text: string): string {
  if (ASCII.test(text)) return text;
  let byteText = "";
  for (const byte of encoder.encode(text)) byteText += String.fromCharCode(byte);
  return byteText;
}

function latin1Text(text: string): string {
  return text.replace(/[^\x00-\xff]/gu, "?");
}

function bytesOf(byteText: string): Uint8Array {
  const bytes = new Uint8Array(byteText.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = byteText.charCodeAt(at);
  return bytes;
}

function decodeStrictly(text: string): string {
  const problem = "The Cookie header is not UTF-8.";
  if (/[^\x00-\xff]/.test(text)) throw new MalformedError(problem);
  try {
    return strictDecoder.decode(bytesOf(text));
  } catch (cause) {
    throw new MalformedError(problem, { cause });
  }
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
