import { type Clock, systemClock } from "../clock.ts";
import { ConfigError } from "../errors.ts";

const DEFAULT_LIFETIME = 14 * 24 * 60 * 60;
/** Seconds: a hundred years. A date that is much later has no place in a cookie, and in some stores none either. */
const LONGEST = 3_155_760_000;

/** Durations and clock, checked and with their defaults. */
export interface Timing {
  readonly clock: Clock;
  readonly lifetime: number;
  readonly idleTimeout: number | undefined;
}

/** @throws ConfigError for a duration that is no whole number of seconds, or more than a hundred years */
export function timing(
  {
    clock = systemClock,
    lifetime = DEFAULT_LIFETIME,
    idleTimeout,
  }: { [Key in keyof Timing]?: Timing[Key] | undefined },
  isFlask: boolean,
): Timing {
  // Flask allows a lifetime of 0: sessions that end within the second.
  checkSeconds("lifetime", lifetime, isFlask ? 0 : 1);
  if (idleTimeout !== undefined) checkSeconds("idleTimeout", idleTimeout, 1);
  if (typeof clock?.now !== "function")
    throw new ConfigError("The clock must be an object like { now: () => Date.now() }.");
  return { clock, lifetime, idleTimeout };
}

function checkSeconds(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= LONGEST) return;
  throw new ConfigError(`${name} must be a whole number of seconds, from ${least} to ${LONGEST}.`);
}
