import { randomBytes } from "../crypto/random.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import { ConfigError } from "../errors.ts";
import type {
  OwnedRecord,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { connectionOf, type RedisClient, type RedisConnection, type Run } from "./redis-client.ts";
import * as scripts from "./redis-scripts.ts";

export type { IoRedisClient, NodeRedisClient, RedisClient } from "./redis-client.ts";

export interface RedisStoreOptions {
  /**
   * What the keys begin with, so that several apps can share one Redis. Default: `hipflask:`. Braces are refused: they
   * decide where Redis Cluster keeps a key.
   */
  readonly prefix?: string;
}

/** Milliseconds that Redis keeps a record after its end, for clocks that do not agree. */
const SLACK = 60_000;
/** How many keys a step of a scan looks at. */
const SCAN_COUNT = 1000;

/**
 * Keeps sessions in Redis 6 or newer, or Valkey: one server, one with Sentinels, or a Cluster. Each operation is one
 * script and one round trip; keys that have expired Redis removes by itself.
 *
 * Redis must not evict (`maxmemory-policy noeviction`): {@link RedisStore.setup} warns when it does. What Redis has
 * acknowledged a failover may lose: docs/stores/redis.md.
 *
 * @param client - connected, of node-redis or ioredis; the store never closes it
 * @throws ConfigError for another kind of client, and for a prefix with braces
 * @example
 * const store = new RedisStore(await createClient({ url: "redis://127.0.0.1:6379" }).connect());
 * @example
 * const store = new RedisStore(new Cluster([{ host: "127.0.0.1", port: 6379 }]), { prefix: "shop:" });
 */
export class RedisStore implements SessionStore {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(client: RedisClient, { prefix = "hipflask:" }: RedisStoreOptions = {}) {
    if (/[{}]/.test(prefix)) throw new ConfigError("The prefix of a RedisStore must not hold braces.");
    this.#redis = connectionOf(client);
    this.#prefix = prefix;
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const version = newVersion();
    const { done } = await this.#change(scripts.CREATE, this.#keys(key), [
      ...identity(key),
      version,
      ...contents(record),
      ...times(record.expires, now),
    ]);
    return done ? version : undefined;
  }
}
