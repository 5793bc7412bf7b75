import type { FlaskConfig } from "hipflask/flask";
import { CLIENTS } from "./clients.ts";

/** What a Flask app would write into its configuration to keep sessions there by Flask-Session. */
export const FLASK_STORES = {
  file: async (path?: string) => ({
    SESSION_TYPE: "filesystem",
    SESSION_FILE_DIR: await CLIENTS.file(path),
  }),
  sqlite: async (path?: string) => ({
    SESSION_TYPE: "sqlalchemy",
    SESSION_SQLALCHEMY: await CLIENTS.sqlite(path),
  }),
  mysql: async (url?: string) => ({
    SESSION_TYPE: "sqlalchemy",
    SESSION_SQLALCHEMY: await CLIENTS.mysql(url),
  }),
  postgres: async (url?: string) => ({
    SESSION_TYPE: "sqlalchemy",
    SESSION_SQLALCHEMY: await CLIENTS.postgres(url),
  }),
  redis: async (url?: string) => ({ SESSION_TYPE: "redis", SESSION_REDIS: await CLIENTS.redis(url) }),
  "redis-cluster": async (url?: string) => ({
    SESSION_TYPE: "redis",
    SESSION_REDIS: await CLIENTS["redis-cluster"](url),
  }),
  memcached: async (url?: string) => ({
    SESSION_TYPE: "memcached",
    SESSION_MEMCACHED: await CLIENTS.memcached(url),
  }),
  mongodb: async (url?: string) => ({ SESSION_TYPE: "mongodb", SESSION_MONGODB: await CLIENTS.mongodb(url) }),
  dynamodb: async (endpoint?: string) => ({
    SESSION_TYPE: "dynamodb",
    SESSION_DYNAMODB: await CLIENTS.dynamodb(endpoint),
  }),
} satisfies Record<string, (url?: string) => Promise<FlaskConfig>>;
