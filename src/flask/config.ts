import type { FlaskSessionFormat } from "../codec/index.ts";
import { type CookieAttributes, dumpCookie } from "../cookie/index.ts";
import { ConfigError, CookieError } from "../errors.ts";
import { cookieTemplate, type CookieTemplate } from "../session/cookie-settings.ts";
import { warn } from "../session/events.ts";
import {
  flaskSession,
  type FlaskSessionOptions,
  type SessionOptions,
  signedCookie,
} from "../session/index.ts";
import { checkSecretKeys, type SecretKey } from "../signer/secret-key.ts";
import type { FlaskConfig } from "./config-keys.ts";
import { flaskSessionStore } from "./session-type.ts";

export const DAY: number = 24 * 60 * 60;
const FORMATS: readonly FlaskSessionFormat[] = ["msgpack", "json", "pickle"];

/**
 * Options with which `createSessions` does exactly what Flask does, or Flask-Session where SESSION_TYPE asks for it: cookie, format,
 * layout, lifetimes, headers. Both sides then read and write one session.
 *
 * What stays different: nested changes are noticed, and assigning the value that is there already is no change; `modified = false`
 * holds until the end of the request; a cookie from a clock that is up to five seconds ahead is accepted; a session that Flask cannot read and answers with 500 is an
 * empty session; a cookie that no browser would keep is an error in place of a warning.
 *
 * @example
 * const sessions = createSessions(flaskConfig({ SECRET_KEY: process.env.SECRET_KEY, PERMANENT_SESSION_LIFETIME: 3600 }));
 * @example
 * const sessions = createSessions(flaskConfig({ SESSION_TYPE: "redis", SESSION_REDIS: await createClient().connect() }));
 * @throws ConfigError for what cannot be honoured
 */
export function flaskConfig(config: FlaskConfig): SessionOptions {
  if (config.SESSION_COOKIE_SECURE !== true && process.env.NODE_ENV === "production") {
    warn(
      "SESSION_COOKIE_SECURE is not true, so the session cookie also travels over plain http. Set it on both sides where the application is served over https.",
      "HIPFLASK_INSECURE_COOKIE",
    );
  }
  const store = flaskSessionStore(config);
  return {
    secretKey: config.SECRET_KEY ?? undefined,
    secretKeyFallbacks: config.SECRET_KEY_FALLBACKS ?? undefined,
    storage:
      store === undefined
        ? signedCookie({ compressAbove: 0 })
        : flaskSession(store, flaskSessionOptions(config)),
    lifetime: lifetimeOf(config),
    flask: {
      cookie: sessionCookie(config),
      refreshEachRequest: config.SESSION_REFRESH_EACH_REQUEST ?? true,
      permanent: store === undefined ? undefined : (config.SESSION_PERMANENT ?? true),
    },
  };
}

function lifetimeOf(config: FlaskConfig): number {
  const lifetime = config.PERMANENT_SESSION_LIFETIME ?? 31 * DAY;
  if (Number.isInteger(lifetime) && lifetime >= 0) return lifetime;
  throw new ConfigError("PERMANENT_SESSION_LIFETIME must be a whole number of seconds.");
}

/** What the configuration says of sessions in a store of Flask-Session's. @throws ConfigError */
export function flaskSessionOptions(config: FlaskConfig): FlaskSessionOptions {
  const useSigner = config.SESSION_USE_SIGNER ?? false;
  if (useSigner && !config.SECRET_KEY)
    throw new ConfigError(
      "SESSION_USE_SIGNER signs with SECRET_KEY: set it, or leave SESSION_USE_SIGNER out.",
    );
  if (config.PERMANENT_SESSION_LIFETIME === 0)
    throw new ConfigError(
      "PERMANENT_SESSION_LIFETIME must be at least 1 second: a store keeps nothing for less.",
    );
  const format = config.SESSION_SERIALIZATION_FORMAT ?? "msgpack";
  if (!FORMATS.includes(format))
    throw new ConfigError(`SESSION_SERIALIZATION_FORMAT is not known. Known: ${FORMATS.join(", ")}.`);
  const cleanEvery = config.SESSION_CLEANUP_N_REQUESTS ?? undefined;
  if (cleanEvery !== undefined && !(Number.isInteger(cleanEvery) && cleanEvery > 0))
    throw new ConfigError("SESSION_CLEANUP_N_REQUESTS must be a whole number above 0.");
  // cachelib pickles whatever it is given.
  const written = config.SESSION_TYPE === "filesystem" ? "pickle" : format;
  return {
    format: written,
    readPickle: written === "pickle" || config.SESSION_READ_PICKLE === true,
    useSigner,
    idLength: config.SESSION_ID_LENGTH ?? 32,
    cleanEvery,
  };
}

/** The keys that sign, oldest first. */
export function signingKeys({ SECRET_KEY, SECRET_KEY_FALLBACKS }: FlaskConfig): readonly SecretKey[] {
  return checkSecretKeys(SECRET_KEY ?? undefined, SECRET_KEY_FALLBACKS ?? undefined);
}

export function sessionCookie(config: FlaskConfig): CookieTemplate {
  const name = config.SESSION_COOKIE_NAME ?? "session";
  const domain = config.SESSION_COOKIE_DOMAIN || undefined;
  if (config.SERVER_NAME && domain === undefined && config.SESSION_COOKIE_DOMAIN !== false) {
    warn(
      "SERVER_NAME is set and SESSION_COOKIE_DOMAIN is not: Flask before 2.3 then takes the cookie's Domain from SERVER_NAME, which is not done here. Set SESSION_COOKIE_DOMAIN on both sides, to False or to a domain.",
      "HIPFLASK_SERVER_NAME",
    );
  }
  const path = config.SESSION_COOKIE_PATH || (config.APPLICATION_ROOT ?? "/");
  const sameSite = config.SESSION_COOKIE_SAMESITE ?? undefined;
  const attributes = {
    path,
    secure: config.SESSION_COOKIE_SECURE ?? false,
    httpOnly: config.SESSION_COOKIE_HTTPONLY === undefined || Boolean(config.SESSION_COOKIE_HTTPONLY),
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
