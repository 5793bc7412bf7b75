import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";

/** How many writes share a transaction at most, so that none blocks the event loop for long. */
const TOGETHER = 100;
/** How often a lock is tried, with pauses of 1, 2, 3, 4 and then 5 milliseconds: five seconds. */
const TRIES = 1000;
const LONGEST_PAUSE = 5;

interface Write {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs writes in transactions. Those that come while the event loop turns once share one, and with it the wait for the disk; none of
 * them is answered before it is committed.
 */
export class SqliteWriter {
  readonly #database: { exec(sql: string): unknown };
  readonly #prepare: () => void;
  #waiting: Write[] = [];
  #running = false;

  /** @param prepare - called before each transaction */
  constructor(database: { exec(sql: string): unknown }, prepare: () => void) {
    this.#database = database;
    this.#prepare = prepare;
  }

  /** What `work` gives, when it is durable. It may run more than once, after what it did has been undone. */
  write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as Write["resolve"], reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await turn();
      await this.#commit(this.#waiting.splice(0, TOGETHER));
    }
    this.#running = false;
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    try {
      const results = await whenFree(() => this.#transaction(writes));
      for (const [index, { resolve }] of writes.entries()) resolve(results[index]);
    } catch (error) {
      // One of them failed, and none was done: each one for itself, then.
      if (writes.length > 1 && !isBusy(error)) for (const write of writes) await this.#commit([write]);
      else for (const { reject } of writes) reject(error);
    }
  }

  #transaction(writes: readonly Write[]): unknown[] {
    this.#prepare();
    // Not prepared: libsql does not reset a prepared statement that was busy, and with it the connection reads what is past.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const results = writes.map(({ work }) => work());
      this.#database.exec("COMMIT");
      return results;
    } catch (error) {
      try {
        this.#database.exec("ROLLBACK");
      } catch {
        // After some errors, a full disk for one, SQLite has done that already.
      }
      throw error;
    }
  }
}

/**
 * What `run` gives, tried again while another connection holds a lock. SQLite's own way of waiting would stop the event loop.
 *
 * @throws the driver's error, when the lock is held for five seconds
 */
export async function whenFree<T>(run: () => T): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return run();
    } catch (error) {
      if (!isBusy(error) || tries === TRIES) throw error;
    }
    await delay(Math.min(tries, LONGEST_PAUSE));
  }
}

/** SQLite's text for SQLITE_BUSY: the codes that go with it have other names in each driver, and Deno leaves them out. */
function isBusy(error: unknown): boolean {
  return String((error as { readonly message?: unknown }).message).includes("database is locked");
}
