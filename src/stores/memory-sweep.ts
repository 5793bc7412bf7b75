/** What a sweep must know of a record. */
export interface Swept {
  /** The second of the process's life from which on it may be removed. */
  due: number;
  /** Its place among all others; the sweep's own. */
  slot: number;
}

/** A sweep passes over everything in this many milliseconds ... */
const PASS = 60_000;
/** ... in slices of this many, which take a third of a millisecond when all of them are due. */
const SLICE = 1000;
/** Seconds that a timer may be late. */
const GRACE = 2;

/**
 * Removes what is due, a little at a time. There is one timer, only while there is something to sweep, and it keeps no
 * process alive. Where a timer ends with the request that made it, as on workerd, the next record that is added stands in for it.
 */
export class Sweep<T extends Swept> {
  readonly #remove: (record: T) => void;
  #slots: T[] = [];
  /** How many slots the present pass has yet to see. */
  #unseen = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The second of the process's life after which the timer will not come any more. */
  #late = 0;

  /** `remove` is called for what is due, and must call `delete`. */
  constructor(remove: (record: T) => void) {
    this.#remove = remove;
  }

  get size(): number {
    return this.#slots.length;
  }

  add(record: T): void {
    if (this.#timer !== undefined && uptime() > this.#late) this.#sweepSlice();
    record.slot = this.#slots.push(record) - 1;
    if (this.#timer === undefined) this.#schedule();
  }

  delete(record: T): void {
    const last = this.#slots.pop()!;
    if (last === record) return;
    last.slot = record.slot;
    this.#slots[record.slot] = last;
  }

  /**
   * The records in up to `count` slots below the slot `end` (undefined: all), from the last one down: what moves meanwhile into a slot
   * further down was there to be seen before or will be. Also gives the next `end`, undefined when there is none.
   */
  slice(end: number | undefined, count: number): [records: T[], next: number | undefined] {
    const last = Math.min(end ?? Infinity, this.#slots.length);
    const first = Math.max(0, last - count);
    return [this.#slots.slice(first, last), first === 0 ? undefined : first];
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#slots = [];
  }

  #schedule(): void {
    const delay = Math.min(PASS, (PASS * SLICE) / this.#slots.length);
    this.#timer = setTimeout(() => this.#sweepSlice(), delay);
    this.#timer.unref?.();
    this.#late = uptime() + delay / 1000 + GRACE;
  }

  /** From the last slot to the first, so that what moves into a slot that became free was seen before. */
  #sweepSlice(): void {
    const now = uptime();
    let slot = Math.min(this.#unseen, this.#slots.length) || this.#slots.length;
    const end = Math.max(0, slot - SLICE);
    while (slot > end) {
      slot -= 1;
      const record = this.#slots[slot]!;
      if (record.due <= now) this.#remove(record);
    }
    this.#unseen = slot;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#slots.length > 0) this.#schedule();
  }
}

/** Seconds since the process began: what no change of the machine's clock moves. */
export function uptime(): number {
  return Math.floor(performance.now() / 1000);
}
