/**
 * The contract between sessions and the places that keep them. These comments are its specification; the suite of
 * `hipflask/testing` checks it.
 *
 * A store knows nothing of sessions: it keeps opaque bytes under a key until an instant, and makes every write conditional
 * on the version that was read. Three rules hold everything together:
 *
 * 1. **Each method is atomic**, also against other processes, and is acknowledged (its promise fulfilled) only when it
 *    is as durable as the store promises.
 * 2. **Nothing but `create` and `replace` makes a record.** A record that was deleted, revoked or has expired is gone for
 *    every other method, so no late writer brings it back.
 * 3. **A store has no clock.** It is told the time, and compares the record's expiry with it itself, whatever the
 *    backend's own expiry does: that one only cleans up, and may be late but never early.
 *
 * Promises are rejected for one reason only: the backend did not do it, or cannot say whether it did. Whatever error the
 * driver gives is passed on as it is. Bytes that a store hands out or takes in are never shared with what it keeps.
 */
export interface SessionStore extends RecordStore<StoredRecord> {
  /**
   * What `save` does with `retired`, and in the same step keeps `record` under `nextKey`, which is new; the version in
   * the answer is that one's. Where the backend cannot do both at once: first create the new record, then save, and delete the new
   * one again unless that succeeded. `nextKey` may have another owner.
   */
  replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult>;

  /** Capability: the live records of an owner, in any order. */
  listOwned?(owner: string, now: Date): Promise<OwnedRecord[]>;

  /**
   * Capability: ends every record of an owner that was created before the call, but for those whose `id` is in `except`;
   * records that are created after the answer live. No session may outlive the call because an index was lost or late. Tells
   * how many it ended, as far as it knows.
   */
  deleteOwned?(owner: string, except: readonly string[], now: Date): Promise<number>;

  /** Capability: ends every record that was created before the call. Tells how many, as far as it knows. */
  deleteAll?(now: Date): Promise<number>;

  /**
   * Capability: a page of all live records, whoever owns them. `after` is undefined for the first page, and for each other one
   * what the page before gave as `next`, in this process or another. A record that is live from before the first call until after the
   * last answer is on a page, and may be on several; of other records, and of the order, nothing is promised. `limit` (1 or
   * more) says how many records to look at, so a page has about that many at most, and may have none though others follow. It takes memory
   * for one page, however many records there are, and holds up nobody. Any other text as `after`, which may have come from outside,
   * leads to some page, and is no failure.
   */
  list?(after: string | undefined, limit: number, now: Date): Promise<RecordPage>;
}

/** The part of the contract that every layout of records can keep, also one that was not made for it, as Flask-Session's. */
export interface RecordStore<Stored extends LoadedRecord = LoadedRecord> {
  /** Keeps a record under a key that is new. Undefined, and nothing is changed, when there is one already, expired or not. */
  create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined>;

  /** The live record under a key: undefined when there is none, when it has expired, and when its owner's sessions were revoked. */
  load(key: SessionKey, now: Date): Promise<Stored | undefined>;

  /**
   * Puts `record` in the place of the live record, if that still has the version that was loaded. Otherwise nothing is
   * changed, and the answer is the record that is there now (`conflict`), or that there is none (`gone`).
   */
  save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult<Stored>>;

  /** Moves the expiry of the live record that still has this version, which stays the same. Whether there was one. */
  touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean>;

  /** Ends a record for good, and gives what it was in that moment, live or not; undefined when there was none. */
  delete(key: SessionKey): Promise<Stored | undefined>;

  /**
   * Capability: removes up to `limit` records that have expired, and tells how many it did. Fewer than `limit` means that
   * there are no more. Absent where the backend does that by itself.
   */
  deleteExpired?(limit: number, now: Date): Promise<number>;

  /** Makes the tables, folders or indexes that the store needs, where they are missing. Several processes may call it at once. */
  setup?(): Promise<void>;
}

/** Where a record is kept. It never holds a session's ID, so whoever reads the store can take over no session. */
export interface SessionKey {
  /** The SHA-256 of the session's ID: 43 characters of base64url. (In Flask-Session's layouts: the ID itself.) */
  readonly id: string;
  /**
   * A tag of the user whose session it is: 22 characters of base64url; undefined for a visitor who is not logged in. A
   * record keeps its owner: a login makes a new record. A store may place the records of one owner together.
   */
  readonly owner: string | undefined;
}

/** What a store is given to keep. */
export interface SessionRecord {
  /** Opaque. May be empty. */
  readonly data: Uint8Array;
  /** The instant from which on the record is gone. */
  readonly expires: Date;
}

/** What every store gives back. */
export interface LoadedRecord {
  /** The bytes that were stored last. */
  readonly data: Uint8Array;
  /** Which state of the record it is. */
  readonly version: Version;
}

/** What a store gives back. */
export interface StoredRecord extends SessionRecord, LoadedRecord {
  /** The `now` of the last `create`, `save`, `replace` or `touch`, to the second at least. */
  readonly seen: Date;
}

/** A record, and where it is kept. */
export interface OwnedRecord extends StoredRecord {
  /** Where it is kept. */
  readonly key: SessionKey;
}

/** What `list` gives. */
export interface RecordPage {
  /** Some of the live records, in no order. */
  readonly records: readonly OwnedRecord[];
  /** Where the next page begins; undefined when there are no more. Only the store that made it can read it. */
  readonly next: string | undefined;
}

/** Tells one state of a record from every other one that it ever had. Only the store that made it can read it. */
export type Version = string | number | Uint8Array;

/** What became of a `save` or a `replace`: done, or another one was quicker (and what it left), or there is no record any more. */
export type SaveResult<Stored extends LoadedRecord = StoredRecord> =
  | { readonly outcome: "saved"; readonly version: Version }
  | { readonly outcome: "conflict"; readonly current: Stored }
  | { readonly outcome: "gone" };
