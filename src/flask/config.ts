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
import { type FlaskSessionType, flaskSessionStore } from "./session-type.ts";

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
  /** Python warns of larger cookies. Here 4096 bytes of name and value are an error, whatever this is, because browsers keep no more. */
  readonly MAX_COOKIE_SIZE?: number | undefined;

  /** Flask-Session: where sessions are kept. Default: `null`, Flask's own sessions in a cookie. */
  readonly SESSION_TYPE?: FlaskSessionType | "null" | null | undefined;
  /** Flask-Session: whether a new session is permanent. Default: true. */
  readonly SESSION_PERMANENT?: boolean | undefined;
  /** Flask-Session: whether the cookie's ID is signed with SECRET_KEY. Default: false. */
  readonly SESSION_USE_SIGNER?: boolean | undefined;
  /** Flask-Session: what the keys of the store begin with. Default: `session:`. */
  readonly SESSION_KEY_PREFIX?: string | undefined;
  /** Flask-Session: random bytes of an ID, 16 to 96. Default: 32. */
  readonly SESSION_ID_LENGTH?: number | undefined;
  /**
   * Flask-Session: what is written. Both are read. Releases before 0.7 write pickles: `pickle` is this library's own word for them, and
   * files are pickles in any case. Default: `msgpack`.
   */
  readonly SESSION_SERIALIZATION_FORMAT?: FlaskSessionFormat | undefined;
  /** This library's own: whether pickles in the store are read as well, as data only. Default: false. */
  readonly SESSION_READ_PICKLE?: boolean | undefined;
  /** Flask-Session: once in how many requests records that have ended are removed from a SQL database or a folder. Default: never. */
  readonly SESSION_CLEANUP_N_REQUESTS?: number | null | undefined;
  /** A client of node-redis or ioredis. */
  readonly SESSION_REDIS?: unknown;
  /** A client of memcache-client, or a list of them, one for each server. */
  readonly SESSION_MEMCACHED?: unknown;
  /** A MongoClient. */
  readonly SESSION_MONGODB?: unknown;
  /** Default: `flask_session`. */
  readonly SESSION_MONGODB_DB?: string | undefined;
  /** Default: `sessions`. */
  readonly SESSION_MONGODB_COLLECT?: string | undefined;
  /** An open SQLite database, a pool of pg, or a pool of mysql2/promise. */
  readonly SESSION_SQLALCHEMY?: unknown;
  /** Default: `sessions`. */
  readonly SESSION_SQLALCHEMY_TABLE?: string | undefined;
  /** Default: the database's own. */
  readonly SESSION_SQLALCHEMY_SCHEMA?: string | null | undefined;
  /** A client of @aws-sdk/client-dynamodb: its class `DynamoDB`. */
  readonly SESSION_DYNAMODB?: unknown;
  /** Default: `Sessions`. */
  readonly SESSION_DYNAMODB_TABLE?: string | undefined;
  /** A pool of pg, for the table of Flask-Session's own PostgreSQL backend. */
  readonly SESSION_POSTGRESQL?: unknown;
  /** Default: `flask_sessions`. */
  readonly SESSION_POSTGRESQL_TABLE?: string | undefined;
  /** Default: the database's own. */
  readonly SESSION_POSTGRESQL_SCHEMA?: string | null | undefined;
  /** Default: `./flask_session`. */
  readonly SESSION_FILE_DIR?: string | undefined;
  /** How many files cachelib keeps before it removes some. Default: 500. */
  readonly SESSION_FILE_THRESHOLD?: number | undefined;
  /** Permissions of the files. Default: `0o600`. */
  readonly SESSION_FILE_MODE?: number | undefined;
  /** This library's own: how files are named, `sha256` as by cachelib since 0.17, or `md5` as before. Default: `sha256`. */
  readonly SESSION_FILE_HASH?: "sha256" | "md5" | undefined;
  readonly [key: string]: unknown;
}

export const DAY: number = 24 * 60 * 60;
const FORMATS: readonly FlaskSessionFormat[] = ["msgpack", "json", "pickle"];

/**
 * Options with which `createSessions` does exactly what Flask does, or Flask-Session where SESSION_TYPE asks for it: cookie, format,
 * layout, lifetimes, headers. Both sides then read and write one session.
 *
 * What stays different: nested changes are noticed, and assigning the value that is there already is no change; a cookie
 * from a clock that is up to five seconds ahead is accepted; a session that Flask cannot read and answers with 500 is an
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
    lifetime: config.PERMANENT_SESSION_LIFETIME ?? 31 * DAY,
    flask: {
      cookie: sessionCookie(config),
      refreshEachRequest: config.SESSION_REFRESH_EACH_REQUEST ?? true,
      permanent: store === undefined ? undefined : (config.SESSION_PERMANENT ?? true),
    },
  };
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
