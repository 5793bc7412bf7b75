import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import Database from "libsql";
import { createClient } from "redis";
import { expect, test } from "vitest";
import { FileStore } from "../../src/stores/file.ts";
import { RedisStore } from "../../src/stores/redis.ts";
import { SqliteStore } from "../../src/stores/sqlite.ts";
import { startProxy } from "../support/chaos-proxy.ts";
import { startRedis } from "../support/redis-server.ts";
import { checkHistories } from "./linearizability.ts";
const seeds = Array.from({ length: Number(process.env["SEEDS"] ?? 2) }, (_, i) => i + 1);
const T = { timeout: 600_000 };
test.each(seeds)("sqlite %i", T, async (seed) => {
  const folder = await mkdtemp(join(tmpdir(), "hist-"));
  try {
    console.log("sqlite", await checkHistories(async (space) => { const db = new Database(join(folder, `${space}.db`)); return { store: new SqliteStore(db), close: async () => void db.close() }; }, { seed }));
  } finally { await rm(folder, { recursive: true }); }
});
test.each(seeds)("file %i", T, async (seed) => {
  const folder = await mkdtemp(join(tmpdir(), "hist-"));
  try {
    console.log("file", await checkHistories(async (space) => ({ store: new FileStore(join(folder, space), { durability: "fast" }), close: async () => {} }), { seed }));
  } finally { await rm(folder, { recursive: true }); }
});
for (const lib of ["node-redis", "ioredis"]) test.each(seeds)(`${lib} through the proxy %i`, T, async (seed) => {
  const server = await startRedis();
  const proxy = await startProxy(server.port, { seed });
  try {
    const outcomes = await checkHistories(async () => {
      if (lib === "ioredis") {
        const client = new Redis(proxy.port, "127.0.0.1", { retryStrategy: () => 10 });
        client.on("error", () => undefined);
        await new Promise((r) => client.once("ready", r));
        proxy.delay(0, 3); proxy.resetAtRandom(0.02);
        return { store: new RedisStore(client), close: async () => client.disconnect() };
      }
      const client = createClient({ socket: { port: proxy.port, reconnectStrategy: 10 } });
      client.on("error", () => undefined);
      await client.connect(); proxy.delay(0, 3); proxy.resetAtRandom(0.02);
      return { store: new RedisStore(client), close: async () => client.destroy() };
    }, { seed, timeout: 500, calm: () => proxy.pass() });
    console.log(lib, outcomes);
  } finally { await proxy.close(); await server.close(); }
});
