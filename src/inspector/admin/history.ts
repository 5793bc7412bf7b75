import { subscribe } from "node:diagnostics_channel";
import { type EventType, type SessionManager, STORE_CHANNEL, type StoreCall } from "../../session/index.ts";

const MINUTE = 60_000;
/** How many minutes are kept. */
const MINUTES = 60;

type Outcome = StoreCall["outcome"];

/** What has happened in this process since it was made: totals, and the last hour by minutes. Its size does not grow. */
export class History {
  readonly since: number;
  readonly #now: () => number;
  readonly #totals = new Map<EventType, { count: number; last: number; message: string }>();
  readonly #minutes = new Map<number, Map<EventType, number>>();
  readonly #calls = new Map<string, Record<Outcome, number>>();
  #downSince: number | undefined;

  constructor(sessions: SessionManager) {
    const { clock } = sessions.settings.timing;
    this.#now = () => clock.now();
    this.since = this.#now();
    sessions.on("*", ({ type, message }) => this.#note(type, message));
    subscribe(STORE_CHANNEL, (call) => this.#noteCall(call as StoreCall));
  }

  #note(type: EventType, message: string): void {
    const now = this.#now();
    this.#totals.set(type, { count: this.count(type) + 1, last: now, message });
    const minute = Math.floor(now / MINUTE);
    const counts = this.#minutes.get(minute) ?? new Map<EventType, number>();
    this.#minutes.set(minute, counts.set(type, (counts.get(type) ?? 0) + 1));
    for (const old of this.#minutes.keys()) {
      if (this.#minutes.size <= MINUTES) break;
      this.#minutes.delete(old);
    }
    if (type === "store.down") this.#downSince = now;
    if (type === "store.up") this.#downSince = undefined;
  }

  #noteCall({ operation, outcome }: StoreCall): void {
    const counts = this.#calls.get(operation) ?? { ok: 0, failed: 0, timeout: 0, refused: 0 };
    counts[outcome] += 1;
    this.#calls.set(operation, counts);
  }

  /** Since when the store has been down, in milliseconds since 1970; undefined while it is not. */
  get downSince(): number | undefined {
    return this.#downSince;
  }

  count(type: EventType): number {
    return this.#totals.get(type)?.count ?? 0;
  }

  /** The last event of a type: when, in milliseconds since 1970, and what it said. */
  last(type: EventType): { last: number; message: string } | undefined {
    return this.#totals.get(type);
  }

  /** All types that there were, the most frequent first. */
  events(): { type: EventType; count: number; last: number }[] {
    return [...this.#totals]
      .map(([type, { count, last }]) => ({ type, count, last }))
      .toSorted((a, b) => b.count - a.count);
  }

  /** How many events of a type there were in each of the last 60 minutes, the present one last. */
  perMinute(type: EventType): number[] {
    const present = Math.floor(this.#now() / MINUTE);
    return Array.from(
      { length: MINUTES },
      (_, index) => this.#minutes.get(present - MINUTES + 1 + index)?.get(type) ?? 0,
    );
  }

  /** The calls of all stores of this process. */
  calls(): (Record<Outcome, number> & { operation: string })[] {
    return [...this.#calls].map(([operation, counts]) => ({ operation, ...counts }));
  }
}
