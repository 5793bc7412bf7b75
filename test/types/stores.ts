// Each store takes the clients of its drivers as they are, and nothing else.
import { DynamoDB, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createSessions, type RecordStore, serverSide, type SessionStore, type Storage } from "hipflask";
import { cachingStore } from "hipflask/stores/caching";
import { DynamodbStore } from "hipflask/stores/dynamodb";
import { FileStore } from "hipflask/stores/file";
import { FlaskDynamodbStore } from "hipflask/stores/flask-session/dynamodb";
import { FlaskMemcachedStore } from "hipflask/stores/flask-session/memcached";
import { FlaskMongodbStore } from "hipflask/stores/flask-session/mongodb";
import { FlaskMysqlStore } from "hipflask/stores/flask-session/mysql";
import { FlaskPostgresStore } from "hipflask/stores/flask-session/postgres";
import { FlaskRedisStore } from "hipflask/stores/flask-session/redis";
import { FlaskSqliteStore } from "hipflask/stores/flask-session/sqlite";
import { MemcachedStore } from "hipflask/stores/memcached";
import { MemoryStore } from "hipflask/stores/memory";
import { MongodbStore } from "hipflask/stores/mongodb";
import { MysqlStore } from "hipflask/stores/mysql";
import { PostgresStore } from "hipflask/stores/postgres";
import { RedisStore } from "hipflask/stores/redis";
import { SqliteStore } from "hipflask/stores/sqlite";
import { Cluster, Redis } from "ioredis";
import Database from "libsql";
import { MemcacheClient } from "memcache-client";
import { MongoClient } from "mongodb";
import { createPool } from "mysql2";
import { createPool as createPromisePool } from "mysql2/promise";
import { Pool } from "pg";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import { expectTypeOf } from "vitest";

const dynamodb = new DynamoDB();
void new DynamodbStore(dynamodb, { table: "sessions" });
void new FlaskDynamodbStore(dynamodb);
// @ts-expect-error -- the bare client has none of the methods
void new DynamodbStore(new DynamoDBClient());

const memcached = new MemcacheClient({ server: "127.0.0.1:11211" });
void new MemcachedStore(memcached);
void new MemcachedStore([memcached, memcached]);
void new FlaskMemcachedStore(memcached);

const mongodb = new MongoClient("mongodb://127.0.0.1");
void new MongodbStore(mongodb.db("app").collection("sessions"));
void new MongodbStore(mongodb.db("app").collection<{ name: string }>("sessions"));
void new FlaskMongodbStore(mongodb.db("flask_session").collection("sessions"));
// @ts-expect-error -- a collection of it
void new MongodbStore(mongodb);

for (const pool of [createPool("mysql://127.0.0.1"), createPromisePool("mysql://127.0.0.1")]) {
  void new MysqlStore(pool);
  void new FlaskMysqlStore(pool);
}

const postgres = new Pool();
void new PostgresStore(postgres, { prepare: true });
void new FlaskPostgresStore(postgres, { layout: "postgresql" });
// @ts-expect-error -- no such layout
void new FlaskPostgresStore(postgres, { layout: "mysql" });

for (const redis of [
  createClient(),
  createClient({ RESP: 3 }),
  createClientPool(),
  createCluster({ rootNodes: [] }),
  createSentinel({ name: "main", sentinelRootNodes: [] }),
  new Redis(),
  new Cluster([]),
]) {
  void new RedisStore(redis, { prefix: "app:" });
  void new FlaskRedisStore(redis);
}
// @ts-expect-error -- not a promise of one
void new RedisStore(createClient().connect());
// @ts-expect-error -- not its URL
void new RedisStore("redis://127.0.0.1");

const sqlite = new Database("sessions.db");
void new SqliteStore(sqlite, { durability: "fast" });
void new FlaskSqliteStore(sqlite);
// @ts-expect-error -- an open database, not its path
void new SqliteStore("sessions.db");

// What a store is good for
const memory = new MemoryStore();
expectTypeOf(serverSide(memory)).toEqualTypeOf<Storage>();
expectTypeOf(cachingStore(memory, new FileStore("sessions"), { maxAge: 5 })).toExtend<SessionStore>();
createSessions({ storage: serverSide(new PostgresStore(postgres)) });
// @ts-expect-error -- Flask-Session's layouts come with flaskConfig
serverSide(new FlaskPostgresStore(postgres));
expectTypeOf<FlaskPostgresStore>().toExtend<RecordStore>();
// @ts-expect-error -- a store, not its client
serverSide(postgres);
