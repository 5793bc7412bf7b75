/**
 * What stores keep their sessions in: a Redis, a PostgreSQL and a folder of their own, as far as this machine has them.
 * A process, so that they run beside the servers that are measured. All of it is gone when it is stopped.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tsImport } from "tsx/esm/api";
import { missing } from "../../scripts/needs.mjs";

const { startRedis } = await tsImport("../../test/support/redis-server.ts", import.meta.url);
const { PostgresServer } = await tsImport("../../test/support/postgres-server.ts", import.meta.url);

const absent = new Set(missing().map(({ name }) => name));
const redis = absent.has("redis") ? undefined : await startRedis();
const postgres = absent.has("postgres") ? undefined : await PostgresServer.start();
const folder = await mkdtemp(join(tmpdir(), "hipflask-bench-"));

process.on("disconnect", async () => {
  await Promise.all([redis?.close(), postgres?.close(), rm(folder, { recursive: true, force: true })]);
  process.exit();
});
process.send({ redis: redis?.url, postgres: postgres?.url, folder });
