import { ConfigError } from "../errors.ts";
import type { RecordStore } from "../session/index.ts";
import { FlaskDynamodbStore } from "../stores/flask-session/dynamodb.ts";
import { FlaskFileStore } from "../stores/flask-session/file.ts";
import { FlaskMemcachedStore } from "../stores/flask-session/memcached.ts";
import { FlaskMongodbStore } from "../stores/flask-session/mongodb.ts";
import { FlaskMysqlStore } from "../stores/flask-session/mysql.ts";
import { FlaskPostgresStore } from "../stores/flask-session/postgres.ts";
import { FlaskRedisStore } from "../stores/flask-session/redis.ts";
import { FlaskSqliteStore } from "../stores/flask-session/sqlite.ts";
import type { FlaskConfig, FlaskSessionType } from "./config-keys.ts";
import { PreparedStore } from "./prepared-store.ts";

type Open = (config: FlaskConfig) => RecordStore;

const STORES: Readonly<Record<Exclude<FlaskSessionType, "cachelib">, Open>> = {
  redis: (config) => new FlaskRedisStore(client(config, "SESSION_REDIS"), prefix(config)),
  memcached: (config) => new FlaskMemcachedStore(client(config, "SESSION_MEMCACHED"), prefix(config)),
  filesystem: (config) =>
    new FlaskFileStore({
      ...prefix(config),
      ...given("directory", config.SESSION_FILE_DIR),
      ...given("threshold", config.SESSION_FILE_THRESHOLD),
      ...given("mode", config.SESSION_FILE_MODE),
      ...given("hash", config.SESSION_FILE_HASH),
    }),
  mongodb(config) {
    const mongo = client<MongoClient>(config, "SESSION_MONGODB");
    if (typeof mongo.db !== "function") throw wrongClient("SESSION_MONGODB", "a MongoClient");
    const { SESSION_MONGODB_DB = "flask_session", SESSION_MONGODB_COLLECT = "sessions" } = config;
    return new FlaskMongodbStore(
      mongo.db(SESSION_MONGODB_DB).collection(SESSION_MONGODB_COLLECT),
      prefix(config),
    );
  },
  sqlalchemy: openSql,
  dynamodb: (config) =>
    new FlaskDynamodbStore(client(config, "SESSION_DYNAMODB"), {
      ...prefix(config),
      ...given("table", config.SESSION_DYNAMODB_TABLE),
    }),
  postgresql: (config) =>
    new FlaskPostgresStore(client(config, "SESSION_POSTGRESQL"), {
      ...prefix(config),
      layout: "postgresql",
      ...given("table", config.SESSION_POSTGRESQL_TABLE),
      ...given("schema", config.SESSION_POSTGRESQL_SCHEMA),
    }),
};

/**
 * The store that a configuration of Flask-Session's asks for; undefined where it asks for Flask's own sessions.
 *
 * @throws ConfigError for what cannot be honoured
 */
export function flaskSessionStore(config: FlaskConfig): RecordStore | undefined {
  const type = config.SESSION_TYPE ?? "null";
  if (type === "null") return undefined;
  if (type === "cachelib") {
    throw new ConfigError(
      "SESSION_TYPE cachelib takes a cache of Python's. For its FileSystemCache use SESSION_TYPE filesystem with SESSION_FILE_DIR; for others SESSION_TYPE redis or memcached.",
    );
  }
  if (!Object.hasOwn(STORES, type)) {
    throw new ConfigError(`SESSION_TYPE is not known. Known: null, ${Object.keys(STORES).join(", ")}.`);
  }
  return new PreparedStore(STORES[type](config));
}

/** What `SESSION_SQLALCHEMY` is here: the driver's client, which shows the dialect. */
function openSql(config: FlaskConfig): RecordStore {
  for (const key of ["SESSION_SQLALCHEMY_SEQUENCE", "SESSION_SQLALCHEMY_BIND_KEY"] as const) {
    if (config[key] !== undefined && config[key] !== null)
      throw new ConfigError(
        `${key} means something to SQLAlchemy alone. Leave it out, and let SESSION_SQLALCHEMY be the client of the right database.`,
      );
  }
  const sql = client<Partial<Record<string, unknown>>>(config, "SESSION_SQLALCHEMY");
  const options = {
    ...prefix(config),
    ...given("table", config.SESSION_SQLALCHEMY_TABLE),
    ...given("schema", config.SESSION_SQLALCHEMY_SCHEMA),
  };
  if (typeof sql["prepare"] === "function") return new FlaskSqliteStore(sql as never, options);
  if (typeof sql["getConnection"] === "function") return new FlaskMysqlStore(sql as never, options);
  if (typeof sql["query"] === "function") return new FlaskPostgresStore(sql as never, options);
  throw wrongClient(
    "SESSION_SQLALCHEMY",
    "an open SQLite database, a pool of pg, or a pool of mysql2/promise",
  );
}

/** As much of the driver's client as is needed here. */
interface MongoClient {
  db(name: string): { collection(name: string): never };
}

type ClientKey =
  | "SESSION_REDIS"
  | "SESSION_MEMCACHED"
  | "SESSION_MONGODB"
  | "SESSION_SQLALCHEMY"
  | "SESSION_DYNAMODB"
  | "SESSION_POSTGRESQL";

/** The stores check the client's shape themselves. */
function client<T = never>(config: FlaskConfig, key: ClientKey): T {
  const value: unknown = config[key];
  if (typeof value !== "object" || value === null)
    throw wrongClient(key, "the client of your database's driver");
  return value as T;
}

function wrongClient(key: ClientKey, what: string): ConfigError {
  return new ConfigError(`${key} must be ${what}, already connected: nothing connects by itself here.`);
}

function prefix(config: FlaskConfig): { prefix?: string } {
  return given("prefix", config.SESSION_KEY_PREFIX);
}

function given<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === undefined || value === null ? {} : { [key]: value }) as { [P in K]?: V };
}
