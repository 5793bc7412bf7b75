/** The server of one store: a process, so that it runs beside the one that uses it. All of it is gone when that ends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tsImport } from "tsx/esm/api";

const support = (file) => tsImport(`../../test/support/${file}.ts`, import.meta.url);

/** Durable where there is a disk; the stores without a server get a folder. */
const STARTERS = {
  async mysql() {
    const { MysqlServer } = await support("mysql-server");
    return MysqlServer.start({ durable: true });
  },
  async postgres() {
    const { PostgresServer } = await support("postgres-server");
    return PostgresServer.start({ durable: true });
  },
  redis: async () => (await support("redis-server")).startRedis(),
  memcached: async () => (await support("memcached-server")).startMemcached(["-m", "1024"]),
  mongodb: async () => (await support("mongodb-server")).startMongodb(),
  dynamodb: async () => (await support("dynamodb-server")).startDynamodb(),
};

async function startFolder() {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-bench-"));
  return { url: folder, close: () => rm(folder, { recursive: true, force: true }) };
}

const [kind] = process.argv.slice(2);
const server = await (STARTERS[kind] ?? startFolder)();
process.on("disconnect", async () => {
  await server.close();
  process.exit();
});
process.send({ url: server.url, adminUrl: server.adminUrl });
