import { type CookieAttributes, dumpCookie } from "../cookie/index.ts";
import { ConfigError, CookieError } from "../errors.ts";
import type { SecretKey } from "../signer/index.ts";
import type { FlaskLoginVersion } from "./identifier.ts";
import { encodeCookie } from "./remember-token.ts";

/** Flask-Login's configuration, key by key, with its defaults. `null` stands for Python's None; other keys are allowed and ignored. */
export interface FlaskLoginConfig {
  /** Also signs the cookie, in Latin-1. Former keys (SECRET_KEY_FALLBACKS) are none to Flask-Login. */
  readonly SECRET_KEY?: SecretKey | null | undefined;
  /** Default: `remember_token`. */
  readonly REMEMBER_COOKIE_NAME?: string | undefined;
  /** Seconds that the browser keeps the cookie. Default: 365 days. */
  readonly REMEMBER_COOKIE_DURATION?: number | undefined;
  /** Default: none. */
  readonly REMEMBER_COOKIE_DOMAIN?: string | null | undefined;
  /** Default: `/`. */
  readonly REMEMBER_COOKIE_PATH?: string | null | undefined;
  /** Default: false. */
  readonly REMEMBER_COOKIE_SECURE?: boolean | undefined;
  /** Default: true. */
  readonly REMEMBER_COOKIE_HTTPONLY?: boolean | undefined;
  /** `Lax`, `Strict` or `None` in any case. Default: not sent. */
  readonly REMEMBER_COOKIE_SAMESITE?: string | null | undefined;
  /** Whether the cookie is sent anew by each request that asks for the user. Default: false. */
  readonly REMEMBER_COOKIE_REFRESH_EACH_REQUEST?: boolean | undefined;
  /** `basic`, `strong`, or null for none; any other word is none, too, as in Python. Default: `basic`. */
  readonly SESSION_PROTECTION?: string | null | undefined;
  /** This library's own: the release of Flask-Login on the other side; 0.7 knows a browser by another identifier. Default: `0.6`. */
  readonly FLASK_LOGIN_VERSION?: FlaskLoginVersion | undefined;
  readonly [key: string]: unknown;
}

/** Flask-Login's settings, complete. */
export interface FlaskLoginSettings {
  readonly secretKey: SecretKey;
  readonly version: FlaskLoginVersion;
  readonly protection: string | null;
  readonly refreshes: boolean;
  readonly duration: number;
  readonly cookie: RememberCookie;
}

/** The remember_token's name, and the headers that set and delete it. */
interface RememberCookie {
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string;
  /** @param expires seconds since 1970 */
  set(value: string, expires: number): string;
  readonly deletion: string;
}

const DAY = 24 * 60 * 60;

/** @throws ConfigError for what cannot be honoured */
export function flaskLoginSettings(config: FlaskLoginConfig): FlaskLoginSettings {
  const { SECRET_KEY, FLASK_LOGIN_VERSION = "0.6", REMEMBER_COOKIE_DURATION = 365 * DAY } = config;
  if (SECRET_KEY === undefined || SECRET_KEY === null || SECRET_KEY.length === 0)
    throw new ConfigError(
      "flask needs SECRET_KEY: pass the configuration that flaskConfig got.",
      "NO_SECRET_KEY",
    );
  // Says at once what is wrong with the key.
  encodeCookie("", SECRET_KEY);
  if (FLASK_LOGIN_VERSION !== "0.6" && FLASK_LOGIN_VERSION !== "0.7")
    throw new ConfigError('FLASK_LOGIN_VERSION must be "0.6", also for releases before it, or "0.7".');
  if (!Number.isFinite(REMEMBER_COOKIE_DURATION))
    throw new ConfigError("REMEMBER_COOKIE_DURATION must be a number of seconds.");
  return {
    secretKey: SECRET_KEY,
    version: FLASK_LOGIN_VERSION,
    protection: config.SESSION_PROTECTION === undefined ? "basic" : config.SESSION_PROTECTION,
    refreshes: config.REMEMBER_COOKIE_REFRESH_EACH_REQUEST ?? false,
    duration: REMEMBER_COOKIE_DURATION,
    cookie: rememberCookie(config),
  };
}

function rememberCookie(config: FlaskLoginConfig): RememberCookie {
  const name = config.REMEMBER_COOKIE_NAME ?? "remember_token";
  const domain = config.REMEMBER_COOKIE_DOMAIN ?? undefined;
  const path = config.REMEMBER_COOKIE_PATH ?? "/";
  const sameSite = config.REMEMBER_COOKIE_SAMESITE ?? undefined;
  const place = { path, ...(domain === undefined ? {} : { domain }) };
  const attributes = {
    ...place,
    secure: config.REMEMBER_COOKIE_SECURE ?? false,
    httpOnly: config.REMEMBER_COOKIE_HTTPONLY ?? true,
    ...(sameSite === undefined ? {} : { sameSite: sameSite as NonNullable<CookieAttributes["sameSite"]> }),
  };
  try {
    // Says at once what is wrong with the attributes.
    dumpCookie(name, "", attributes);
    return {
      name,
      domain,
      path,
      set: (value, expires) => dumpCookie(name, value, { ...attributes, expires }),
      // Flask-Login repeats no more than this.
      deletion: dumpCookie(name, "", { ...place, expires: 0, maxAge: 0 }),
    };
  } catch (error) {
    if (error instanceof CookieError)
      throw new ConfigError(`The remember_token's configuration (REMEMBER_COOKIE_…): ${error.message}`);
    throw error;
  }
}
