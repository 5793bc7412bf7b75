import type { FlaskSessionCodec } from "../../codec/index.ts";
import { flaskSessionJson } from "../../codec/flask-session-json.ts";
import { MalformedError, StoreError } from "../../errors.ts";
import type { Events } from "../events.ts";
import type { Timing } from "../timing.ts";
import type { StoreGuard } from "../server-side/guarded-store.ts";
import { jitter } from "../server-side/pause.ts";
import { type Known, RecordWriter } from "../server-side/record-writer.ts";
import type { SessionId } from "../server-side/session-id.ts";
import { SessionTexts } from "../session-texts.ts";
import type { ReadData } from "../session-json.ts";
import type { LoadedRecord, RecordStore, SessionKey, SessionRecord } from "../store.ts";

/** A session of Flask-Session's as it is in the store. */
export interface FlaskStored {
  readonly read: ReadData;
  readonly known: Known;
}

/**
 * The sessions in a store of Flask-Session's: its bytes, and no write of ours on top of another one that we have not seen. What Python
 * writes without looking nobody can keep it from.
 */
export class FlaskRecords {
  readonly texts: SessionTexts = new SessionTexts(flaskSessionJson);
  readonly #guard: StoreGuard<RecordStore>;
  readonly #codec: FlaskSessionCodec;
  readonly #timing: Timing;
  readonly #events: Events;
  readonly #writer: RecordWriter<Known, LoadedRecord>;

  constructor(guard: StoreGuard<RecordStore>, codec: FlaskSessionCodec, timing: Timing, events: Events) {
    this.#guard = guard;
    this.#codec = codec;
    this.#timing = timing;
    this.#events = events;
    this.#writer = new RecordWriter({
      read: (_, record) => this.#usable(record),
      save: (key, { version }, text) =>
        this.#guard.call("save", (store) => store.save(key, version, this.#record(text), this.#now())),
      saved: (_, text, version) => ({ text: this.#asStored(text), version }),
      load: async (key) => {
        const record = await this.#load(key);
        return record && this.#usable(record);
      },
      isRetired: () => false,
      pause: jitter,
      now: () => this.#now(),
      conflicted: () => this.#events.emit("session.conflict"),
    });
  }

  /** The session with this ID, if there is one; null, and an event, where it cannot be read. @throws StoreError */
  async load({ key }: SessionId): Promise<FlaskStored | null | undefined> {
    const record = await this.#load(key);
    if (record === undefined) return undefined;
    const stored = this.#stored(record);
    if (stored !== undefined) return stored;
    this.#events.emit("record.corrupt");
    return null;
  }

  /** Keeps a new session. @throws StoreError | DataError for what the format cannot hold */
  async create({ key }: SessionId, text: string): Promise<Known> {
    const record = this.#record(text);
    const version = await this.#guard.call("create", (store) => store.create(key, record, this.#now()));
    if (version === undefined) throw new StoreError("CONFLICT", "A new session's ID was there already.");
    return { text: this.#asStored(text), version };
  }

  /** Makes `change` of a session's newest text. @throws GoneError | StoreError | DataError */
  change(
    { key }: SessionId,
    known: Known,
    change: (text: string) => string | Promise<string>,
  ): Promise<Known> {
    return this.#writer.change(key, known, change);
  }

  /**
   * Gives a session a new ID, and makes `change` of its text. The old one ends at once, as in Flask-Session: Python would take
   * whatever stayed under it for a session.
   *
   * @throws GoneError | StoreError | DataError
   */
  async rename(
    { key }: SessionId,
    known: Known,
    next: SessionId,
    change: (text: string) => string,
  ): Promise<Known> {
    let text = known.text;
    const { version } = await this.#writer.exchange(key, known, async (current) => {
      const begun = await this.create(next, change(current.text));
      text = begun.text;
      const ended = await this.#guard.call("delete", (store) => store.delete(key));
      const last = ended && this.#stored(ended);
      if (last?.known.text === current.text) return { outcome: "saved", version: begun.version };
      if (last === undefined) {
        await this.end(next);
        return { outcome: "gone" };
      }
      // Somebody wrote the old one in that moment: what they wrote goes with it.
      const merged = await this.change(next, begun, (newest) =>
        this.texts.merge(current.text, newest, last.known.text),
      );
      text = merged.text;
      return { outcome: "saved", version: merged.version };
    });
    return { text, version };
  }

  /** Moves the end of a session that was used and not changed. Nothing is at stake, so a store that fails is no error. */
  async touch({ key }: SessionId, { version }: Known): Promise<void> {
    const now = this.#now();
    try {
      await this.#guard.call("touch", (store) => store.touch(key, version, this.expiry(now), now));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Ends a session. @throws StoreError */
  async end({ key }: SessionId): Promise<void> {
    await this.#guard.call("delete", (store) => store.delete(key));
  }

  /** Removes up to `limit` records of sessions that have ended. @throws StoreError */
  deleteExpired(limit: number): Promise<number> {
    return this.#guard.call(
      "deleteExpired",
      (store) => store.deleteExpired?.(limit, this.#now()) ?? Promise.resolve(0),
    );
  }

  /** When a session that is used now will end. */
  expiry(now: Date): Date {
    return new Date(now.getTime() + this.#timing.lifetime * 1000);
  }

  #load(key: SessionKey): Promise<LoadedRecord | undefined> {
    return this.#guard.call("load", (store) => store.load(key, this.#now()));
  }

  /** The session in a record; undefined where it cannot be read. */
  #stored({ data: bytes, version }: LoadedRecord): FlaskStored | undefined {
    try {
      const { data, numberTypes } = this.#codec.decode(bytes);
      const json = flaskSessionJson.stringify(data, numberTypes);
      return { read: { data, numberTypes, json }, known: { text: json, version } };
    } catch (error) {
      if (error instanceof MalformedError) return undefined;
      throw error;
    }
  }

  /** @throws StoreError where it cannot be read */
  #usable(record: LoadedRecord): Known {
    const stored = this.#stored(record);
    if (stored !== undefined) return stored.known;
    throw new StoreError("STORE_UNAVAILABLE", "The session's record in the store cannot be used any more.");
  }

  #record(text: string): SessionRecord {
    return { data: this.#encode(text), expires: this.expiry(this.#now()) };
  }

  /** A text as it comes back: the formats lose types, such as a tuple's, and what others load must compare as the same. */
  #asStored(text: string): string {
    const stored = this.#stored({ data: this.#encode(text), version: 0 });
    return stored?.known.text ?? text;
  }

  #encode(text: string): Uint8Array {
    const { data, numberTypes } = flaskSessionJson.parse(text);
    return this.#codec.encode(data, numberTypes);
  }

  #now(): Date {
    return new Date(this.#timing.clock.now());
  }
}
