import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { makeSecretKey } from "hipflask/signer";
import { startDynamodb } from "../support/dynamodb-server.ts";
import { openMongodb } from "../support/mongodb-server.ts";
import { MysqlServer } from "../support/mysql-server.ts";
import { PostgresServer } from "../support/postgres-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { FILES, type Program } from "./code-blocks.ts";
import type { Orders, Outcome } from "./fragment-process.ts";
import { root } from "./pages.ts";

/** Runs fragments in a process of their own, with the databases that they are about. @throws Error where it ends before they do */
export async function runFragments(fragments: readonly Program[]): Promise<Outcome[]> {
  const starts = [
    startRedis(),
    PostgresServer.start(),
    MysqlServer.start(),
    openMongodb(),
    startDynamodb(),
  ] as const;
  try {
    const [redis, postgres, mysql, mongodb, dynamodb] = await Promise.all(starts);
    const urls = { redis: redis.url, postgres: postgres.url, mysql: mysql.url, mongodb: mongodb.url };
    return await inProcess(
      { fragments, urls },
      {
        ...secretsOf(fragments),
        REDIS_URL: redis.url,
        MONGODB_URL: mongodb.url,
        AWS_ENDPOINT_URL: dynamodb.url,
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        PORT: "0",
      },
    );
  } finally {
    const servers = await Promise.allSettled(starts);
    await Promise.all(servers.map((one) => one.status === "fulfilled" && one.value.close()));
  }
}

/** A strong secret for each variable of the environment that is asked for. */
function secretsOf(fragments: readonly Program[]): NodeJS.ProcessEnv {
  const source = fragments.map(({ file }) => readFileSync(file, "utf8")).join("");
  const names = Array.from(source.matchAll(/process\.env\.(\w+)/g), ([, name]) => name!);
  return Object.fromEntries(names.map((name) => [name, makeSecretKey()]));
}

async function inProcess(orders: Orders, env: NodeJS.ProcessEnv): Promise<Outcome[]> {
  const tsx = createRequire(import.meta.url).resolve("tsx");
  const child = fork(join(import.meta.dirname, "fragment-process.ts"), [JSON.stringify(orders)], {
    cwd: FILES,
    env: { ...process.env, ...env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
    execArgv: ["--conditions=@hipflask/source", "--import", tsx],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const outcomes: Outcome[] = [];
  child.on("message", (outcome: Outcome) => outcomes.push(outcome));
  const [printed, [code]] = await Promise.all([text(child.stderr!), once(child, "close")]);
  if (code !== 0 || outcomes.length < orders.fragments.length)
    throw new Error(`It ended after ${outcomes.at(-1)?.place}:\n${printed}`);
  return outcomes;
}
