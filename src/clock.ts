/** The one source of "now". Everything that needs the time takes a `Clock`, so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Whole seconds since 1970, rounded down, as Python's `int(time.time())`. */
export function seconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}

/** Seconds that another machine's clock may be ahead without logging anybody out. */
export const LEEWAY = 5;
