import { decodeBase64url, encodeBase64url } from "../encoding/base64url.ts";
import { ConfigError } from "../errors.ts";
import type {
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { newVersion } from "../stores/new-version.ts";
import { replaceApart } from "../stores/replace-apart.ts";
import { Cookie } from "./cookie.ts";
import { keeperOf } from "./keeper.ts";
import type { Session } from "./session.ts";
import type { ConnectStore, Store } from "./store-shape.ts";
import { Turns } from "./turns.ts";

/** Milliseconds that a store is told to keep a record at least: whether it has expired is decided here. */
const LEAST_TTL = 60_000;

/** What stands in a store of express-session's, beside the cookie that tells it when the record ends. */
interface Entry {
  /** base64url. */
  readonly data: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly seen: number;
}

/**
 * A store of express-session's for `serverSide`: connect-redis and its like, with their connection, table or folder.
 *
 * Such a store writes whatever it is given, so nothing in it is conditional. In one process writes take turns, and nothing is lost;
 * of two processes one may write between another one's question and its answer, and undo a change or a logout. Each write costs one read
 * more. It can list nobody's sessions (`forUser`, `maxPerUser`) and end nothing but one session at a time.
 *
 * @example createSessions({ storage: serverSide(fromExpressStore(new RedisStore({ client, prefix: "app:" }))) })
 * @throws ConfigError for what is no store of express-session's
 */
export function fromExpressStore(store: ConnectStore): SessionStore {
  if (typeof (store as Partial<ConnectStore> | undefined)?.get !== "function")
    throw new ConfigError("fromExpressStore needs a store of express-session's, such as connect-redis.");
  return new ExpressRecords(store as Store);
}

class ExpressRecords implements SessionStore {
  readonly #store: Store;
  readonly #turns = new Turns();

  constructor(store: Store) {
    this.#store = store;
  }

  create({ id }: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    return this.#turns.take(id, async () => {
      if ((await this.#get(id)) !== undefined) return undefined;
      return this.#set(id, record, now);
    });
  }

  async load({ id }: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    return live(await this.#get(id), now);
  }

  save({ id }: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    return this.#turns.take(id, async () => {
      const current = live(await this.#get(id), now);
      if (current === undefined) return { outcome: "gone" };
      if (current.version !== version) return { outcome: "conflict", current };
      return { outcome: "saved", version: await this.#set(id, record, now) };
    });
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

  touch({ id }: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    return this.#turns.take(id, async () => {
      const current = live(await this.#get(id), now);
      if (current?.version !== version) return false;
      await this.#set(id, { data: current.data, expires }, now, current.version as string);
      return true;
    });
  }

  delete({ id }: SessionKey): Promise<StoredRecord | undefined> {
    return this.#turns.take(id, async () => {
      const entry = await this.#get(id);
      if (entry !== undefined) await keeperOf(this.#store).destroy(id);
      return entry && recordOf(entry);
    });
  }

  async #get(id: string): Promise<Entry | undefined> {
    return (await keeperOf(this.#store).get(id)) as Entry | undefined;
  }

  async #set(id: string, record: SessionRecord, now: Date, version: string = newVersion()): Promise<string> {
    const expires = record.expires.getTime();
    const entry: Entry = {
      data: encodeBase64url(record.data),
      version,
      expires,
      seen: now.getTime(),
    };
    const maxAge = Math.max(expires - now.getTime(), LEAST_TTL);
    await keeperOf(this.#store).set(id, { cookie: new Cookie({ maxAge }), ...entry } as unknown as Session);
    return version;
  }
}

function live(entry: Entry | undefined, now: Date): StoredRecord | undefined {
  return entry !== undefined && entry.expires > now.getTime() ? recordOf(entry) : undefined;
}

function recordOf({ data, version, expires, seen }: Entry): StoredRecord {
  return { data: decodeBase64url(data), version, expires: new Date(expires), seen: new Date(seen) };
}
