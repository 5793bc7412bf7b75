import type {
  OwnedRecord,
  RecordPage,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { newVersion } from "./new-version.ts";
import { checkedPrefix } from "./prefix.ts";
import { change } from "./redis-change.ts";
import { connectionOf, type RedisClient, type RedisConnection, type Run } from "./redis-client.ts";
import { warnOfEviction } from "./redis-eviction.ts";
import type { Script } from "./redis-script.ts";
import { scan, scanAll } from "./redis-scan.ts";
import * as scripts from "./redis-scripts.ts";
import { replaceApart } from "./replace-apart.ts";
import {
  type Answer,
  type Argument,
  milliseconds,
  readAnswer,
  readRecord,
  readReply,
  saveResult,
  timeToLive,
  writing,
} from "./redis-values.ts";

export type { IoRedisClient, NodeRedisClient, RedisClient } from "./redis-client.ts";

/** What {@link RedisStore} is told beside its client. */
export interface RedisStoreOptions {
  /**
   * What the keys begin with, so that several apps can share one Redis. Default: `hipflask:`. Braces are refused: they
   * decide where Redis Cluster keeps a key.
   */
  readonly prefix?: string;
}

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
 * @throws ConfigError for another kind of client, and for a prefix that is no text or has braces
 * @example
 * const store = new RedisStore(await createClient({ url: "redis://127.0.0.1:6379" }).connect());
 * @example
 * const store = new RedisStore(new Cluster([{ host: "127.0.0.1", port: 6379 }]), { prefix: "shop:" });
 */
export class RedisStore implements SessionStore {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(client: RedisClient, { prefix = "hipflask:" }: RedisStoreOptions = {}) {
    this.#redis = connectionOf(client, "RedisStore");
    this.#prefix = checkedPrefix(prefix, "RedisStore", /^[^{}]*$/, "a text without braces");
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const version = newVersion();
    const args = [key.id, owned(key), ...writing(version, record, now)];
    const { done } = await this.#change(scripts.CREATE, this.#keys(key), args);
    return done ? version : undefined;
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const keys = this.#keys(key).slice(0, 2);
    return readAnswer(readReply(await this.#redis.run(scripts.LOAD, keys, [milliseconds(now)]))).record;
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const saved = newVersion();
    const args = [key.id, String(version), ...writing(saved, record, now)];
    return saveResult(await this.#change(scripts.SAVE, this.#keys(key), args), saved);
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    if (this.#redis.isCluster && tagOf(key) !== tagOf(nextKey)) {
      // No script reaches two slots.
      return replaceApart(this, key, version, retired, nextKey, record, now);
    }
    const saved = newVersion();
    const keys = [...this.#allKeys(key), ...this.#allKeys(nextKey)];
    const args = [key.id, String(version), ...writing(saved, retired, now)];
    const nextArgs = [nextKey.id, owned(nextKey), ...writing(saved, record, now)];
    return saveResult(await this.#change(scripts.REPLACE, keys, [...args, ...nextArgs]), saved);
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const args = [
      key.id,
      String(version),
      milliseconds(expires),
      milliseconds(now),
      timeToLive(expires, now),
    ];
    return (await this.#change(scripts.TOUCH, this.#keys(key), args)).done;
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    return (await this.#change(scripts.DELETE, this.#keys(key), [key.id])).record;
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const reply = await this.#redis.run(scripts.LIST_OWNED, this.#ownerKeys(owner), [milliseconds(now)]);
    return (reply as [Buffer, ...Buffer[]][]).map(([id, ...fields]) => ({
      key: { id: String(id), owner },
      ...readRecord(fields),
    }));
  }

  async deleteOwned(owner: string, except: readonly string[], now: Date): Promise<number> {
    const args = [newVersion(), milliseconds(now), ...except];
    return Number(await this.#redis.run(scripts.DELETE_OWNED, this.#ownerKeys(owner), args));
  }

  /** A step of a scan of all keys, and the records that it finds, each by itself. Where a Cluster is moving slots it may miss some. */
  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const { keys, next } = await scanAll(this.#redis, after, this.#prefix, limit);
    const records = await Promise.all(
      keys.flatMap(recordKey).map(async (key) => {
        const record = await this.load(key, now);
        return record === undefined ? [] : [{ ...record, key }];
      }),
    );
    return { records: records.flat(), next };
  }

  /**
   * Looks through all keys of all masters: about two seconds per million of them, and no other command waits for it. A record that
   * is created meanwhile may be ended, too.
   */
  async deleteAll(now: Date): Promise<number> {
    let ended = 0;
    // Once more, because the first look misses keys that move to another node, or a node that takes over, in its course.
    for (let look = 0; look < 2; look++) {
      const looks = (await this.#redis.masters()).map((run) => this.#deleteAllOn(run, now));
      for (const count of await Promise.all(looks)) ended += count;
    }
    return ended;
  }

  /** There is nothing to make. Warns when Redis evicts keys, where it tells; of a Cluster one node is asked. */
  async setup(): Promise<void> {
    await warnOfEviction(this.#redis);
  }

  async #deleteAllOn(run: Run, now: Date): Promise<number> {
    let ended = 0;
    let cursor = "0";
    do {
      const [next, keys] = await scan(run, cursor, this.#prefix, SCAN_COUNT);
      const counts = await Promise.all(keys.map((key) => this.#deleteFound(key, now)));
      for (const count of counts) ended += count;
      cursor = next;
    } while (cursor !== "0");
    return ended;
  }

  /** A visitor's record, or all of an owner's at once: when an epoch ends, a record that was about to be replaced is not missed. */
  async #deleteFound(key: string, now: Date): Promise<number> {
    const [, owner, visitor] = FOUND.exec(key) ?? [];
    if (owner !== undefined) return this.deleteOwned(owner, [], now);
    if (visitor === undefined) return 0;
    const keys = this.#keys({ id: visitor, owner: undefined });
    return Number(await this.#redis.run(scripts.UNLINK, keys, []));
  }

  /** Runs a script that answers whether it has done its work. */
  async #change(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Answer> {
    return readAnswer(await change(this.#redis, script, keys, args));
  }

  /** While a slot moves to another node, a script with a key that does not exist has to wait: a visitor's record has only one. */
  #keys(key: SessionKey): string[] {
    return this.#allKeys(key).slice(0, key.owner === undefined ? 1 : 3);
  }

  #allKeys(key: SessionKey): [record: string, epoch: string, index: string] {
    const slot = `${this.#prefix}{${tagOf(key)}}`;
    return [key.owner === undefined ? slot : `${slot}:${key.id}`, `${slot}:epoch`, `${slot}:index`];
  }

  #ownerKeys(owner: string): string[] {
    return this.#allKeys({ id: "", owner }).slice(1);
  }
}

/** A key's owner with its epoch, or a visitor's record. The client may have put a prefix of its own before it. */
const FOUND = /\{(?:([\w-]+)\}:epoch|([\w-]+)\})$/;

/** Whose record is under a key, where there is one. */
function recordKey(key: string): SessionKey[] {
  const [, visitor, owner, id] = /\{(?:([\w-]{43})\}|([\w-]{22})\}:([\w-]{43}))$/.exec(key) ?? [];
  if (visitor !== undefined) return [{ id: visitor, owner: undefined }];
  return id === undefined ? [] : [{ id, owner }];
}

/** What all keys of a record have in braces. */
function tagOf({ id, owner }: SessionKey): string {
  return owner ?? id;
}

function owned({ owner }: SessionKey): string {
  return owner === undefined ? "0" : "1";
}
