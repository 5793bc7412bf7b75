import { ConfigError } from "../errors.ts";
import type {
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { change, OVER } from "./memcached-change.ts";
import { connectionOf, type MemcacheClient, type MemcachedConnection } from "./memcached-client.ts";
import { decode, encode, exptime, stored } from "./memcached-record.ts";
import { serverOf } from "./memcached-servers.ts";
import { newVersion } from "./new-version.ts";
import { checkedPrefix } from "./prefix.ts";
import { replaceApart } from "./replace-apart.ts";

export type { MemcacheClient } from "./memcached-client.ts";

/** What {@link MemcachedStore} is told beside its client. */
export interface MemcachedStoreOptions {
  /**
   * What the keys begin with, so that several apps can share one Memcached: up to 200 visible characters of ASCII.
   * Default: `hipflask:`.
   */
  readonly prefix?: string;
}

/**
 * Keeps sessions in Memcached 1.6: for sessions that may be forgotten. When its memory is full or it is restarted, users
 * are logged out; what has ended does not come back. It keeps no list of a user's sessions, so none can be shown, and nobody
 * logged out everywhere: where that is needed, and where sessions must last, use another store.
 *
 * @param clients - of memcache-client, one for each server, by every process in the same order; the store never closes them
 * @throws ConfigError for another kind of client, one that has several servers, and a prefix that is no part of a key
 * @example
 * const store = new MemcachedStore(new MemcacheClient({ server: "127.0.0.1:11211" }));
 * @example
 * const servers = ["10.0.0.1:11211", "10.0.0.2:11211"];
 * const store = new MemcachedStore(servers.map((server) => new MemcacheClient({ server })));
 */
export class MemcachedStore implements SessionStore {
  readonly #servers: readonly MemcachedConnection[];
  readonly #prefix: string;

  constructor(
    clients: MemcacheClient | readonly MemcacheClient[],
    { prefix = "hipflask:" }: MemcachedStoreOptions = {},
  ) {
    const list = Array.isArray(clients)
      ? (clients as readonly MemcacheClient[])
      : [clients as MemcacheClient];
    if (list.length === 0) throw new ConfigError("MemcachedStore needs a client.");
    this.#servers = list.map((client) => connectionOf(client));
    const rule = "up to 200 characters of ASCII without spaces";
    this.#prefix = checkedPrefix(prefix, "MemcachedStore", /^[!-~]{0,200}$/, rule);
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const { server, name } = this.#place(key);
    const created = stored(newVersion(), record, now);
    return (await server.add(name, encode(created), exptime(created))) ? created.version : undefined;
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const { server, name } = this.#place(key);
    const instant = now.getTime();
    const item = await server.gets(name);
    const record = item && decode(item.value);
    return record && record.expires.getTime() > instant ? record : undefined;
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const saved = stored(newVersion(), record, now);
    return write(this.#place(key), version, () => saved, now);
  }

  replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    return replaceApart(this, key, version, retired, nextKey, record, now);
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const touched = { expires: new Date(expires), seen: new Date(now) };
    const result = await write(
      this.#place(key),
      version,
      (current) => ({ ...current, ...touched }),
      touched.seen,
    );
    return result.outcome === "saved";
  }

  /** What is there is replaced, if it is still the same, by something that is over at once. */
  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    const { server, name } = this.#place(key);
    return change<StoredRecord | undefined>(
      server,
      name,
      ({ value }) => ({ answer: decode(value), write: OVER }),
      undefined,
    );
  }

  /** @throws TypeError for what is no ID, and must not become part of a command */
  #place({ id }: SessionKey): Place {
    if (typeof id !== "string" || !/^[\w-]{43}$/.test(id)) {
      throw new TypeError("The id of a record's key is 43 characters of base64url.");
    }
    return { server: this.#servers[serverOf(id, this.#servers.length)]!, name: this.#prefix + id };
  }
}

/** Where a record is. */
interface Place {
  readonly server: MemcachedConnection;
  readonly name: string;
}

/** Puts `next` of the live record of this version in its place, unless it is not any more what `next` was made of. */
async function write(
  { server, name }: Place,
  version: Version,
  next: (current: StoredRecord) => StoredRecord,
  now: Date,
): Promise<SaveResult> {
  const instant = now.getTime();
  return change<SaveResult>(
    server,
    name,
    ({ value }) => {
      const current = decode(value);
      if (current.expires.getTime() <= instant) return { answer: GONE };
      if (current.version !== version) return { answer: { outcome: "conflict", current } };
      const changed = next(current);
      return {
        answer: { outcome: "saved", version: changed.version },
        write: { value: encode(changed), exptime: exptime(changed) },
      };
    },
    GONE,
  );
}

const GONE: SaveResult = { outcome: "gone" };
