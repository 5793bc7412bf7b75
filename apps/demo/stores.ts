import type { SessionStore } from "hipflask";
import { CLIENTS } from "./clients.ts";

/** Opens each store at a URL (for files: a path). Store and driver are loaded only when they are asked for. */
export const STORES = {
  memory: async (): Promise<SessionStore> => {
    const { MemoryStore } = await import("hipflask/stores/memory");
    return new MemoryStore();
  },

  file: async (path?: string) => {
    const { FileStore } = await import("hipflask/stores/file");
    return ready(new FileStore(await CLIENTS.file(path)));
  },

  sqlite: async (path?: string) => {
    const { SqliteStore } = await import("hipflask/stores/sqlite");
    return ready(new SqliteStore(await CLIENTS.sqlite(path)));
  },

  mysql: async (url?: string) => {
    const { MysqlStore } = await import("hipflask/stores/mysql");
    return ready(new MysqlStore(await CLIENTS.mysql(url)));
  },

  postgres: async (url?: string) => {
    const { PostgresStore } = await import("hipflask/stores/postgres");
    return ready(new PostgresStore(await CLIENTS.postgres(url)));
  },

  redis: async (url?: string) => {
    const { RedisStore } = await import("hipflask/stores/redis");
    return ready(new RedisStore(await CLIENTS.redis(url)));
  },

  "redis-cluster": async (url?: string) => {
    const { RedisStore } = await import("hipflask/stores/redis");
    return ready(new RedisStore(await CLIENTS["redis-cluster"](url)));
  },

  memcached: async (url?: string) => {
    const { MemcachedStore } = await import("hipflask/stores/memcached");
    return ready(new MemcachedStore(await CLIENTS.memcached(url)));
  },

  mongodb: async (url?: string) => {
    const { MongodbStore } = await import("hipflask/stores/mongodb");
    return ready(new MongodbStore((await CLIENTS.mongodb(url)).db().collection("sessions")));
  },

  dynamodb: async (endpoint?: string) => {
    const { DynamodbStore } = await import("hipflask/stores/dynamodb");
    return ready(new DynamodbStore(await CLIENTS.dynamodb(endpoint)));
  },
};

async function ready(store: SessionStore): Promise<SessionStore> {
  await store.setup?.();
  return store;
}
