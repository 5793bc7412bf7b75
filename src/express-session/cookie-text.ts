/** The attributes of a session cookie, as express-session keeps them with the session. */
export interface CookieData {
  readonly originalMaxAge: number | null | undefined;
  readonly partitioned?: boolean | undefined;
  readonly priority?: "low" | "medium" | "high" | undefined;
  readonly expires?: Date | string | null | undefined;
  readonly secure?: boolean | "auto" | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly domain?: string | undefined;
  readonly path?: string | undefined;
  readonly sameSite?: boolean | "lax" | "strict" | "none" | "auto" | undefined;
}

// RFC 9110 section 5.6.2
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
const DOMAIN = /^\.?[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;
const PATH = /^[\x20-\x3a\x3c-\x7e]*$/;
const PRIORITIES = new Set(["low", "medium", "high"]);
const SAME_SITES = new Set(["lax", "strict", "none"]);

/**
 * A Set-Cookie header, byte for byte as the package `cookie` 0.7 writes it for express-session: the value percent-encoded.
 *
 * @throws TypeError for a name or an attribute that no header can hold
 */
export function cookieText(
  name: string,
  value: string,
  attributes: Omit<CookieData, "originalMaxAge">,
): string {
  const { domain, path, expires, httpOnly, secure, partitioned, priority, sameSite } = attributes;
  if (!TOKEN.test(name)) throw new TypeError("argument name is invalid");
  let text = `${name}=${encodeURIComponent(value)}`;
  if (domain) text += `; Domain=${checked("domain", domain, DOMAIN.test(domain))}`;
  if (path) text += `; Path=${checked("path", path, PATH.test(path))}`;
  if (expires) {
    const isDate = expires instanceof Date && !Number.isNaN(expires.getTime());
    text += `; Expires=${(checked("expires", expires, isDate) as Date).toUTCString()}`;
  }
  if (httpOnly) text += "; HttpOnly";
  if (secure) text += "; Secure";
  if (partitioned) text += "; Partitioned";
  if (priority) text += `; Priority=${named("priority", priority, PRIORITIES)}`;
  if (sameSite)
    text += `; SameSite=${sameSite === true ? "Strict" : named("sameSite", sameSite, SAME_SITES)}`;
  return text;
}

function checked<T>(option: string, value: T, isValid: boolean): T {
  if (!isValid) throw new TypeError(`option ${option} is invalid`);
  return value;
}

function named(option: string, value: unknown, known: ReadonlySet<string>): string {
  const name = typeof value === "string" ? value.toLowerCase() : "";
  checked(option, value, known.has(name));
  return name.charAt(0).toUpperCase() + name.slice(1);
}
