import { ConfigError, GoneError, StoreError } from "../../errors.ts";
import type { SaveResult, SessionKey, StoredRecord, Version } from "../store.ts";

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
  /** What a conflict has brought to light. @throws StoreError */
  read(key: SessionKey, record: StoredRecord): Known;
  save(key: SessionKey, known: Known, text: string): Promise<SaveResult>;
  /** What there is now; undefined when the session has ended. @throws StoreError */
  load(key: SessionKey): Promise<Known | undefined>;
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
      // Field by field: spreading `work` takes V8 several microseconds.
      const { known, change, exchange } = work;
      const job = { known, change, exchange, resolve, reject, conflicts: 0 };
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
    while (line.length > 0) newest = await this.#write(key, newest, line);
    this.#lines.delete(key.id);
  }

  /** Does the first jobs of the line. Never rejects. The record's newest state afterwards, where it is known. */
  async #write(key: SessionKey, newest: Known | undefined, line: Job[]): Promise<Known | undefined> {
    let known = newest ?? line[0]!.known;
    let isNewest = newest !== undefined;
    let jobs: Job[] = [];
    try {
      for (let conflicts = 0; ; conflicts++) {
        jobs.push(...takeNext(line, jobs));
        const begun = this.#access.now();
        let [text, changed, refused] = await apply(known.text, jobs);
        if (refused.length > 0 && !isNewest) {
          // On the newest state the application may think otherwise.
          known = this.#usable(await this.#access.load(key));
          isNewest = true;
          [text, changed, refused] = await apply(known.text, jobs);
        }
        for (const { job, error } of refused) job.reject(error);
        jobs = changed;
        if (jobs.length === 0) return isNewest ? known : undefined;
        const result = await this.#attempt(key, known, text, jobs[0]!);
        if (result.outcome === "gone") throw new GoneError("A change");
        if (result.outcome === "saved") {
          const done = { ...known, text, version: result.version, seen: this.#access.now() };
          for (const job of jobs) job.resolve(done);
          // After an exchange this key has another record than its line goes on from.
          return jobs[0]!.exchange === undefined ? done : undefined;
        }
        this.#access.conflicted();
        known = this.#usable(this.#access.read(key, result.current));
        isNewest = true;
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

  #usable(known: Known | undefined): Known {
    if (known === undefined) throw new GoneError("A change");
    if (this.#access.isRetired(known.text)) throw renamed();
    return known;
  }

  #attempt(key: SessionKey, known: Known, text: string, { exchange }: Job): Promise<SaveResult> {
    if (exchange !== undefined) return exchange(known);
    if (text === known.text) return Promise.resolve({ outcome: "saved", version: known.version });
    return this.#access.save(key, known, text);
  }
}

interface Refused {
  readonly job: Job;
  readonly error: unknown;
}

/** All changes on top of each other; those that throw are left out. */
async function apply(
  start: string,
  jobs: readonly Job[],
): Promise<[text: string, changed: Job[], refused: Refused[]]> {
  let text = start;
  const changed: Job[] = [];
  const refused: Refused[] = [];
  for (const job of jobs) {
    try {
      if (job.change !== undefined) text = await soon(job.change(text));
      changed.push(job);
    } catch (error) {
      refused.push({ job, error });
    }
  }
  return [text, changed, refused];
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
