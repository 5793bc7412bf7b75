import { ConfigError } from "../errors.ts";
import type { SaveResult, SessionKey, SessionRecord, SessionStore, StoredRecord } from "../session/store.ts";
import { packRecord, unpackRecord } from "./cached-record.ts";
import { CachingLanes } from "./caching-lanes.ts";

/** For how long {@link cachingStore} trusts what it remembers, and how much that is. */
export interface CachingOptions {
  /**
   * For how many seconds a record may be served from the cache; counted from when it was asked for. So late can this process
   * see what another one wrote or ended. A positive number; no default, since it is a promise to your users: after a logout
   * elsewhere the old cookie may read that much longer.
   */
  readonly maxAge: number;
}

/**
 * A store in front of which another one, near and fast, keeps what was read lately.
 *
 * Only `load` reads the cache. Each decision is the store's: a write over a record that the cache has out of date is a
 * conflict, which brings the record as it is, so nothing is lost and nothing that was ended comes back. What is
 * written, ended or revoked through this very store is seen at once; what other processes do is seen `maxAge` seconds
 * late at most, also when they share the cache. An absent record is never cached.
 *
 * When the cache fails, so does the call: it could not be kept from serving what is over. The cache needs `deleteOwned` and
 * `deleteAll` where the store has them, and a space of its own; its own expired records are cleaned as they are without a store behind.
 *
 * @example
 * const store = cachingStore(new MemoryStore(), new RedisStore(redis), { maxAge: 5 });
 *
 * @throws ConfigError
 */
export function cachingStore(
  cache: SessionStore,
  store: SessionStore,
  options: CachingOptions,
): SessionStore {
  const maxAge = options?.maxAge;
  if (!(Number.isFinite(maxAge) && maxAge > 0)) {
    throw new ConfigError(
      "maxAge of a cachingStore must be a positive number of seconds: cachingStore(cache, store, { maxAge: 5 }).",
    );
  }
  if (typeof cache?.load !== "function" || typeof store?.load !== "function") {
    throw new ConfigError("cachingStore needs two stores: the cache, and the one that it is before.");
  }
  for (const method of ["deleteOwned", "deleteAll"] as const) {
    if (store[method] !== undefined && cache[method] === undefined) {
      throw new ConfigError(
        `The cache of a cachingStore must have ${method}, since its store has. Use a MemoryStore.`,
      );
    }
  }
  const lanes = new CachingLanes();
  const lifetime = maxAge * 1000;
  let cleaned = -Infinity;

  async function cached(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    if (lanes.isWriting(key.id)) return undefined;
    const packed = await cache.load(key, now);
    // A clock that was ahead when it filled the cache, or was put back since, makes nothing last longer.
    if (packed === undefined || packed.expires.getTime() - now.getTime() > lifetime) return undefined;
    const record = unpackRecord(packed.data);
    return record && record.expires.getTime() > Math.max(now.getTime(), cleaned) ? record : undefined;
  }

  async function put(key: SessionKey, record: StoredRecord, now: Date): Promise<void> {
    const packed = { data: packRecord(record), expires: new Date(now.getTime() + lifetime) };
    // One round trip. In the other order nothing is cached, which is right too.
    await Promise.all([cache.delete(key), cache.create(key, packed, now)]);
  }

  async function change(key: SessionKey, record: StoredRecord | undefined, now: Date): Promise<void> {
    if (record === undefined) await cache.delete(key);
    else await put(key, record, now);
  }

  return {
    create: (key, record, now) =>
      lanes.write(
        key.id,
        () => store.create(key, record, now),
        async (version) =>
          change(key, version === undefined ? undefined : { ...record, version, seen: now }, now),
      ),

    load: async (key, now) =>
      (await cached(key, now)) ??
      lanes.read(
        key.id,
        () => store.load(key, now),
        async (record) => {
          if (record !== undefined) await put(key, record, now);
        },
      ),

    save: (key, version, record, now) =>
      lanes.write(
        key.id,
        () => store.save(key, version, record, now),
        async (result) => change(key, recordAfter(result, record, now), now),
      ),

    replace: (key, version, retired, nextKey, record, now) =>
      lanes.write(
        nextKey.id,
        () =>
          lanes.write(
            key.id,
            () => store.replace(key, version, retired, nextKey, record, now),
            async (result) => change(key, result?.outcome === "conflict" ? result.current : undefined, now),
          ),
        async (result) =>
          change(nextKey, result?.outcome === "saved" ? recordAfter(result, record, now) : undefined, now),
      ),

    touch: (key, version, expires, now) =>
      lanes.write(
        key.id,
        () => store.touch(key, version, expires, now),
        async () => change(key, undefined, now),
      ),

    delete: (key) =>
      lanes.write(
        key.id,
        () => store.delete(key),
        async () => void (await cache.delete(key)),
      ),

    async setup() {
      await Promise.all([cache.setup?.(), store.setup?.()]);
    },

    ...(store.deleteExpired && {
      async deleteExpired(limit, now) {
        cleaned = Math.max(cleaned, now.getTime());
        return store.deleteExpired!(limit, now);
      },
    }),
    ...(store.listOwned && { listOwned: (owner, now) => store.listOwned!(owner, now) }),
    ...(store.list && { list: (after, limit, now) => store.list!(after, limit, now) }),
    ...(store.deleteOwned && {
      deleteOwned: (owner, except, now) =>
        lanes.writeAll(
          () => store.deleteOwned!(owner, except, now),
          () => cache.deleteOwned!(owner, except, now),
        ),
    }),
    ...(store.deleteAll && {
      deleteAll: (now) =>
        lanes.writeAll(
          () => store.deleteAll!(now),
          () => cache.deleteAll!(now),
        ),
    }),
  };
}

/** What is there after a save of `record`, as far as the answer tells. */
function recordAfter(
  result: SaveResult | undefined,
  record: SessionRecord,
  now: Date,
): StoredRecord | undefined {
  if (result?.outcome === "conflict") return result.current;
  return result?.outcome === "saved" ? { ...record, version: result.version, seen: now } : undefined;
}
