import { isDict } from "../encoding/plain.ts";

/** Words, such as `dark` or `en-GB`, and small numbers are no tokens. */
const HARMLESS = /^(?:[A-Za-z]+(?:[-_/. ][A-Za-z]+)*|-?\d+)?$/;
const SHORT = 20;
const SHOWN = 3;
const DOT = "•";

const SECRET = /pass|secret|token|csrf|nonce|otp|credential|api_?key|private|ssn|cvc|iban/i;
const DEEPEST = 12;

/** The value of an application's cookie as it may be shown. */
export function maskValue(name: string, value: string): string {
  const isShown = value.length <= SHORT && HARMLESS.test(value) && !SECRET.test(name);
  return isShown ? value : maskToken(value);
}

/** A value that is a secret for certain. */
export function maskToken(value: string): string {
  return value.slice(0, value.length > SHORT ? SHOWN : 0) + DOT.repeat(6);
}

/** A Set-Cookie header whose value is as long as it was, and nothing else of it. */
export function maskSetCookie(header: string): string {
  const end = header.indexOf(";");
  const pair = end < 0 ? header : header.slice(0, end);
  const equals = pair.indexOf("=");
  return pair.slice(0, equals + 1) + "x".repeat(pair.length - equals - 1) + header.slice(pair.length);
}

/** A path with the names of its query's parameters, and without their values. */
export function maskUrl(url: string): string {
  const query = url.indexOf("?");
  if (query < 0) return url.slice(0, 300);
  const names = url
    .slice(query + 1)
    .split("&")
    .map((pair) => (pair.includes("=") ? `${pair.slice(0, pair.indexOf("="))}=…` : "…"));
  return `${url.slice(0, query)}?${names.join("&")}`.slice(0, 300);
}

/** A session's data as it may be shown: what is called a secret is not. */
export function maskData(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) return "…";
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map((item) => maskData(item, depth + 1));
  // Python's own types, such as a UUID.
  if (!isDict(value)) return String(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET.test(key) && item !== undefined && item !== null ? DOT.repeat(6) : maskData(item, depth + 1),
    ]),
  );
}
