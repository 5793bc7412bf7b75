import { digestText } from "../crypto/digest.ts";
import type { RedisConnection, Run } from "./redis-client.ts";
import { SCAN, SERVER } from "./redis-scripts.ts";

/** Keys, and where those that follow are; undefined when there are no more. */
interface Found {
  readonly keys: readonly string[];
  readonly next: string | undefined;
}

/** About `count` of the keys of one server that begin with a prefix. The client may have put another one before it. */
export async function scan(
  run: Run,
  cursor: string,
  prefix: string,
  count: number,
): Promise<[cursor: string, keys: string[]]> {
  const pattern = `*${prefix.replace(/[*?[\]\\^]/g, "\\$&")}{*`;
  const [next, keys] = (await run(SCAN, [], [cursor, pattern, String(count)])) as [Buffer, Buffer[]];
  return [String(next), keys.map(String)];
}

/**
 * The same over all masters, one after the other. Each server has its own order of keys, so a place says which servers there
 * were: when another one has taken over, the scan begins anew.
 */
export async function scanAll(
  redis: RedisConnection,
  after: string | undefined,
  prefix: string,
  count: number,
): Promise<Found> {
  const masters = await Promise.all(
    (await redis.masters()).map(async (run) => ({ run, name: String(await run(SERVER, [], [])) })),
  );
  const sorted = masters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const names = Buffer.from(sorted.map(({ name }) => name).join());
  const servers = digestText("sha256", names, "base64url").slice(0, 12);
  const [, known, number, at] = /^([\w-]{12})\.(\d{1,4})\.(\d{1,19})$/.exec(after ?? "") ?? [];
  const isKnown = known === servers && Number(number) < sorted.length;
  const [index, cursor] = isKnown ? [Number(number), at!] : [0, "0"];
  const [next, keys] = await scan(sorted[index]!.run, cursor, prefix, count);
  if (next !== "0") return { keys, next: `${servers}.${index}.${next}` };
  return { keys, next: index + 1 < sorted.length ? `${servers}.${index + 1}.0` : undefined };
}
