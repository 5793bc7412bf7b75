import type { Clock } from "../../clock.ts";
import { randomBytes } from "../../crypto/random.ts";
import { ConfigError } from "../../errors.ts";
import type { StoreGuard } from "./guarded-store.ts";
import { keepsRequestsApart } from "./requests-apart.ts";

/** How many records are removed at a time. */
const BATCH = 1000;
/** After each batch nothing is removed for so many times as long as it took. */
const REST = 10;
/** But for no longer than so many milliseconds: the clock may have jumped meanwhile. */
const LONGEST = 600_000;

/** Removes the records of sessions that have ended. */
export class Cleaner {
  readonly #guard: StoreGuard;
  readonly #clock: Clock;

  constructor(guard: StoreGuard, clock: Clock) {
    this.#guard = guard;
    this.#clock = clock;
  }

  /** Up to `limit` of them, and how many they were. @throws StoreError */
  remove(limit: number): Promise<number> {
    return this.#guard.call(
      "deleteExpired",
      (store) => store.deleteExpired?.(limit, new Date(this.#clock.now())) ?? Promise.resolve(0),
    );
  }

  /** All of them, every so many seconds; keeps no process alive. @throws ConfigError where a timer ends with its request */
  every(interval: number): void {
    if (keepsRequestsApart()) {
      throw new ConfigError(
        "cleanEvery needs a timer between requests. In a Worker call sessions.deleteExpired() from a Cron Trigger.",
      );
    }
    let round: Promise<void> | undefined;
    const begin = (): void => {
      round ??= this.#removeAll().finally(() => {
        round = undefined;
      });
    };
    // Processes that start together do not clean together.
    const start = (interval * randomBytes(1)[0]!) / 256;
    setTimeout(() => setInterval(begin, interval * 1000).unref(), start * 1000).unref();
  }

  /** With long rests between, so that no request has to wait. What fails is an event already. */
  async #removeAll(): Promise<void> {
    for (;;) {
      const begun = this.#clock.now();
      const removed = await this.remove(BATCH).catch(() => 0);
      if (removed < BATCH) return;
      await rest(Math.min(REST * (this.#clock.now() - begun), LONGEST));
    }
  }
}

/** Keeps no process alive. */
function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
