import { Buffer } from "node:buffer";
import { LRUCache } from "lru-cache";
import { ConfigError, TooLargeError } from "../errors.ts";
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
import { Kept } from "./memory-kept.ts";
import { Sweep } from "./memory-sweep.ts";

/** How much {@link MemoryStore} keeps. */
export interface MemoryStoreOptions {
  /** How many records are kept at most. Default: 100,000. Room for each is taken at once: 28 bytes. */
  readonly maxRecords?: number;
  /** How many bytes of memory the records may take together: their data, and 300 for each. Default: 128 MiB. */
  readonly maxBytes?: number;
}

/** What a record takes beside its data, in bytes: measured on Node 20. */
const OVERHEAD = 300;

/**
 * Keeps records in the memory of one process: for tests, for development, and for an app that is one process and may log
 * everybody out when it restarts. A restart forgets every record. So does a limit: those that were used least recently
 * make room for new ones, and their users are logged out.
 *
 * @example
 * const sessions = createSessions({ secretKey, storage: serverSide(new MemoryStore({ maxRecords: 10_000 })) });
 *
 * @throws ConfigError when an option is no positive integer. A single record that is larger than `maxBytes` rejects the
 *   write with TooLargeError.
 */
export class MemoryStore implements SessionStore {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #sweep = new Sweep<Kept>((kept) => this.#records.delete(kept.id));
  #records: LRUCache<string, Kept>;
  /** The first record in each owner's chain. */
  #owners = new Map<string, Kept>();
  #bytes = 0;
  #version = 0;

  constructor(options: MemoryStoreOptions = {}) {
    this.#maxRecords = positive("maxRecords", options.maxRecords ?? 100_000);
    this.#maxBytes = positive("maxBytes", options.maxBytes ?? 128 * 1024 * 1024);
    this.#records = this.#newRecords();
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    return this.#records.has(key.id) ? undefined : this.#add(key, record, now);
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    return this.#live(key, now)?.copy();
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    return this.#save(key, version, record, now);
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    this.#checkSize(record);
    const result = this.#save(key, version, retired, now);
    return result.outcome === "saved" ? { ...result, version: this.#add(nextKey, record, now) } : result;
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const kept = this.#live(key, now);
    if (kept?.version !== version) return false;
    kept.date(expires, now);
    return true;
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    const kept = this.#records.peek(key.id);
    this.#records.delete(key.id);
    return kept?.copy();
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    return this.#owned(owner)
      .filter((kept) => kept.isLive(now))
      .map((kept) => kept.owned());
  }

  async deleteOwned(owner: string, except: readonly string[]): Promise<number> {
    const spared = new Set(except);
    const ended = this.#owned(owner).filter((kept) => !spared.has(kept.id));
    for (const kept of ended) this.#records.delete(kept.id);
    return ended.length;
  }

  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const [page, next] = this.#sweep.slice(slotIn(after), limit);
    return {
      records: page.filter((kept) => kept.isLive(now)).map((kept) => kept.owned()),
      next: next === undefined ? undefined : String(next),
    };
  }

  async deleteAll(): Promise<number> {
    const ended = this.#records.size;
    this.close();
    return ended;
  }

  /** Forgets every record, and stops the timer. */
  close(): void {
    this.#sweep.clear();
    this.#records = this.#newRecords();
    this.#owners = new Map();
    this.#bytes = 0;
  }

  #newRecords(): LRUCache<string, Kept> {
    return new LRUCache({ max: this.#maxRecords, dispose: (kept) => this.#forget(kept) });
  }

  #live(key: SessionKey, now: Date): Kept | undefined {
    const kept = this.#records.get(key.id);
    return kept?.isLive(now) === true ? kept : undefined;
  }

  #owned(owner: string): Kept[] {
    const owned: Kept[] = [];
    for (let kept = this.#owners.get(owner); kept !== undefined; kept = kept.next) owned.push(kept);
    return owned;
  }

  #checkSize(record: SessionRecord): void {
    const size = record.data.length + OVERHEAD;
    if (size <= this.#maxBytes) return;
    const message = `A session takes ${size} bytes, and all sessions of this MemoryStore may take ${this.#maxBytes}. Raise its maxBytes.`;
    throw new TooLargeError(message, size, this.#maxBytes, []);
  }

  #add(key: SessionKey, record: SessionRecord, now: Date): number {
    this.#checkSize(record);
    const kept = new Kept(key);
    this.#records.set(kept.id, kept);
    this.#sweep.add(kept);
    if (kept.owner !== undefined) {
      kept.next = this.#owners.get(kept.owner);
      if (kept.next !== undefined) kept.next.previous = kept;
      this.#owners.set(kept.owner, kept);
    }
    this.#bytes += OVERHEAD;
    return this.#put(kept, record, now);
  }

  #save(key: SessionKey, version: Version, record: SessionRecord, now: Date): SaveResult {
    const kept = this.#live(key, now);
    if (kept === undefined) return { outcome: "gone" };
    if (kept.version !== version) return { outcome: "conflict", current: kept.copy() };
    this.#checkSize(record);
    return { outcome: "saved", version: this.#put(kept, record, now) };
  }

  #put(kept: Kept, record: SessionRecord, now: Date): number {
    this.#bytes += record.data.length - kept.data.length;
    kept.data = Buffer.from(record.data.buffer, record.data.byteOffset, record.data.length).toString(
      "latin1",
    );
    kept.date(record.expires, now);
    this.#version += 1;
    kept.version = this.#version;
    while (this.#bytes > this.#maxBytes) this.#records.pop();
    return kept.version;
  }

  /** Takes a record that was deleted or evicted out of everything else that knows of it. */
  #forget(kept: Kept): void {
    this.#bytes -= kept.data.length + OVERHEAD;
    this.#sweep.delete(kept);
    if (kept.owner === undefined) return;
    if (kept.next !== undefined) kept.next.previous = kept.previous;
    if (kept.previous !== undefined) kept.previous.next = kept.next;
    else if (kept.next !== undefined) this.#owners.set(kept.owner, kept.next);
    else this.#owners.delete(kept.owner);
  }
}

/** Where a page ends that a text says; undefined where it says nothing. */
function slotIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${name} of a MemoryStore must be a positive integer.`);
}
