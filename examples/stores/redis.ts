// In Redis or Valkey, by the application's own client. `redis` here; `ioredis` in the same way.
import { RedisStore } from "hipflask/stores/redis";
import { createClient } from "redis";
import { visit } from "./visit.ts";

const redis = await createClient({ url: process.env.REDIS_URL ?? "redis://127.0.0.1:6379" })
  .on("error", (error) => console.error(error))
  .connect();
await visit(new RedisStore(redis));
await redis.close();
