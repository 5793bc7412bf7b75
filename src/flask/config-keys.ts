import type { FlaskSessionFormat } from "../codec/index.ts";
import type { SecretKey } from "../signer/secret-key.ts";

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
  /** Default: none; with a SERVER_NAME say it, because Flask before 2.3 takes it from there. */
  readonly SESSION_COOKIE_DOMAIN?: string | false | null | undefined;
  /** Default: APPLICATION_ROOT. */
  readonly SESSION_COOKIE_PATH?: string | null | undefined;
  /** Default: true. */
  readonly SESSION_COOKIE_HTTPONLY?: boolean | null | undefined;
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

/** Where Flask-Session keeps sessions, as `SESSION_TYPE` says it; `null` and `"null"` stand for Flask's own cookie. */
export type FlaskSessionType =
  | "redis"
  | "memcached"
  | "filesystem"
  | "cachelib"
  | "mongodb"
  | "sqlalchemy"
  | "dynamodb"
  | "postgresql";
