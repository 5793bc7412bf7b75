import type { RedisConnection } from "./redis-client.ts";
import type { Script } from "./redis-script.ts";
import { type Argument, readReply, type Reply } from "./redis-values.ts";

/**
 * Runs a script that changes a record and answers whether it has done its work. `isOwn` tells of what it found instead
 * whether it can only have come from an earlier sending of this very command.
 *
 * @throws Error when it has not, and a client that lost a connection may have sent it twice
 */
export async function change(
  redis: RedisConnection,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
  isOwn: (fields: readonly Buffer[]) => boolean = () => false,
): Promise<Reply> {
  const losses = redis.losses();
  const reply = readReply(await redis.run(script, keys, args));
  if (reply.done || losses === redis.losses()) return reply;
  if (isOwn(reply.fields)) return { done: true, fields: [] };
  throw new Error(
    "A connection to Redis was lost, and the client sent the command again: whether it was done the first time nobody can tell.",
  );
}
