import type { Clock } from "../clock.ts";

const BEGINNING = Math.floor(Date.now() / 1000) * 1000;

/**
 * A clock that stands still until it is moved: `createSessions({ clock })`, and `new TestClient(app, { clock })`, whose cookies then
 * expire by it, too.
 *
 * @example
 * const clock = new FakeClock();
 * const sessions = createSessions({ storage, idleTimeout: 1800, clock });
 * clock.move(1801); // half an hour later
 */
export class FakeClock implements Clock {
  #now: number;

  /**
   * @param start the first instant. Default: the second in which the tests began, the same for all clocks of a process, so that they agree
   *   with one another, and with what goes by the machine's clock (a browser, another client's jar)
   */
  constructor(start: Date = new Date(BEGINNING)) {
    const now = start.getTime();
    if (Number.isNaN(now)) throw new RangeError("The clock's start is an invalid date.");
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves by this many seconds, back where they are negative. */
  move(seconds: number): void {
    if (!Number.isFinite(seconds)) throw new RangeError("A clock moves by a finite number of seconds.");
    this.#now += seconds * 1000;
  }
}
