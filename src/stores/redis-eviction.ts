import type { RedisConnection } from "./redis-client.ts";
import { type Script, script } from "./redis-script.ts";

/** What Redis does when its memory is full; empty where it may not be asked. */
const EVICTION: Script = script(`
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and string.match(info, 'maxmemory_policy:([%w-]+)') or ''
`);

/** Warns when Redis evicts keys, where it tells; of a Cluster one node is asked. */
export async function warnOfEviction(redis: RedisConnection): Promise<void> {
  const policy = String(await redis.run(EVICTION, [], []));
  if (policy === "" || policy === "noeviction") return;
  process.emitWarning(
    `Redis has the maxmemory-policy ${policy}: when its memory is full it logs users out. Set it to noeviction.`,
    { type: "HipflaskWarning", code: "HIPFLASK_REDIS_EVICTS" },
  );
}
