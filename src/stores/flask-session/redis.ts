import { Buffer } from "node:buffer";
import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../../session/store.ts";
import { change } from "../redis-change.ts";
import { connectionOf, type RedisClient, type RedisConnection } from "../redis-client.ts";
import { warnOfEviction } from "../redis-eviction.ts";
import { type Argument, readReply } from "../redis-values.ts";
import * as scripts from "./redis-scripts.ts";
import { checkedPrefix } from "../prefix.ts";
import { storeKey } from "./store-key.ts";
import { wholeSeconds } from "./whole-seconds.ts";

export type { IoRedisClient, NodeRedisClient, RedisClient } from "../redis-client.ts";

/** What {@link FlaskRedisStore} is told beside its client. */
export interface FlaskRedisStoreOptions {
  /** What the keys begin with: `SESSION_KEY_PREFIX`. Default: `session:`. */
  readonly prefix?: string;
}

/**
 * Keeps sessions in Redis as Flask-Session does with `SESSION_TYPE = "redis"`: under the prefix and the ID is the session, and Redis
 * itself ends it. Each operation is one script, so nothing of ours overwrites what we have not seen; Python does not look before it
 * writes, and may overwrite a change of ours or bring back a session that was ended.
 *
 * @param client - connected, of node-redis or ioredis, single or a Cluster; the store never closes it
 * @throws ConfigError for another kind of client, and a prefix that is no text
 * @see flask_session/redis/redis.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskRedisStore(await createClient({ url: "redis://127.0.0.1:6379" }).connect());
 */
export class FlaskRedisStore implements RecordStore {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(client: RedisClient, { prefix = "session:" }: FlaskRedisStoreOptions = {}) {
    this.#redis = connectionOf(client, "FlaskRedisStore");
    this.#prefix = checkedPrefix(prefix, "FlaskRedisStore");
  }

  async create(key: SessionKey, { data, expires }: SessionRecord, now: Date): Promise<Version | undefined> {
    const value = Buffer.from(data);
    const args = [value, seconds(expires, now)];
    // An ID is new: what is there already, to the byte, is what we have sent before.
    const isOwn = ([found]: readonly Buffer[]) => found?.equals(value) === true;
    const { done } = await change(this.#redis, scripts.CREATE, this.#keys(key), args, isOwn);
    return done ? new Uint8Array(value) : undefined;
  }

  async load(key: SessionKey): Promise<LoadedRecord | undefined> {
    return loaded(readReply(await this.#redis.run(scripts.LOAD, this.#keys(key), [])).fields);
  }

  /**
   * A client that lost a connection may have sent the command twice. When the very bytes that were to be written are there then, they may be
   * ours or the same ones of somebody else who counted up too: that is an error, because claiming either could lose a change.
   */
  async save(
    key: SessionKey,
    version: Version,
    { data, expires }: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    const value = Buffer.from(data);
    const args = [expected(version), value, seconds(expires, now)];
    const { done, fields } = await change(this.#redis, scripts.SAVE, this.#keys(key), args);
    if (done) return { outcome: "saved", version: new Uint8Array(value) };
    const current = loaded(fields);
    return current === undefined ? { outcome: "gone" } : { outcome: "conflict", current };
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const args = [expected(version), seconds(expires, now)];
    return (await change(this.#redis, scripts.TOUCH, this.#keys(key), args)).done;
  }

  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    return loaded((await change(this.#redis, scripts.DELETE, this.#keys(key), [])).fields);
  }

  /** There is nothing to make. Warns when Redis evicts keys, where it tells; of a Cluster one node is asked. */
  async setup(): Promise<void> {
    await warnOfEviction(this.#redis);
  }

  #keys(key: SessionKey): [string] {
    return [storeKey(this.#prefix, key)];
  }
}

function seconds(expires: Date, now: Date): string {
  return String(wholeSeconds(expires, now));
}

function expected(version: Version): Argument {
  return Buffer.from(version as Uint8Array);
}

/** The bytes are the version, too: each gets its own, so that whoever changes the one does not change the other. */
function loaded([value]: readonly Buffer[]): LoadedRecord | undefined {
  return value && { data: new Uint8Array(value), version: new Uint8Array(value) };
}
