import { createRequire } from "node:module";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { MemcacheClient } from "memcache-client";
import { MongoClient } from "mongodb";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { createClient } from "redis";
import type { FlaskConfig } from "hipflask/flask";
import { PYTHON } from "../support/flask-server.ts";
import { startMemcached } from "../support/memcached-server.ts";
import { openMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";

/** A place that Flask-Session and hipflask share. */
export interface SharedPlace {
  /** For flask_session_app.py. */
  readonly env: Readonly<Record<string, string>>;
  /** For `flaskConfig`. */
  readonly config: FlaskConfig;
  close(): Promise<void>;
}

export interface PlaceKind {
  readonly name: string;
  /** Rows of scripts/needs.mjs. */
  readonly needs: readonly string[];
  /** Whether only Debian has the client for Python. */
  readonly debianOnly?: boolean;
  open(python: Python): Promise<SharedPlace>;
}

/** A Python with Flask-Session. */
export interface Python {
  readonly path: string;
  /** Its Flask-Session writes pickles, and its cachelib names files by MD5, as Debian's does. */
  readonly isOld: boolean;
}

/** Debian's, and a newer one where FLASK_SESSION_PYTHON says where it is: Flask-Session 0.8 with cachelib 0.17. */
export const PYTHONS: readonly Python[] = [
  { path: PYTHON, isOld: true },
  ...[process.env["FLASK_SESSION_PYTHON"] ?? []].flat().map((path) => ({ path, isOld: false })),
];

/** Every backend of Flask-Session that Debian's Python has a client for. */
export const PLACES: readonly PlaceKind[] = [
  { name: "Redis", needs: ["redis"], open: () => redis({}) },
  { name: "Redis, signed IDs", needs: ["redis"], open: () => redis({ SESSION_USE_SIGNER: "1" }) },
  {
    name: "Memcached by pymemcache",
    needs: ["memcached"],
    debianOnly: true,
    open: () => memcached("pymemcache"),
  },
  { name: "Memcached by pylibmc", needs: ["memcached"], debianOnly: true, open: () => memcached("pylibmc") },
  { name: "files", needs: ["cachelib"], open: files },
  { name: "SQLite by SQLAlchemy", needs: ["sqlalchemy"], open: sqlite },
  { name: "PostgreSQL by SQLAlchemy", needs: ["sqlalchemy", "postgres", "psycopg2"], open: postgres },
  { name: "MariaDB by SQLAlchemy", needs: ["sqlalchemy", "mysql", "pymysql"], open: mysql },
  { name: "MongoDB", needs: ["pymongo"], open: mongodb },
];

async function redis(env: Record<string, string>): Promise<SharedPlace> {
  const server = await startRedis();
  const client = createClient({ url: server.url });
  client.on("error", () => undefined);
  await client.connect();
  return {
    env: { SESSION_TYPE: "redis", BACKEND: server.url, ...env },
    config: {
      SESSION_TYPE: "redis",
      SESSION_REDIS: client,
      SESSION_USE_SIGNER: env["SESSION_USE_SIGNER"] === "1",
    },
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

async function memcached(python: string): Promise<SharedPlace> {
  const server = await startMemcached();
  const client = new MemcacheClient({ server: `127.0.0.1:${server.port}` });
  return {
    env: { SESSION_TYPE: "memcached", BACKEND: `127.0.0.1:${server.port}`, CLIENT: python },
    config: { SESSION_TYPE: "memcached", SESSION_MEMCACHED: client },
    async close() {
      client.shutdown();
      await server.close();
    },
  };
}

async function files({ isOld }: Python): Promise<SharedPlace> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-flask-session-"));
  return {
    env: { SESSION_TYPE: "filesystem", BACKEND: folder },
    config: {
      SESSION_TYPE: "filesystem",
      SESSION_FILE_DIR: folder,
      SESSION_FILE_HASH: isOld ? "md5" : "sha256",
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function sqlite(): Promise<SharedPlace> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-flask-session-"));
  const path = join(folder, "sessions.db");
  return {
    env: { SESSION_TYPE: "sqlalchemy", BACKEND: `sqlite:///${path}` },
    config: { SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: openSqlite(path) },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgres(): Promise<SharedPlace> {
  const server = await PostgresServer.start();
  const pool = new pg.Pool({ connectionString: server.url });
  pool.on("error", () => undefined);
  return {
    env: { SESSION_TYPE: "sqlalchemy", BACKEND: server.url.replace(/^postgres:/, "postgresql+psycopg2:") },
    config: { SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: pool },
    async close() {
      await pool.end();
      await server.close();
    },
  };
}

async function mysql(): Promise<SharedPlace> {
  const server = await MysqlServer.start();
  const pool = createPool({ uri: server.url });
  return {
    env: { SESSION_TYPE: "sqlalchemy", BACKEND: server.url.replace(/^mysql:/, "mysql+pymysql:") },
    config: { SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: pool },
    async close() {
      await pool.end();
      await server.close();
    },
  };
}

async function mongodb(): Promise<SharedPlace> {
  const server = await openMongodb();
  const client = new MongoClient(server.url);
  return {
    env: { SESSION_TYPE: "mongodb", BACKEND: server.url },
    config: { SESSION_TYPE: "mongodb", SESSION_MONGODB: client },
    async close() {
      await client.close();
      await server.close();
    },
  };
}

/** The runtime's own SQLite, where it has one. */
function openSqlite(path: string): unknown {
  try {
    const { DatabaseSync } = createRequire(import.meta.url)("node:sqlite");
    return new DatabaseSync(path);
  } catch {
    return new Libsql(path);
  }
}
