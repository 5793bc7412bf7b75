import {
  type CookieAttributes,
  type SameSite,
  stringifyDeletion,
  stringifySetCookie,
} from "../cookie/index.ts";
import type { HostRules, IfHost, WithoutSecure } from "../cookie/typed-rules.ts";
import { formatHttpDate } from "../encoding/http-date.ts";
import { ConfigError, CookieError, TooLargeError } from "../errors.ts";

interface CookieSettings<Name extends string> {
  /**
   * Default: `__Host-session`, which no other host can set or shadow; `session` where the cookie cannot have that prefix
   * (a Domain, another Path, no Secure).
   */
  readonly name?: Name | undefined;
  /** Default: none, so that the cookie goes to this host only. */
  readonly domain?: string | undefined;
  /** Default: `/`. */
  readonly path?: string | undefined;
  /**
   * Default: true, except for plain http to this very machine (localhost, 127.0.0.0/8, [::1]) while NODE_ENV is not
   * `production`, where not every browser would keep a Secure cookie.
   */
  readonly secure?: boolean | undefined;
  /** Default: true. */
  readonly httpOnly?: boolean | undefined;
  /** Default: `lax`, written out. `none` needs Secure. */
  readonly sameSite?: SameSite | Capitalize<SameSite> | undefined;
  /** Cookies with independent partitioned state (CHIPS), which need Secure. Default: false. */
  readonly partitioned?: boolean | undefined;
}

/**
 * The session cookie's name and attributes. All of them have safe defaults. What browsers would drop does not compile: `none` or
 * `partitioned` beside `secure: false`, and a name that is written down as `__Host-…` beside a Domain, another Path or `secure: false`.
 */
export type SessionCookieOptions<Name extends string = string> = CookieSettings<Name> &
  ({ readonly secure?: true | undefined } | WithoutSecure) &
  IfHost<Name, Partial<HostRules>, unknown>;

/** The bytes of a Set-Cookie header around the value and the lifetime, made once. */
export interface CookieTemplate {
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string | undefined;
  readonly secure: boolean;
  /** @param expires seconds since 1970; undefined: the cookie ends with the browser's session */
  set(value: string, expires: number | undefined): string;
  /** The header that deletes the cookie. */
  readonly deletion: string;
}

/**
 * @param stringify makes the Set-Cookie header for an empty value, with or without a date of expiry
 * @param deletion the Set-Cookie header that deletes the cookie
 */
export function cookieTemplate(
  key: Pick<CookieTemplate, "name" | "domain" | "path" | "secure">,
  stringify: (lifetime: { expires?: Date }) => string,
  deletion: string,
): CookieTemplate {
  const start = `${key.name}=`;
  const [before, after] = stringify({ expires: new Date(0) })
    .slice(start.length)
    .split(formatHttpDate(0)) as [string, string];
  const undated = stringify({}).slice(start.length);
  return {
    ...key,
    set: (value, expires) =>
      expires === undefined
        ? start + value + undated
        : start + value + before + formatHttpDate(expires) + after,
    deletion,
  };
}

/** The template of another cookie that differs in its name alone. */
export function withSuffix(template: CookieTemplate, suffix: string): CookieTemplate {
  const name = template.name + suffix;
  const renamed = (header: string): string => name + header.slice(template.name.length);
  return {
    ...template,
    name,
    set: (value, expires) => renamed(template.set(value, expires)),
    deletion: renamed(template.deletion),
  };
}

/**
 * The native templates: one with Secure and, in development, one without.
 *
 * @param base what the cookie is called where it is given no name, behind `__Host-` where it can be
 */
export function nativeTemplates(
  options: SessionCookieOptions,
  production: boolean,
  base = "session",
): { secure: CookieTemplate; loopback: CookieTemplate } {
  if (options.secure === false && production) {
    throw new ConfigError(
      `The ${base} cookie would be sent over plain http in production (cookie.secure is false). Leave cookie.secure out and serve the application over https.`,
    );
  }
  const secure = nativeTemplate(base, options, options.secure ?? true);
  const loopback = production || options.secure !== undefined ? secure : nativeTemplate(base, options, false);
  return { secure, loopback };
}

function nativeTemplate(base: string, options: SessionCookieOptions, secure: boolean): CookieTemplate {
  const path = options.path ?? "/";
  const canBeHost = secure && path === "/" && options.domain === undefined;
  const name = options.name ?? (canBeHost ? `__Host-${base}` : base);
  // What contradicts itself is refused below.
  const attributes = {
    path,
    httpOnly: options.httpOnly ?? true,
    sameSite: options.sameSite ?? "lax",
    // A name or an attribute that demands Secure is as true on this machine as elsewhere.
    secure: secure || (options.secure === undefined && needsSecure(name, options)),
    domain: options.domain,
    partitioned: options.partitioned,
  } as CookieAttributes;
  try {
    return cookieTemplate(
      { name, domain: options.domain, path, secure: attributes.secure === true },
      (lifetime) => stringifySetCookie(name, "", { ...attributes, ...lifetime }),
      stringifyDeletion(name, attributes),
    );
  } catch (error) {
    if (error instanceof CookieError || error instanceof TooLargeError)
      throw new ConfigError(`The ${base} cookie: ${error.message}`);
    throw error;
  }
}

function needsSecure(name: string, options: SessionCookieOptions): boolean {
  return (
    /^__(host|secure|http)-/i.test(name) ||
    String(options.sameSite).toLowerCase() === "none" ||
    options.partitioned === true
  );
}
