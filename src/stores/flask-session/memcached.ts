import { Buffer } from "node:buffer";
import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../../session/store.ts";
import { change, type Decision, OVER } from "../memcached-change.ts";
import { connectionOf, type MemcacheClient, type MemcachedConnection } from "../memcached-client.ts";
import { checkedPrefix } from "../prefix.ts";
import { storeKey } from "./store-key.ts";
import { wholeSeconds } from "./whole-seconds.ts";

export type { MemcacheClient } from "../memcached-client.ts";

/** What {@link FlaskMemcachedStore} is told beside its client. */
export interface FlaskMemcachedStoreOptions {
  /** What the keys begin with: `SESSION_KEY_PREFIX`, up to 122 visible characters of ASCII. Default: `session:`. */
  readonly prefix?: string;
}

/** Seconds. Memcached takes larger numbers for an instant by its own clock. */
const LONGEST = 30 * 24 * 60 * 60;
/** Seconds since 1970: to Memcached a later moment is one of the past. */
const LAST = 2 ** 31 - 1;

/**
 * Keeps sessions in Memcached 1.6 as Flask-Session does with `SESSION_TYPE = "memcached"`: under the prefix and the ID is the session,
 * with flags 0, and Memcached itself ends it, or forgets it when its memory is full. Nothing of ours overwrites what we have not
 * seen; Python does not look before it writes, and may overwrite a change of ours or bring back a session that was ended.
 *
 * @param client - of memcache-client, for the one server that Python uses; the store never closes it
 * @throws ConfigError for another kind of client, one that has several servers, and a prefix that is no part of a key
 * @see flask_session/memcached/memcached.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskMemcachedStore(new MemcacheClient({ server: "127.0.0.1:11211" }));
 */
export class FlaskMemcachedStore implements RecordStore {
  readonly #server: MemcachedConnection;
  readonly #prefix: string;

  constructor(client: MemcacheClient, { prefix = "session:" }: FlaskMemcachedStoreOptions = {}) {
    this.#server = connectionOf(client, "FlaskMemcachedStore");
    const rule = "up to 122 characters of ASCII without spaces";
    this.#prefix = checkedPrefix(prefix, "FlaskMemcachedStore", /^[!-~]{0,122}$/, rule);
  }

  async create(key: SessionKey, { data, expires }: SessionRecord, now: Date): Promise<Version | undefined> {
    const value = new Uint8Array(data);
    return (await this.#server.add(this.#name(key), value, exptime(expires, now))) ? value : undefined;
  }

  async load(key: SessionKey): Promise<LoadedRecord | undefined> {
    const item = await this.#server.gets(this.#name(key));
    return item && loaded(item.value);
  }

  async save(
    key: SessionKey,
    version: Version,
    { data, expires }: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    const value = new Uint8Array(data);
    return this.#change<SaveResult<LoadedRecord>>(
      key,
      version,
      { answer: { outcome: "saved", version: value }, write: { value, exptime: exptime(expires, now) } },
      (current) => ({ outcome: "conflict", current }),
      { outcome: "gone" },
    );
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const write = { value: new Uint8Array(version as Uint8Array), exptime: exptime(expires, now) };
    return this.#change(key, version, { answer: true, write }, () => false, false);
  }

  /** What is there is replaced, if it is still the same, by something that is over at once. */
  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    return change<LoadedRecord | undefined>(
      this.#server,
      this.#name(key),
      ({ value }) => ({ answer: loaded(value), write: OVER }),
      undefined,
    );
  }

  /** Carries out `decision` on the record of this version. */
  #change<T>(
    key: SessionKey,
    version: Version,
    decision: Decision<T>,
    conflict: (current: LoadedRecord) => T,
    none: T,
  ): Promise<T> {
    const expected = new Uint8Array(version as Uint8Array);
    return change(
      this.#server,
      this.#name(key),
      ({ value }) => (Buffer.compare(value, expected) === 0 ? decision : { answer: conflict(loaded(value)) }),
      none,
    );
  }

  #name(key: SessionKey): string {
    return storeKey(this.#prefix, key);
  }
}

/** As Flask-Session: seconds from now up to 30 days, beyond that seconds since 1970. What is more than Memcached can count lasts until then. */
function exptime(expires: Date, now: Date): number {
  const seconds = wholeSeconds(expires, now);
  return seconds > LONGEST ? Math.min(Math.floor(now.getTime() / 1000) + seconds, LAST) : seconds;
}

/** The bytes are the version, too: each gets its own, so that whoever changes the one does not change the other. */
function loaded(value: Uint8Array): LoadedRecord {
  return { data: new Uint8Array(value), version: new Uint8Array(value) };
}
