import { GoneError, StoreError } from "../../errors.ts";
import { soon, tooSlow } from "../change-limit.ts";
import { inOwnContext } from "../own-context.ts";
import type { LoadedRecord, SaveResult, SessionKey, Version } from "../store.ts";
import { keepsRequestsApart } from "./requests-apart.ts";

/** A record's text, and the version that has it. */
export interface Known {
  readonly text: string;
  readonly version: Version;
}

/** What the writer needs to be done in the store. */
export interface RecordAccess<K extends Known, Stored extends LoadedRecord> {
  /** What a conflict has brought to light. @throws StoreError */
  read(key: SessionKey, record: Stored): K;
  save(key: SessionKey, known: K, text: string): Promise<SaveResult<Stored>>;
  /** What is known after a save of this text. */
  saved(known: K, text: string, version: Version): K;
  /** What there is now; undefined when the session has ended. @throws StoreError */
  load(key: SessionKey): Promise<K | undefined>;
  /** Whether a text stands for a session that got a new ID. */
  isRetired(text: string): boolean;
  /** Waits before the next attempt; so many have failed before, and the last one took so many milliseconds. */
  pause(failures: number, ms: number): Promise<void>;
  now(): Date;
  conflicted(): void;
}

/** Makes of the record's newest text another one. May be called more than once. */
type Change = (text: string) => string | Promise<string>;
/** Writes more than the record itself. */
type Exchange<K, Stored extends LoadedRecord> = (known: K) => Promise<SaveResult<Stored>>;

interface Job<K, Stored extends LoadedRecord> {
  readonly known: K;
  readonly change: Change | undefined;
  readonly exchange: Exchange<K, Stored> | undefined;
  readonly resolve: (known: K) => void;
  readonly reject: (error: unknown) => void;
  conflicts: number;
}

/** How many conflicts one write goes through before it gives up. */
const MAX_CONFLICTS = 5;
/** ... where no line keeps the writes of one process apart. */
const MAX_CONFLICTS_APART = 20;

/**
 * Writes records without losing what others write at the same time. Writes of this process to one session stand in a
 * line; those that wait are written together, each on top of the one before. Against other processes the record's version
 * decides: on a conflict everything is done once more on what is there now. Where no request may wait for another one, there are no
 * lines, and the version decides alone.
 */
export class RecordWriter<K extends Known, Stored extends LoadedRecord> {
  readonly #access: RecordAccess<K, Stored>;
  readonly #lines = new Map<string, Job<K, Stored>[]>();
  readonly #hasLines = !keepsRequestsApart();

  constructor(access: RecordAccess<K, Stored>) {
    this.#access = access;
  }

  /**
   * Changes a record; `known` is the state that this request knows.
   *
   * @throws GoneError when the session has ended
   * @throws StoreError when the store fails, others come first too often, or the session got a new ID
   */
  change(key: SessionKey, known: K, change: Change): Promise<K> {
    return this.#enqueue(key, known, change, undefined);
  }

  /** As {@link change}, with a step of the store that does more than a save. */
  exchange(key: SessionKey, known: K, exchange: Exchange<K, Stored>): Promise<K> {
    return this.#enqueue(key, known, undefined, exchange);
  }

  #enqueue(
    key: SessionKey,
    known: K,
    change: Change | undefined,
    exchange: Exchange<K, Stored> | undefined,
  ): Promise<K> {
    return new Promise((resolve, reject) => {
      const job = { known, change, exchange, resolve, reject, conflicts: 0 };
      const line = this.#lines.get(key.id);
      if (line !== undefined) {
        // Another request calls it, and the application may ask in it which one is served.
        line.push({ ...job, change: change && inOwnContext(change) });
        return;
      }
      const begun = [job];
      if (this.#hasLines) this.#lines.set(key.id, begun);
      void this.#run(key, begun);
    });
  }

  async #run(key: SessionKey, line: Job<K, Stored>[]): Promise<void> {
    let newest: K | undefined;
    while (line.length > 0) newest = await this.#write(key, newest, line);
    this.#lines.delete(key.id);
  }

  /** Does the first jobs of the line. Never rejects. The record's newest state afterwards, where it is known. */
  async #write(key: SessionKey, newest: K | undefined, line: Job<K, Stored>[]): Promise<K | undefined> {
    let known = newest ?? line[0]!.known;
    let isNewest = newest !== undefined;
    let jobs: Job<K, Stored>[] = [];
    try {
      for (let conflicts = 0; ; conflicts++) {
        jobs.push(...takeNext(line, jobs));
        const begun = this.#access.now();
        let applied = await applyAll(known.text, jobs);
        if (applied.refused.length > 0 && !isNewest) {
          // On the newest state the application may think otherwise.
          known = this.#usable(await this.#access.load(key));
          isNewest = true;
          const { late } = applied;
          applied = await applyAll(
            known.text,
            jobs.filter((job) => !late.includes(job)),
          );
        }
        for (const { job, error } of applied.refused) job.reject(error);
        jobs = applied.changed;
        if (jobs.length === 0) return isNewest ? known : undefined;
        const result = await this.#attempt(key, known, applied.text, jobs[0]!);
        if (result.outcome === "gone") throw new GoneError("A change");
        if (result.outcome === "saved") {
          const done = this.#access.saved(known, applied.text, result.version);
          for (const job of jobs) job.resolve(done);
          // After an exchange this key has another record than its line goes on from.
          return jobs[0]!.exchange === undefined ? done : undefined;
        }
        this.#access.conflicted();
        known = this.#usable(this.#access.read(key, result.current));
        isNewest = true;
        jobs = jobs.filter((job) => this.#hasPatience(job));
        if (jobs.length === 0) return known;
        await this.#access.pause(
          this.#hasLines ? conflicts : 0,
          this.#access.now().getTime() - begun.getTime(),
        );
      }
    } catch (error) {
      // Those in the line have waited for the same store, and would wait for it once more.
      const isSilent = error instanceof StoreError && error.code === "STORE_TIMEOUT";
      for (const job of isSilent ? [...jobs, ...line.splice(0)] : jobs) job.reject(error);
      return undefined;
    }
  }

  /** Counts one more conflict of a job; one too many ends it. */
  #hasPatience(job: Job<K, Stored>): boolean {
    if (++job.conflicts <= (this.#hasLines ? MAX_CONFLICTS : MAX_CONFLICTS_APART)) return true;
    job.reject(tooMany());
    return false;
  }

  #usable(known: K | undefined): K {
    if (known === undefined) throw new GoneError("A change");
    if (this.#access.isRetired(known.text)) throw renamed();
    return known;
  }

  #attempt(
    key: SessionKey,
    known: K,
    text: string,
    { exchange }: Job<K, Stored>,
  ): Promise<SaveResult<Stored>> {
    if (exchange !== undefined) return exchange(known);
    if (text === known.text) return Promise.resolve({ outcome: "saved", version: known.version });
    return this.#access.save(key, known, text);
  }
}

/** Changes on top of each other; those that throw are left out, and those that take too long are over. */
interface Applied<J> {
  readonly text: string;
  readonly changed: J[];
  readonly refused: { readonly job: J; readonly error: unknown }[];
  readonly late: J[];
}

async function applyAll<J extends { change: Change | undefined; reject(error: unknown): void }>(
  start: string,
  jobs: readonly J[],
): Promise<Applied<J>> {
  const applied = { text: start, changed: [] as J[], refused: [] as Applied<J>["refused"], late: [] as J[] };
  for (const job of jobs) {
    try {
      const next = job.change?.(applied.text) ?? applied.text;
      const text = typeof next === "string" ? next : await soon(next);
      if (text === undefined) {
        job.reject(tooSlow());
        applied.late.push(job);
        continue;
      }
      applied.text = text;
      applied.changed.push(job);
    } catch (error) {
      applied.refused.push({ job, error });
    }
  }
  return applied;
}

/** The jobs that can be done together with those that are under way: changes in any number, an exchange alone. */
function takeNext<J extends { exchange: unknown }>(line: J[], underWay: readonly J[]): J[] {
  if (underWay[0]?.exchange !== undefined) return [];
  const end = line.findIndex((job) => job.exchange !== undefined);
  if (end === 0) return underWay.length === 0 ? line.splice(0, 1) : [];
  return line.splice(0, end < 0 ? line.length : end);
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
