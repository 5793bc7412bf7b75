import { LEEWAY } from "../../clock.ts";
import type { TaggedJson } from "../../codec/tagged-json.ts";
import { ConfigError, MalformedError, StoreError } from "../../errors.ts";
import { Doubts } from "./doubts.ts";
import type { Events } from "../events.ts";
import type { StoreGuard } from "./guarded-store.ts";
import type { Timing } from "../timing.ts";
import { Logins } from "./logins.ts";
import { Notes } from "./notes.ts";
import type { RecordCodec } from "./record-codec.ts";
import { jitter } from "./pause.ts";
import { predecessorOf, renamedText, retiredText, successorOf } from "./record-text.ts";
import { type Known, type RecordAccess, RecordWriter } from "./record-writer.ts";
import { RESERVED } from "../reserved.ts";
import { SessionTexts } from "../session-texts.ts";
import type { SessionId } from "./session-id.ts";
import { UserLimit } from "./user-limit.ts";
import type { ReadData } from "../session-json.ts";
import type { OwnedRecord, SaveResult, SessionKey, SessionRecord, StoredRecord } from "../store.ts";

/** Milliseconds for which the old ID of a session can still be read. */
const GRACE = 10_000;

/** Milliseconds for which its record is kept, so that the change can be taken back after an outage. */
const RETIRED = 600_000;

/** What a request knows of a session's record. */
export interface KnownSession extends Known {
  /** Seconds since 1970. */
  readonly created: number;
  readonly seen: Date;
}

/** A session as it is in the store. */
export interface StoredSession {
  readonly read: ReadData;
  readonly known: KnownSession;
  /** It has got a new ID: under this one it can be read for a little while, and no more. */
  readonly retired: boolean;
  /** How many secret keys are newer than the one that its record is encrypted with; undefined where it is not. */
  readonly keyAge: number | undefined;
}

/** A session that was looked for by something else than its ID. */
export interface FoundSession {
  readonly key: SessionKey;
  readonly session: StoredSession;
}

/** The sessions in a store: texts in place of bytes, times, and no write that is lost. */
export class StoredSessions {
  readonly texts: SessionTexts;
  readonly notes: Notes;
  readonly logins: Logins = new Logins(this);
  readonly #guard: StoreGuard;
  readonly #codec: RecordCodec;
  readonly #timing: Timing;
  readonly #events: Events;
  readonly #limit: UserLimit | undefined;
  readonly #writer: RecordWriter<KnownSession, StoredRecord>;
  readonly #doubts = new Doubts();

  constructor(
    guard: StoreGuard,
    codec: RecordCodec,
    json: TaggedJson,
    timing: Timing,
    events: Events,
    maxPerUser?: number,
  ) {
    this.#guard = guard;
    this.#codec = codec;
    this.#timing = timing;
    this.#events = events;
    this.#limit = maxPerUser === undefined ? undefined : new UserLimit(maxPerUser, this, this.logins);
    this.#writer = new RecordWriter(this.#access());
    this.texts = new SessionTexts(json);
    this.notes = new Notes(guard, codec, timing.clock, events);
  }

  /** The session with this ID, if there is one and it has not ended. @throws StoreError */
  load(id: SessionId): Promise<StoredSession | undefined> {
    return this.#find(id, () => this.#events.emit("sid.unknown"));
  }

  /** As {@link load}, of an ID that came with no cookie: that there is no session says nothing of anybody. @throws StoreError */
  peek(id: SessionId): Promise<StoredSession | undefined> {
    return this.#find(id, () => undefined);
  }

  /** The session in a record, whatever has become of it since. Undefined where nothing can be read. @throws StoreError */
  async trace(key: SessionKey): Promise<StoredSession | undefined> {
    const record = await this.#load(key);
    return record && this.#sessionIn(key, record);
  }

  #find({ key }: SessionId, unknown: () => void): Promise<StoredSession | undefined> {
    const loading = this.#doubts.has(key.id)
      ? this.#doubts.settle(key.id).then(() => this.#load(key))
      : this.#load(key);
    return loading.then((record) => {
      const session = record && this.#read(key, record);
      const age = this.#timing.clock.now() - (session?.known.seen.getTime() ?? 0);
      // A clock that was put back makes nothing last longer.
      const isOver = session?.retired === true && (age >= GRACE || age < -LEEWAY * 1000);
      if (session?.keyAge !== undefined && session.keyAge > 0)
        this.#events.emit("token.old_key", "A session's record was encrypted with a fallback key.");
      if (record !== undefined && !isOver) return session;
      unknown();
      return undefined;
    });
  }

  #load(key: SessionKey): Promise<StoredRecord | undefined> {
    return this.#guard.call("load", (store) => store.load(key, this.#now()));
  }

  /** The session in a record; undefined where the record cannot be read or the session has lasted too long. */
  #read(key: SessionKey, record: StoredRecord): StoredSession | undefined {
    const session = this.#sessionIn(key, record);
    if (session === undefined) {
      this.#events.emit("record.corrupt");
    } else if (this.#hasEnded(session.known)) {
      this.#events.emit("token.expired", "A session is older than it may be, or was not used for too long.");
      return undefined;
    }
    return session;
  }

  /** Undefined where there is none that can be read. */
  #sessionIn(key: SessionKey, record: StoredRecord): StoredSession | undefined {
    try {
      const text = this.#codec.decode(key, record.data);
      const read = this.texts.parse(text);
      const created = read.data[RESERVED.created];
      if (typeof created !== "number") return undefined;
      const known = { text, created, version: record.version, seen: record.seen };
      const keyAge = this.#codec.keyAge(record.data);
      return { read, known, retired: successorOf(text) !== undefined, keyAge };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return undefined;
    }
  }

  /** Keeps a new session. @throws StoreError */
  async create({ key }: SessionId, text: string, created: number): Promise<KnownSession> {
    const now = this.#now();
    const record = this.#record(key, text, created, now);
    const version = await this.#guard.call("create", (store) => store.create(key, record, now));
    if (version === undefined) throw new StoreError("CONFLICT", "A new session's ID was there already.");
    return { text, created, version, seen: now };
  }

  /** Removes a session that nobody has seen. @throws StoreError */
  async drop({ key }: SessionId): Promise<void> {
    await this.#guard.call("delete", (store) => store.delete(key));
  }

  /** Makes `change` of a session's newest text. @throws GoneError | StoreError */
  change(
    { key }: SessionId,
    known: KnownSession,
    change: (text: string) => string | Promise<string>,
  ): Promise<KnownSession> {
    return this.#writer.change(key, known, change);
  }

  /**
   * Gives a session a new ID, and makes `change` of its text.
   *
   * @param keepData whether the old ID, and those before it, can still be read, as they were
   * @throws GoneError | StoreError
   */
  async rename(
    { key }: SessionId,
    known: KnownSession,
    next: SessionId,
    change: (text: string) => string,
    keepData: boolean,
  ): Promise<KnownSession> {
    if (!keepData) await this.#end([this.#predecessor(known.text) ?? []].flat(), new Set([key.id]));
    let text = known.text;
    const now = this.#now();
    const { version } = await this.#writer.exchange(key, known, (current) => {
      text = renamedText(change(current.text), key, Math.floor(now.getTime() / 1000));
      const old = this.#codec.encode(key, retiredText(current.text, next.key, keepData));
      const retired = { data: old, expires: new Date(now.getTime() + RETIRED) };
      const record = this.#record(next.key, text, known.created, now);
      const replaced = this.#guard.call("replace", (store) =>
        store.replace(key, current.version, retired, next.key, record, now),
      );
      replaced.catch(() => this.#doubts.add(key.id, () => this.#takeBack(key, current, next.key)));
      return replaced;
    });
    return { text, created: known.created, version, seen: now };
  }

  /** Undoes a replacement where it has happened; where it has not, it cannot any more. */
  async #takeBack(key: SessionKey, before: KnownSession, next: SessionKey): Promise<void> {
    const now = this.#now();
    const record = this.#record(key, before.text, before.created, now);
    const result = await this.#guard.call("save", (store) => store.save(key, before.version, record, now));
    if (result.outcome === "conflict" && this.#links(key, result.current).successor?.id === next.id)
      return this.#takeBack(key, { ...before, version: result.current.version }, next);
    await this.#guard.call("delete", (store) => store.delete(next));
  }

  /** Whether a use is to be noted: once in a tenth of the idle time. */
  isTouchDue({ seen }: KnownSession): boolean {
    const { clock, idleTimeout } = this.#timing;
    // Also of what a clock has written that was ahead, before the store's own time is up.
    return idleTimeout !== undefined && Math.abs(clock.now() - seen.getTime()) >= idleTimeout * 100;
  }

  /** Notes that a session was used. Nothing is at stake, so a store that fails is no error. */
  async touch({ key }: SessionId, known: KnownSession): Promise<void> {
    const now = this.#now();
    const expires = this.expiry(known.created, now);
    try {
      await this.#guard.call("touch", (store) => store.touch(key, known.version, expires, now));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Ends a session, under all the IDs that it had a moment ago or got in the meantime. Whether there was one. @throws StoreError */
  async end(key: SessionKey): Promise<boolean> {
    const ended = await this.#end([key], new Set());
    for (const name of new Set([key.id, ...ended])) this.#events.ended(name);
    return ended.length > 0;
  }

  /**
   * @param seen the names of records that stay as they are
   * @returns the names of sessions that have ended, without those that they had before
   */
  async #end(keys: SessionKey[], seen: Set<string>): Promise<string[]> {
    const ended: string[] = [];
    for (const next of keys) {
      if (seen.has(next.id)) continue;
      seen.add(next.id);
      const record = await this.#guard.call("delete", (store) => store.delete(next));
      if (record === undefined) continue;
      const { successor, predecessor } = this.#links(next, record);
      if (successor === undefined) ended.push(next.id);
      keys.push(...[successor ?? [], predecessor ?? []].flat());
    }
    return ended;
  }

  /** What this session has become and what it was, if that can still be read. */
  #links(
    key: SessionKey,
    record: StoredRecord,
  ): { [name in "successor" | "predecessor"]?: SessionKey | undefined } {
    try {
      const text = this.#codec.decode(key, record.data);
      return { successor: successorOf(text), predecessor: this.#predecessor(text) };
    } catch (error) {
      if (error instanceof MalformedError) return {};
      throw error;
    }
  }

  /** What this session was, if that can still be read. */
  #predecessor(text: string): SessionKey | undefined {
    return predecessorOf(text, Math.floor((this.#timing.clock.now() - GRACE) / 1000));
  }

  /** The live sessions of an owner. @throws StoreError | ConfigError */
  async owned(owner: string): Promise<FoundSession[]> {
    const records: OwnedRecord[] = await this.#guard.call("listOwned", (store) =>
      capability(store.listOwned?.bind(store), "list a user's sessions")(owner, this.#now()),
    );
    return records.flatMap((record) => {
      const session = this.#read(record.key, record);
      return session === undefined || session.retired ? [] : [{ key: record.key, session }];
    });
  }

  /** Some of all live sessions, and where the others are. Other records than sessions' are passed over. @throws StoreError | ConfigError */
  async list(
    after: string | undefined,
    limit: number,
  ): Promise<{ found: FoundSession[]; next: string | undefined }> {
    const { records, next } = await this.#guard.call("list", (store) =>
      capability(store.list?.bind(store), "list all sessions")(after, limit, this.#now()),
    );
    const found = records.flatMap((record) => {
      const session = this.#sessionIn(record.key, record);
      const isShown = session !== undefined && !session.retired && !this.#hasEnded(session.known);
      return isShown ? [{ key: record.key, session }] : [];
    });
    return { found, next };
  }

  /** Ends the sessions that a user has too many of, once the one with this key was made. Where the store fails, the next login does it. */
  async limit(newest: SessionKey): Promise<void> {
    try {
      await this.#limit?.keep(newest);
    } catch (error) {
      // The login has happened, and the browser must get to know of it.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Ends an owner's sessions. @throws StoreError | ConfigError */
  async endOwned(owner: string, except: readonly string[]): Promise<number> {
    const count = await this.#guard.call("deleteOwned", (store) =>
      capability(store.deleteOwned?.bind(store), "end all sessions of a user")(owner, except, this.#now()),
    );
    await this.#endRenamed(owner, except);
    this.#events.emit("session.revoked", "The sessions of a user were ended.");
    return count;
  }

  /** A session that got a new ID in the very moment is not spared by that. */
  async #endRenamed(owner: string, except: readonly string[]): Promise<void> {
    if (!this.#guard.can("listOwned")) return;
    for (const { key, session } of await this.owned(owner)) {
      const before = this.#predecessor(session.known.text);
      const isSpared = except.includes(key.id) || (before !== undefined && except.includes(before.id));
      if (before?.owner === owner && !isSpared) await this.end(key);
    }
  }

  /** Ends every session. @throws StoreError | ConfigError */
  async endAll(): Promise<number> {
    const count = await this.#guard.call("deleteAll", (store) =>
      capability(store.deleteAll?.bind(store), "end all sessions")(this.#now()),
    );
    this.#events.emit("session.revoked", "All sessions were ended.");
    return count;
  }

  /** When a session that is used now will end. `created` is in seconds since 1970. */
  expiry(created: number, now: Date): Date {
    const { lifetime, idleTimeout = Number.POSITIVE_INFINITY } = this.#timing;
    return new Date(Math.min((created + lifetime) * 1000, now.getTime() + idleTimeout * 1000));
  }

  /** By the stored times; the store's own expiry may have been set under other options. */
  #hasEnded({ created, seen }: KnownSession): boolean {
    const now = this.#timing.clock.now();
    const { lifetime, idleTimeout } = this.#timing;
    return (
      now >= (created + lifetime) * 1000 ||
      (idleTimeout !== undefined && now >= seen.getTime() + idleTimeout * 1000)
    );
  }

  /** A record that others have written in the meantime. @throws StoreError where it cannot be read */
  #known(key: SessionKey, record: StoredRecord): KnownSession {
    const session = this.#read(key, record);
    if (session !== undefined) return session.known;
    throw new StoreError("STORE_UNAVAILABLE", "The session's record in the store cannot be used any more.");
  }

  #record(key: SessionKey, text: string, created: number, now: Date): SessionRecord {
    return { data: this.#codec.encode(key, text), expires: this.expiry(created, now) };
  }

  #now(): Date {
    return new Date(this.#timing.clock.now());
  }

  #access(): RecordAccess<KnownSession, StoredRecord> {
    return {
      read: (key, record) => this.#known(key, record),
      load: async (key) => {
        const record = await this.#load(key);
        return record && this.#known(key, record);
      },
      save: (key, { version, created }, text): Promise<SaveResult> => {
        const now = this.#now();
        const record = this.#record(key, text, created, now);
        return this.#guard.call("save", (store) => store.save(key, version, record, now));
      },
      saved: (known, text, version) => ({
        text,
        version,
        created: known.created,
        seen: this.#now(),
      }),
      isRetired: (text) => successorOf(text) !== undefined,
      pause: jitter,
      now: () => this.#now(),
      conflicted: () => this.#events.emit("session.conflict"),
    };
  }
}

function capability<T>(method: T | undefined, what: string): T {
  if (method === undefined) {
    throw new ConfigError(
      `This store cannot ${what}. Use one of hipflask's own that can, or implement that capability.`,
    );
  }
  return method;
}
