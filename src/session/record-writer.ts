import { GoneError, StoreError } from "../errors.ts";
import type { SaveResult, SessionKey, StoredRecord, Version } from "./store.ts";

/** A record's text, and the version that has it. */
export interface Known {
  readonly text: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly version: Version;
  readonly seen: Date;
}

/** What the writer needs to be done in the store. */
export interface RecordAccess {
  /** What a conflict has brought to light about a session that was known as `known`. */
  read(key: SessionKey, record: StoredRecord, known: Known): Known;
  save(key: SessionKey, known: Known, text: string): Promise<SaveResult>;
  /** Whether a text stands for a session that got a new ID. */
  isRetired(text: string): boolean;
  /** Waits before the next attempt, of which this many have failed. */
  pause(failures: number): Promise<void>;
  now(): Date;
  conflicted(): void;
}

/** Makes of the record's newest text another one. May be called more than once. */
type Change = (text: string) => string | Promise<string>;
/** Writes more than the record itself. */
type Exchange = (known: Known) => Promise<SaveResult>;

interface Job {
  readonly known: Known;
  readonly change: Change | undefined;
  readonly exchange: Exchange | undefined;
  readonly resolve: (known: Known) => void;
  readonly reject: (error: unknown) => void;
}

/** How many conflicts one write goes through before it gives up. */
const MAX_CONFLICTS = 5;

/**
 * Writes records without losing what others write at the same time. Writes of this process to one session stand in a
 * line; those that wait are written together, each on top of the one before. Against other processes the record's version
 * decides: on a conflict everything is done once more on what is there now.
 */
export class RecordWriter {
  readonly #access: RecordAccess;
  readonly #lines = new Map<string, Job[]>();

  constructor(access: RecordAccess) {
    this.#access = access;
  }

  /**
   * Changes a record; `known` is the state that this request knows.
   *
   * @throws GoneError when the session has ended
   * @throws StoreError when the store fails, others come first too often, or the session got a new ID
   */
  change(key: SessionKey, known: Known, change: Change): Promise<Known> {
    return this.#enqueue(key, { known, change, exchange: undefined });
  }

  /** As {@link change}, with a step of the store that does more than a save. */
  exchange(key: SessionKey, known: Known, exchange: Exchange): Promise<Known> {
    return this.#enqueue(key, { known, change: undefined, exchange });
  }

  #enqueue(key: SessionKey, work: Pick<Job, "known" | "change" | "exchange">): Promise<Known> {
    return new Promise((resolve, reject) => {
      const job = { ...work, resolve, reject };
      const line = this.#lines.get(key.id);
      if (line !== undefined) {
        line.push(job);
        return;
      }
      const begun = [job];
      this.#lines.set(key.id, begun);
      void this.#run(key, begun);
    });
  }

  async #run(key: SessionKey, line: Job[]): Promise<void> {
    let newest: Known | undefined;
    while (line.length > 0) {
      const end = line.findIndex((job) => job.exchange !== undefined);
      const jobs = line.splice(0, end < 0 ? line.length : Math.max(end, 1));
      newest = await this.#write(key, newest ?? jobs[0]!.known, jobs);
    }
    this.#lines.delete(key.id);
  }

  /** Never rejects. The record's newest state afterwards, where it is known. */
  async #write(key: SessionKey, start: Known, jobs: readonly Job[]): Promise<Known | undefined> {
    let known = start;
    let done: Known | undefined;
    let waiting = jobs;
    try {
      for (let conflicts = 0; ; conflicts++) {
        const [next, changed] = await this.#apply(known, waiting);
        waiting = changed;
        if (waiting.length === 0) return known;
        const result = await this.#attempt(key, known, next, waiting[0]!);
        if (result.outcome === "gone") throw new GoneError("A change");
        if (result.outcome === "saved") {
          done = { ...known, text: next, version: result.version, seen: this.#access.now() };
          break;
        }
        this.#access.conflicted();
        known = this.#access.read(key, result.current, known);
        if (this.#access.isRetired(known.text)) throw renamed();
        if (conflicts >= MAX_CONFLICTS) throw tooMany();
        await this.#access.pause(conflicts);
      }
    } catch (error) {
      for (const job of waiting) job.reject(error);
      return undefined;
    }
    for (const job of waiting) job.resolve(done);
    // After an exchange this key has another record than its line goes on from.
    return waiting[0]!.exchange === undefined ? done : undefined;
  }

  /** All changes on top of each other; one that throws is left out. */
  async #apply(known: Known, jobs: readonly Job[]): Promise<[text: string, jobs: Job[]]> {
    let { text } = known;
    const changed: Job[] = [];
    for (const job of jobs) {
      try {
        if (job.change !== undefined) text = await job.change(text);
        changed.push(job);
      } catch (error) {
        job.reject(error);
      }
    }
    return [text, changed];
  }

  #attempt(key: SessionKey, known: Known, text: string, { exchange }: Job): Promise<SaveResult> {
    if (exchange !== undefined) return exchange(known);
    if (text === known.text) return Promise.resolve({ outcome: "saved", version: known.version });
    return this.#access.save(key, known, text);
  }
}

/** What a write to the old ID of a session is answered with. */
export function renamed(): StoreError {
  return new StoreError(
    "CONFLICT",
    "The session got a new ID while this request worked on it; nothing was saved. Send the request again with the new cookie.",
  );
}

function tooMany(): StoreError {
  return new StoreError(
    "CONFLICT",
    "Too many requests wrote this session at the same time; of this one nothing was saved. Send it again.",
  );
}
