import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startDynamodb } from "../test/support/dynamodb-server.ts";
import { startMemcached } from "../test/support/memcached-server.ts";
import { openMongodb } from "../test/support/mongodb-server.ts";
import { MysqlServer } from "../test/support/mysql-server.ts";
import { PostgresServer } from "../test/support/postgres-server.ts";
import { describeWith } from "../test/support/provisioned.ts";
import { startRedis } from "../test/support/redis-server.ts";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("stores/", import.meta.url));

interface Server {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The example's own environment, at a server; and the row of `scripts/needs.mjs` that brings it. */
const SERVERS: Readonly<Record<string, { readonly needs?: string; start(): Promise<Server> }>> = {
  postgres: {
    needs: "postgres",
    start: async () => {
      const server = await PostgresServer.start();
      return { env: { DATABASE_URL: server.url }, close: () => server.close() };
    },
  },
  mysql: {
    needs: "mysql",
    start: async () => {
      const server = await MysqlServer.start();
      return { env: { DATABASE_URL: server.url }, close: () => server.close() };
    },
  },
  redis: {
    needs: "redis",
    start: async () => {
      const server = await startRedis();
      return { env: { REDIS_URL: server.url }, close: () => server.close() };
    },
  },
  memcached: {
    needs: "memcached",
    start: async () => {
      const server = await startMemcached();
      return { env: { MEMCACHED: `127.0.0.1:${server.port}` }, close: () => server.close() };
    },
  },
  mongodb: {
    start: async () => {
      const server = await openMongodb();
      return { env: { MONGODB_URL: server.url }, close: () => server.close() };
    },
  },
  dynamodb: {
    start: async () => {
      const server = await startDynamodb();
      const keys = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local", AWS_REGION: "local" };
      return { env: { AWS_ENDPOINT_URL: server.url, ...keys }, close: () => server.close() };
    },
  },
};

const NONE = { start: async (): Promise<Server> => ({ env: {}, close: async () => {} }) };

const examples = readdirSync(folder).filter((name) => name !== "visit.ts");

for (const name of examples) {
  const { needs, start } = { needs: undefined, ...(SERVERS[name.replace(/\.ts$/, "")] ?? NONE) };
  describeWith(needs, `stores/${name}`, () => {
    test("keeps what is written at once, and ends what is ended", { timeout: 60_000 }, async () => {
      const { env, close } = await start();
      const args = ["--no-warnings", "--conditions=@hipflask/source", "--import", "tsx", name];
      const options = { cwd: folder, env: { ...process.env, ...env } };
      const { stdout } = await run(process.execPath, args, options).finally(close);
      expect(stdout).toBe("20 of 20 clicks kept, and the logout is final.\n");
    });
  });
}
