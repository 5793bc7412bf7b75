import { channel } from "node:diagnostics_channel";
import { systemClock } from "../../clock.ts";
import { ConfigError, StoreError, TooLargeError } from "../../errors.ts";
import type { Events } from "../events.ts";
import type { SessionStore } from "../store.ts";
import { keepsRequestsApart } from "./requests-apart.ts";

/** The diagnostics channel on which every call of a store is published: which one, and how it ended. */
export const STORE_CHANNEL = "hipflask:store";

/** What is published on {@link STORE_CHANNEL}. */
export interface StoreCall {
  /** The method of the store. */
  readonly operation: Operation;
  /** `failed`: the store said so; `timeout`: it said nothing; `refused`: it was not asked. */
  readonly outcome: "ok" | "failed" | "timeout" | "refused";
}

type Operation = Exclude<keyof SessionStore, "setup">;

const calls = channel(STORE_CHANNEL);

/** Milliseconds between two looks at what is under way. */
const TICK = 100;
/** So many failures in a row mean that the store is down. */
const FAILURES = 5;
/** Work over many records may take so many times as long. */
const PATIENCE: Partial<Record<Operation, number>> = {
  list: 10,
  deleteOwned: 10,
  deleteAll: 60,
  deleteExpired: 60,
};
/** Ticks from an attempt to reach a store that is down, and from its failure, to the next one. */
const RETRY = 5;

interface Pending {
  readonly deadline: number;
  readonly expire: () => void;
}

export interface GuardOptions {
  /** Seconds that a store may take for one operation. */
  readonly timeout: number;
  /** How many operations may be under way at once; more are refused. */
  readonly maxPending: number;
  /** What the store keeps, for messages. Default: `the sessions`. */
  readonly what?: string;
}

/**
 * Stands before a store and gives each call a clear end: done, or a {@link StoreError}. An operation that takes too long
 * is given up; while the store is down all but one in half a second are refused at once, so that hardly anybody waits for it.
 */
export class StoreGuard<Store extends object = SessionStore> {
  readonly #store: Store;
  readonly #events: Events;
  readonly #ticks: number;
  readonly #maxPending: number;
  readonly #name: string;
  readonly #pending = new Set<Pending>();
  /** Then each call has a timer of its own, and the machine's clock takes the place of ticks. */
  readonly #isApart = keepsRequestsApart();
  #timer: NodeJS.Timeout | undefined;
  #ticked = 0;
  #successes = 0;
  #failures = 0;
  #nextTry = 0;

  constructor(store: Store, events: Events, { timeout, maxPending, what = "the sessions" }: GuardOptions) {
    this.#store = store;
    this.#events = events;
    this.#ticks = Math.ceil((timeout * 1000) / TICK);
    this.#maxPending = maxPending;
    this.#name = `The store of ${what}`;
  }

  /** Whether the store has a method that not every store has. */
  can(operation: Operation): boolean {
    return (this.#store as Partial<SessionStore>)[operation] !== undefined;
  }

  /** Calls the store. @throws StoreError | TooLargeError | ConfigError */
  call<T>(operation: Operation, work: (store: Store) => Promise<T>): Promise<T> {
    // A request that ended before the answer, because its visitor went away, has left behind what nobody else removes.
    if (this.#isApart && this.#pending.size >= this.#maxPending) this.#expire();
    const wait = this.#nextTry - this.#now;
    // The machine's clock may have been put back.
    if (this.#isDown && wait > 0 && wait <= RETRY) return Promise.reject(this.#refuse(operation, "is down"));
    if (this.#pending.size >= this.#maxPending)
      return Promise.reject(this.#refuse(operation, "has too much to do"));
    if (this.#isDown) this.#nextTry = this.#now + RETRY;
    const successes = this.#successes;
    // One promise and no more than that: each costs, and every request with a session comes through here.
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        // It was given up already.
        if (!this.#pending.delete(pending)) return;
        clearTimeout(timer);
        // Where another one was answered since this one began, the store is not down.
        reject(this.#explained(operation, error, successes === this.#successes));
      };
      const patience = PATIENCE[operation] ?? 1;
      const ticks = this.#ticks * patience + 1;
      const pending = { deadline: this.#now + ticks, expire: () => fail(TIMEOUT) };
      this.#pending.add(pending);
      const timer = this.#isApart ? setTimeout(pending.expire, ticks * TICK) : undefined;
      this.#watch();
      const succeed = (result: T): void => {
        if (!this.#pending.delete(pending)) return;
        clearTimeout(timer);
        this.#succeeded(operation);
        resolve(result);
      };
      try {
        work(this.#store).then(succeed, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** In ticks. */
  get #now(): number {
    return this.#isApart ? Math.floor(systemClock.now() / TICK) : this.#ticked;
  }

  get #isDown(): boolean {
    return this.#failures >= FAILURES;
  }

  #watch(): void {
    if (!this.#isApart) this.#timer ??= setInterval(() => this.#tick(), TICK).unref();
  }

  #tick(): void {
    this.#ticked++;
    this.#expire();
    if (this.#pending.size > 0 || this.#isDown) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    for (const pending of this.#pending) {
      if (pending.deadline <= this.#now) pending.expire();
    }
  }

  #succeeded(operation: Operation): void {
    if (this.#isDown) this.#events.emit("store.up", `${this.#name} works again.`);
    this.#successes++;
    this.#failures = 0;
    publish(operation, "ok");
  }

  /** A record that is too large, or something that the store cannot do, says nothing of its health. */
  #explained(operation: Operation, error: unknown, counts: boolean): Error {
    if (error instanceof TooLargeError || error instanceof ConfigError) return error;
    return this.#failed(operation, error, counts);
  }

  #failed(operation: Operation, cause: unknown, counts: boolean): StoreError {
    const timedOut = cause === TIMEOUT;
    publish(operation, timedOut ? "timeout" : "failed");
    const problem = timedOut ? "did not answer in time" : "failed";
    this.#events.emit("store.failed", `${this.#name} ${problem}: ${operation}.`);
    if (counts && ++this.#failures === FAILURES) {
      this.#watch();
      this.#events.emit("store.down", `${this.#name} failed ${FAILURES} times in a row.`);
    }
    // Whoever asks one thing after the other must not pay for each attempt of a store that says nothing.
    if (this.#isDown) this.#nextTry = this.#now + RETRY;
    return timedOut
      ? new StoreError("STORE_TIMEOUT", `${this.#name} ${problem} (${operation}).`)
      : new StoreError("STORE_UNAVAILABLE", `${this.#name} ${problem} (${operation}).`, {
          cause: redacted(cause),
        });
  }

  #refuse(operation: Operation, why: string): StoreError {
    publish(operation, "refused");
    return new StoreError("STORE_UNAVAILABLE", `${this.#name} ${why}; it was not asked (${operation}).`);
  }
}

const TIMEOUT = Symbol("timeout");

/** A driver's error without what drivers add to it: some keep the whole command, with the session's data in it. */
function redacted(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error("The store gave no error of its own.");
  const { name, message, stack, code } = cause as NodeJS.ErrnoException;
  const error = new Error(message);
  return Object.assign(error, { name, stack, ...(code === undefined ? {} : { code }) });
}

function publish(operation: Operation, outcome: StoreCall["outcome"]): void {
  if (calls.hasSubscribers) calls.publish({ operation, outcome } satisfies StoreCall);
}
