import { type CookieAttributes, dumpCookie } from "../cookie/index.ts";
import { ConfigError, CookieError } from "../errors.ts";
import { cookieTemplate, type CookieTemplate } from "../session/cookie-settings.ts";
import { warn } from "../session/events.ts";
import { type SessionOptions, signedCookie } from "../session/index.ts";
import type { SecretKey } from "../signer/index.ts";

/**
 * Flask's configuration of cookies and sessions, key by key, with Flask's defaults. `null` stands for Python's None. Other
 * keys of Flask's are allowed and ignored, so that a whole configuration can be pasted.
 */
export interface FlaskConfig {
  /** Without it sessions can be read, as empty ones, and not written. */
  readonly SECRET_KEY?: SecretKey | null | undefined;
  /** Earlier keys, still accepted; entries that are not set are skipped. Default: none. */
  readonly SECRET_KEY_FALLBACKS?: readonly (SecretKey | undefined)[] | null | undefined;
  /** Default: `session`. */
  readonly SESSION_COOKIE_NAME?: string | undefined;
  /** Default: none. */
  readonly SESSION_COOKIE_DOMAIN?: string | false | null | undefined;
  /** Default: APPLICATION_ROOT. */
  readonly SESSION_COOKIE_PATH?: string | null | undefined;
  /** Default: true. */
  readonly SESSION_COOKIE_HTTPONLY?: boolean | undefined;
  /** Default: false. */
  readonly SESSION_COOKIE_SECURE?: boolean | undefined;
  /** Default: false. */
  readonly SESSION_COOKIE_PARTITIONED?: boolean | undefined;
  /** `Lax`, `Strict` or `None` in any case. Default: not sent. */
  readonly SESSION_COOKIE_SAMESITE?: string | null | undefined;
  /** Whether a permanent session's cookie goes out with every response. Default: true. */
  readonly SESSION_REFRESH_EACH_REQUEST?: boolean | undefined;
  /** Seconds that a cookie is accepted after it was signed, and that a permanent one is kept by the browser. Default: 31 days. */
  readonly PERMANENT_SESSION_LIFETIME?: number | undefined;
  /** Default: `/`. */
  readonly APPLICATION_ROOT?: string | undefined;
  /** Flask-Session's switch. Only Flask's own sessions, in a cookie, are supported: `null`. */
  readonly SESSION_TYPE?: null | undefined;
  readonly [key: string]: unknown;
}

const DAY = 24 * 60 * 60;

/**
 * Options with which `createSessions` does exactly what Flask does: cookie, format, lifetimes, headers. Both sides then
 * read and write one session.
 *
 * What stays different: nested changes are noticed, and assigning the value that is there already is no change; a cookie
 * from a clock that is up to five seconds ahead is accepted; a session that Flask cannot read and answers with 500 is an
 * empty session; a cookie that no browser would keep is an error in place of a warning.
 *
 * @example
 * const sessions = createSessions(flaskConfig({ SECRET_KEY: process.env.SECRET_KEY, PERMANENT_SESSION_LIFETIME: 3600 }));
 * @throws ConfigError for what cannot be honoured
 */
export function flaskConfig(config: FlaskConfig): SessionOptions {
  if ((config.SESSION_TYPE ?? "null") !== "null") {
    throw new ConfigError(
      "SESSION_TYPE asks for Flask-Session's server-side sessions, which are not supported. Leave it out for Flask's own sessions in a cookie.",
    );
  }
  if (config.SESSION_COOKIE_SECURE !== true && process.env.NODE_ENV === "production") {
    warn(
      "SESSION_COOKIE_SECURE is not true, so the session cookie also travels over plain http. Set it on both sides where the application is served over https.",
      "HIPFLASK_INSECURE_COOKIE",
    );
  }
  return {
    secretKey: config.SECRET_KEY ?? undefined,
    secretKeyFallbacks: config.SECRET_KEY_FALLBACKS ?? undefined,
    storage: signedCookie({ compressAbove: 0 }),
    lifetime: config.PERMANENT_SESSION_LIFETIME ?? 31 * DAY,
    flask: {
      cookie: sessionCookie(config),
      refreshEachRequest: config.SESSION_REFRESH_EACH_REQUEST ?? true,
    },
  };
}

function sessionCookie(config: FlaskConfig): CookieTemplate {
  const name = config.SESSION_COOKIE_NAME ?? "session";
  const domain = config.SESSION_COOKIE_DOMAIN || undefined;
  const path = config.SESSION_COOKIE_PATH ?? config.APPLICATION_ROOT ?? "/";
  const sameSite = config.SESSION_COOKIE_SAMESITE ?? undefined;
  const attributes = {
    path,
    secure: config.SESSION_COOKIE_SECURE ?? false,
    httpOnly: config.SESSION_COOKIE_HTTPONLY ?? true,
    partitioned: config.SESSION_COOKIE_PARTITIONED ?? false,
    ...(domain === undefined ? {} : { domain }),
    ...(sameSite === undefined ? {} : { sameSite: sameSite as NonNullable<CookieAttributes["sameSite"]> }),
  };
  try {
    return cookieTemplate(
      { name, domain, path, secure: attributes.secure },
      (lifetime) => dumpCookie(name, "", { ...attributes, ...lifetime }),
      dumpCookie(name, "", { ...attributes, expires: 0, maxAge: 0 }),
    );
  } catch (error) {
    if (error instanceof CookieError)
      throw new ConfigError(`The session cookie's configuration (SESSION_COOKIE_…): ${error.message}`);
    throw error;
  }
}
