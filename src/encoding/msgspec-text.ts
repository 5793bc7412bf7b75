import { Unwritable } from "./data-path.ts";
import { PyDatetime, type PyTimedelta } from "./python-values.ts";

/** The text that msgspec writes for times and durations (RFC 3339 and ISO 8601). Source: msgspec 0.22, `_core.c`. */

/** A `datetime.datetime` in numbers. */
export interface Moment {
  /** Whole seconds since 1970 in UTC, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999. */
  readonly microseconds: number;
  /** Whole seconds east of UTC; undefined: naive. */
  readonly offset: number | undefined;
}

const MILLION = 1_000_000;
const DAY = 86_400;

/** @throws TypeError when `date` is none that Python could have */
export function momentOf(date: Date): Moment {
  const time = date.getTime();
  const { microsecond, offset } = date instanceof PyDatetime ? date : { microsecond: 0, offset: 0 };
  if (Number.isNaN(time)) throw new Unwritable("it is an invalid Date.");
  if (!Number.isInteger(microsecond) || microsecond < 0 || microsecond > 999)
    throw new Unwritable("its microsecond is none of 0 to 999.");
  if (offset !== undefined && !(Number.isInteger(offset) && Math.abs(offset) < DAY))
    throw new Unwritable("its offset is not of whole seconds, or a day or more.");
  const seconds = Math.floor(time / 1000);
  return { seconds, microseconds: (time - seconds * 1000) * 1000 + microsecond, offset };
}

const FIRST = -62_135_596_800;
const LAST = 253_402_300_799;

/** Whether Python has a datetime for so many seconds since 1970: from the year 1 to 9999. */
export function isInYears(seconds: number): boolean {
  return seconds >= FIRST && seconds <= LAST;
}

/**
 * As in `2026-11-20T01:02:03.000004+01:00`: without a fraction where that is 0, without an offset where it is naive.
 *
 * @throws TypeError when its clock showed a year that Python does not have
 */
export function datetimeText({ seconds, microseconds, offset }: Moment): string {
  const local = seconds + (offset ?? 0);
  if (!isInYears(local)) throw new Unwritable("it is not in the years 1 to 9999.");
  return (
    new Date(local * 1000).toISOString().slice(0, 19) +
    (microseconds === 0 ? "" : `.${pad(microseconds, 6)}`) +
    (offset === undefined ? "" : offsetText(offset))
  );
}

/** Rounded to minutes, half a minute down; `Z` for none. */
function offsetText(seconds: number): string {
  const minutes = Math.ceil(Math.abs(seconds) / 60 - 0.5) % (DAY / 60);
  if (minutes === 0) return "Z";
  return `${seconds < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

/** As in `-P1DT3661.5S`. */
export function durationText({ microseconds }: PyTimedelta): string {
  const size = microseconds < 0n ? -microseconds : microseconds;
  const days = size / BigInt(DAY * MILLION);
  const rest = Number(size % BigInt(DAY * MILLION));
  const fraction = rest % MILLION === 0 ? "" : `.${pad(rest % MILLION, 6)}`.replace(/0+$/, "");
  const date = days === 0n ? "" : `${days}D`;
  const time = rest === 0 ? "" : `T${Math.floor(rest / MILLION)}${fraction}S`;
  return `${microseconds < 0n ? "-" : ""}P${date + time || "0D"}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
