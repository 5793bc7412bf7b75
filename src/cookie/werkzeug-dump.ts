import { type Clock, systemClock } from "../clock.ts";
import { formatHttpDate, HTTP_DATE_RANGE } from "../encoding/http-date.ts";
import { CookieError } from "../errors.ts";
import { type Attributes, normalizeSameSite } from "./attributes.ts";
import { werkzeugDomain } from "./werkzeug-domain.ts";

/** The arguments of Werkzeug's `dump_cookie`, with its defaults. */
export interface WerkzeugCookieOptions extends Pick<
  Attributes,
  "domain" | "secure" | "httpOnly" | "sameSite" | "partitioned"
> {
  /** Seconds that the browser keeps the cookie. Also writes `Expires`, unless `expires` or `syncExpires: false` is given. */
  maxAge?: number;
  /** An instant, seconds since 1970, or the finished text of a date. */
  expires?: Date | number | string;
  /** Percent-encoded where it has to be; null writes no Path. Default: `"/"`. */
  path?: string | null;
  /** Whether `maxAge` writes `Expires` too. Default: true. */
  syncExpires?: boolean;
  /** Bytes of the whole header above which `onTooLarge` is told; 0: never. Default: 4093. */
  maxSize?: number;
  /** Takes Werkzeug's warning that browsers may drop the cookie. The cookie is returned all the same. */
  onTooLarge?: (size: number, limit: number) => void;
  /** Tells the time from which `maxAge` counts. Default: the machine's clock. */
  clock?: Clock;
}

/**
 * Writes a `Set-Cookie` header byte for byte as Werkzeug 3.1 (`werkzeug.http.dump_cookie`, `Response.set_cookie`): any
 * text is a value, quoted and escaped as Werkzeug reads it back. The result is text of one character per byte.
 *
 * Different from Werkzeug, because the header would be read back as another cookie or with other attributes:
 * - a name that is empty, starts or ends with a space, or holds `=`, `;` or a control character is refused;
 * - a `domain` or a text as `expires` that holds `;` or a control character is refused.
 *
 * As in Werkzeug the bytes 1A to 1F of a value are not escaped (browsers drop such a cookie), and neither name prefixes
 * nor `SameSite=None` without Secure are checked. For cookies that Flask need not read use `stringifySetCookie`.
 *
 * ```ts
 * dumpCookie("city", "Köln"); // 'city="K\\303\\266ln"; Path=/'
 * dumpCookie("city", "", { expires: 0, maxAge: 0 }); // Response.delete_cookie
 * ```
 *
 * @throws CookieError for these, and where Werkzeug raises
 */
export function dumpCookie(name: string, value: string = "", options: WerkzeugCookieOptions = {}): string {
  const { domain, maxAge, path = "/", sameSite, maxSize = 4093 } = options;
  const expires = expiresText(options);
  let header = `${nameText(name)}=${quoteValue(value)}`;
  if (domain !== undefined) header += `; Domain=${checkText("domain", werkzeugDomain(domain))}`;
  if (expires !== undefined) header += `; Expires=${expires}`;
  if (maxAge !== undefined) header += `; Max-Age=${maxAge}`;
  if (options.secure || options.partitioned) header += "; Secure";
  if (options.httpOnly) header += "; HttpOnly";
  if (path !== null) header += `; Path=${quotePath(path)}`;
  if (sameSite !== undefined) header += `; SameSite=${normalizeSameSite(sameSite)}`;
  if (options.partitioned) header += "; Partitioned";
  if (maxSize && header.length > maxSize) options.onTooLarge?.(header.length, maxSize);
  return header;
}

const UNQUOTED = /^[\w!#$%&'()*+\-./:<=>?@[\]^`{|}~]*$/;
const utf8 = new TextEncoder();

function nameText(name: string): string {
  if (name === "" || name.includes("=") || name.startsWith(" ") || name.endsWith(" ")) {
    throw new CookieError("A cookie's name must not be empty, hold `=` or have a space at an end.");
  }
  return Array.from(encode("name", checkText("name", name)), (byte) => String.fromCharCode(byte)).join("");
}

function quoteValue(value: string): string {
  if (UNQUOTED.test(value)) return value;
  let quoted = '"';
  for (const byte of encode("value", value)) quoted += ESCAPES[byte]!;
  return `${quoted}"`;
}

/** Werkzeug's `_cookie_slash_map`, for those bytes that `_cookie_slash_re` finds. */
const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === '"' || char === "\\") return `\\${char}`;
  const isEscaped = byte <= 0x19 || byte >= 0x7f || char === "," || char === ";";
  return isEscaped ? `\\${byte.toString(8).padStart(3, "0")}` : char;
});

function expiresText(options: WerkzeugCookieOptions): string | undefined {
  const { clock = systemClock, expires, maxAge, syncExpires = true } = options;
  if (maxAge !== undefined && !Number.isFinite(maxAge))
    throw new CookieError("A cookie's maxAge must be finite.");
  if (typeof expires === "string") return checkText("expires", expires);
  if (expires !== undefined)
    return dateText(typeof expires === "number" ? expires : expires.getTime() / 1000);
  return maxAge !== undefined && syncExpires ? dateText(clock.now() / 1000 + maxAge) : undefined;
}

function dateText(seconds: number): string {
  if (!(seconds >= HTTP_DATE_RANGE.first && seconds < HTTP_DATE_RANGE.last + 1)) {
    throw new CookieError("A cookie's expiry must be a valid instant in the years 1 to 9999.");
  }
  return formatHttpDate(seconds);
}

/** Python's `urllib.parse.quote(path, safe="%!$&'()*+,/:=@")`. */
function quotePath(path: string): string {
  return encodeURIComponent(checkWellFormed("path", path)).replace(/%(?:2[456BCF]|3[AD]|40)/g, (escape) =>
    decodeURIComponent(escape),
  );
}

function encode(part: string, text: string): Uint8Array {
  return utf8.encode(checkWellFormed(part, text));
}

function checkWellFormed(part: string, text: string): string {
  if (/[\ud800-\udfff]/u.test(text))
    throw new CookieError(`A cookie's ${part} must not hold a lone surrogate.`);
  return text;
}

function checkText(part: string, text: string): string {
  if (/[\x00-\x1f\x7f;]/.test(text)) {
    throw new CookieError(`A cookie's ${part} must not hold a semicolon or a control character.`);
  }
  return text;
}
