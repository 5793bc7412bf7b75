import { digestText } from "../crypto/digest.ts";
import { systemClock } from "../clock.ts";
import { ConfigError, GoneError, StoreError } from "../errors.ts";
import { Events } from "../session/events.ts";
import { StoreGuard } from "../session/server-side/guarded-store.ts";
import { jitter } from "../session/server-side/pause.ts";
import { type Known, RecordWriter } from "../session/server-side/record-writer.ts";
import type {
  LoadedRecord,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
} from "../session/store.ts";
import { mergeJson } from "./merge.ts";
import { progressOf } from "./progress.ts";
import type { Callback, Session, SessionData } from "./session.ts";
import { Store } from "./store.ts";
import { MERGES, type StoredSession, type Told } from "./store-shape.ts";

/** What {@link toExpressStore} is told beside the store. */
export interface RecordsStoreOptions {
  /** Seconds that a session lasts whose cookie ends with the browser's. Default: 86400, a day. */
  readonly ttl?: number;
  /** Seconds that the store may take for one operation. Default: 1. */
  readonly timeout?: number;
}

/** How often a write that belongs to no session that was loaded is tried over what it finds. */
const ATTEMPTS = 5;

/**
 * A store of ours in the shape of express-session's: what requests write to one session at the same time is merged, a session that
 * has ended stays so, and the store has no ID but its SHA-256.
 */
export class RecordsStore extends Store {
  override readonly [MERGES] = true;
  /** Seconds that a session lasts whose cookie ends with the browser's. */
  readonly ttl: number;
  readonly #guard: StoreGuard;
  readonly #writer: RecordWriter<Known, LoadedRecord>;

  /** @throws ConfigError for what is no store, and for durations that are not above 0 */
  constructor(store: SessionStore, { ttl = 86_400, timeout = 1 }: RecordsStoreOptions = {}) {
    super();
    if (typeof (store as Partial<SessionStore> | undefined)?.load !== "function")
      throw new ConfigError(
        "toExpressStore needs a store of hipflask's. Write toExpressStore(new MemoryStore()), or another one.",
      );
    for (const [name, value] of Object.entries({ ttl, timeout })) {
      if (!Number.isFinite(value) || value <= 0) throw new ConfigError(`${name} must be a number above 0.`);
    }
    this.ttl = ttl;
    const events = new Events();
    this.#guard = new StoreGuard(store, events, { timeout, maxPending: 1000 });
    this.#writer = new RecordWriter<Known, LoadedRecord>({
      read: (_, record) => knownOf(record),
      save: (key, { version }, text) =>
        this.#guard.call("save", (records) => records.save(key, version, this.#record(text), now())),
      saved: (_, text, version) => ({ text, version }),
      load: async (key) => {
        const record = await this.#load(key);
        return record && knownOf(record);
      },
      isRetired: () => false,
      pause: jitter,
      now,
      conflicted: () => events.emit("session.conflict"),
    });
  }

  override get(sid: string, callback: Told<SessionData>): void {
    tell<StoredSession | undefined>(this.read(sid), callback as Told<StoredSession>);
  }

  override set(sid: string, session: SessionData, callback?: Callback): void {
    tell(this.#set(keyOf(sid), session as Session), callback);
  }

  override destroy(sid: string, callback?: Callback): void {
    const key = keyOf(sid);
    tell(
      this.#guard.call("delete", (store) => store.delete(key)),
      callback && ((error) => callback(error)),
    );
  }

  override touch(sid: string, session: SessionData, callback?: Callback): void {
    tell(this.#touch(keyOf(sid), session as Session), callback);
  }

  /** Ends all sessions. */
  override clear(callback?: Callback): void {
    const work = this.#guard.can("deleteAll")
      ? this.#guard.call("deleteAll", (store) => store.deleteAll!(now()))
      : Promise.reject(new ConfigError("This store cannot end all sessions at once."));
    tell(work, callback && ((error) => callback(error)));
  }

  /** What is stored of a session. @throws StoreError */
  protected async read(sid: string): Promise<StoredSession | undefined> {
    const record = await this.#load(keyOf(sid));
    if (record === undefined) return undefined;
    const known = knownOf(record);
    const stored = parsed(known.text);
    // `touch` moves the record's expiry alone.
    const cookie = stored.cookie as { expires?: string | null } | undefined;
    if (cookie?.expires) cookie.expires = record.expires.toJSON();
    progressOf(stored).known = known;
    return stored;
  }

  async #set(key: SessionKey, session: Session): Promise<void> {
    const progress = progressOf(session);
    const text = JSON.stringify(session);
    const known = progress.known as Known | undefined;
    try {
      progress.known =
        known === undefined
          ? await this.#put(key, text)
          : await this.#change(key, known, progress.base, text);
      progress.base = text;
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      progress.gone = true;
    }
  }

  /** Puts a session's changes on top of whatever is stored. @throws GoneError */
  async #change(key: SessionKey, known: Known, base: string | undefined, text: string): Promise<Known> {
    if (text === known.text) {
      if (await this.#move(key, known, this.#expiry(text))) return known;
    }
    return this.#writer.change(key, known, (newest) =>
      newest === known.text || base === undefined ? text : mergeJson(base, text, newest),
    );
  }

  /** Keeps a session that was not loaded before, also over one that is there. */
  async #put(key: SessionKey, text: string): Promise<Known> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const record = this.#record(text);
      const version = await this.#guard.call("create", (store) => store.create(key, record, now()));
      if (version !== undefined) return { text, version };
      const present = await this.#load(key);
      if (present !== undefined) return this.#writer.change(key, knownOf(present), () => text);
      await this.#guard.call("delete", (store) => store.delete(key));
    }
    throw new StoreError("CONFLICT", "A session's ID was taken again and again; nothing was saved.");
  }

  async #touch(key: SessionKey, session: Session): Promise<void> {
    const known = (progressOf(session).known as Known | undefined) ?? (await this.#load(key));
    if (known !== undefined) await this.#move(key, known, this.#expiry(JSON.stringify(session)));
  }

  #move(key: SessionKey, { version }: Pick<Known, "version">, expires: Date): Promise<boolean> {
    return this.#guard.call("touch", (store) => store.touch(key, version, expires, now()));
  }

  #load(key: SessionKey): Promise<StoredRecord | undefined> {
    return this.#guard.call("load", (store) => store.load(key, now()));
  }

  #record(text: string): SessionRecord {
    return { data: Buffer.from(text, "utf8"), expires: this.#expiry(text) };
  }

  /** When a session ends: as its cookie says. */
  #expiry(text: string): Date {
    const { cookie } = JSON.parse(text) as { cookie?: { expires?: string | null } };
    const expires = new Date(cookie?.expires || NaN);
    return Number.isNaN(expires.getTime()) ? new Date(Date.now() + this.ttl * 1000) : expires;
  }
}

/**
 * A store of hipflask's for an application that uses express-session, or its drop-in.
 *
 * @example app.use(session({ store: toExpressStore(new RedisStore(client)), secret, resave: false, saveUninitialized: false }))
 * @throws ConfigError for what is no store of hipflask's
 */
export function toExpressStore(store: SessionStore, options?: RecordsStoreOptions): RecordsStore {
  return new RecordsStore(store, options);
}

function keyOf(sid: string): SessionKey {
  return { id: digestText("sha256", Buffer.from(sid, "utf8"), "base64url"), owner: undefined };
}

function knownOf({ data, version }: LoadedRecord): Known {
  return { text: Buffer.from(data).toString("utf8"), version };
}

/** @throws StoreError where it is no JSON, without the text that a parser's error would quote */
function parsed(text: string): StoredSession {
  try {
    return JSON.parse(text) as StoredSession;
  } catch {
    throw new StoreError("STORE_UNAVAILABLE", "A session's record in the store cannot be read.");
  }
}

function now(): Date {
  return new Date(systemClock.now());
}

/** Calls back outside of the promise, so that what a callback throws is thrown as it would be without one. */
export function tell<T>(
  promise: Promise<T>,
  callback: ((error?: unknown, result?: T | null) => void) | undefined,
): void {
  promise.then(
    (result) => callback && process.nextTick(callback, null, result),
    (error: unknown) => callback && process.nextTick(callback, error),
  );
}
