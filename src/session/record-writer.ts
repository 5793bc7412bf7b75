import { ConfigError, GoneError, StoreError } from "../errors.ts";
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
  /** Waits before the next attempt; so many have failed before, and the last one took so many milliseconds. */
  pause(failures: number, ms: number): Promise<void>;
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
  conflicts: number;
}

/** How many conflicts one write goes through before it gives up. */
const MAX_CONFLICTS = 5;

/** How long the function of one `session.update` may take. */
const MAX_CHANGE_MS = 5000;

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
      const job = { ...work, resolve, reject, conflicts: 0 };
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
    while (line.length > 0) newest = await this.#write(key, newest ?? line[0]!.known, line);
    this.#lines.delete(key.id);
  }

  /** Does the first jobs of the line. Never rejects. The record's newest state afterwards, where it is known. */
  async #write(key: SessionKey, start: Known, line: Job[]): Promise<Known | undefined> {
    let known = start;
    let jobs: Job[] = [];
    try {
      for (let conflicts = 0; ; conflicts++) {
        jobs.push(...takeNext(line, jobs));
        const begun = this.#access.now();
        const [text, changed] = await this.#apply(known, jobs);
        jobs = changed;
        if (jobs.length === 0) return known;
        const result = await this.#attempt(key, known, text, jobs[0]!);
        if (result.outcome === "gone") throw new GoneError("A change");
        if (result.outcome === "saved") {
          const done = { ...known, text, version: result.version, seen: this.#access.now() };
          for (const job of jobs) job.resolve(done);
          // After an exchange this key has another record than its line goes on from.
          return jobs[0]!.exchange === undefined ? done : undefined;
        }
        this.#access.conflicted();
        known = this.#access.read(key, result.current, known);
        if (this.#access.isRetired(known.text)) throw renamed();
        jobs = jobs.filter(hasPatience);
        if (jobs.length === 0) return known;
        await this.#access.pause(conflicts, this.#access.now().getTime() - begun.getTime());
      }
    } catch (error) {
      // Those in the line have waited for the same store, and would wait for it once more.
      const isSilent = error instanceof StoreError && error.code === "STORE_TIMEOUT";
      for (const job of isSilent ? [...jobs, ...line.splice(0)] : jobs) job.reject(error);
      return undefined;
    }
  }

  /** All changes on top of each other; one that throws is left out. */
  async #apply(known: Known, jobs: readonly Job[]): Promise<[text: string, jobs: Job[]]> {
    let { text } = known;
    const changed: Job[] = [];
    for (const job of jobs) {
      try {
        if (job.change !== undefined) text = await soon(job.change(text));
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

/** The jobs that can be done together with those that are under way: changes in any number, an exchange alone. */
function takeNext(line: Job[], underWay: readonly Job[]): Job[] {
  if (underWay[0]?.exchange !== undefined) return [];
  const end = line.findIndex((job) => job.exchange !== undefined);
  if (end === 0) return underWay.length === 0 ? line.splice(0, 1) : [];
  return line.splice(0, end < 0 ? line.length : end);
}

/** Counts one more conflict of a job; one too many ends it. */
function hasPatience(job: Job): boolean {
  if (++job.conflicts <= MAX_CONFLICTS) return true;
  job.reject(tooMany());
  return false;
}

/** An application's function that waits for the session itself must not hold up everybody for ever. */
async function soon(text: string | Promise<string>): Promise<string> {
  if (typeof text === "string") return text;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow()), MAX_CHANGE_MS);
  });
  try {
    return await Promise.race([text, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(): ConfigError {
  return new ConfigError(
    `The function given to session.update took longer than ${MAX_CHANGE_MS / 1000} seconds; nothing was saved. It must only change the data: fetch before, and do not use the session in it.`,
  );
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
