import { PyDate, PyDatetime, PyTimedelta } from "../python-values.ts";

/**
 * The states of Python's datetime, date and timedelta, as `Modules/_datetimemodule.c` pickles them. Each function answers
 * undefined for what Python has no such value for.
 */

const DAY_SECONDS = 86_400n;
const SECOND = 1_000_000n;
const MAX_DAYS = 999_999_999n;
/** `fold` is the highest bit of the month. */
const FOLD = 0x80;

/**
 * A Date where that is enough: for an aware one in UTC without microseconds of its own.
 *
 * @param offset seconds east of UTC; undefined: naive
 */
export function readDatetime(state: Uint8Array, offset: number | undefined): Date | undefined {
  if (state.length !== 10) return undefined;
  const [year1 = 0, year2 = 0, foldedMonth = 0, day = 0, hour = 0, minute = 0, second = 0, ...micro] = state;
  const month = foldedMonth & ~FOLD;
  const microseconds = micro.reduce((sum, byte) => sum * 256 + byte, 0);
  const local = dayOf(year1 * 256 + year2, month, day);
  if (local === undefined || hour > 23 || minute > 59 || second > 59 || microseconds > 999_999)
    return undefined;
  local.setUTCHours(hour, minute, second, Math.floor(microseconds / 1000));
  const fold = foldedMonth === month ? 0 : 1;
  const microsecond = microseconds % 1000;
  if (offset === 0 && microsecond === 0 && fold === 0) return local;
  return new PyDatetime(local.getTime() - (offset ?? 0) * 1000, microsecond, offset, fold);
}

/** The state of the local time; a Date that is no PyDatetime is in UTC. */
export function datetimeState(date: Date): Uint8Array | undefined {
  const { microsecond, offset, fold } = date instanceof PyDatetime ? date : UTC;
  if (!Number.isInteger(microsecond) || microsecond < 0 || microsecond > 999) return undefined;
  if (offset !== undefined && !isOffset(offset)) return undefined;
  const local = new Date(date.getTime() + (offset ?? 0) * 1000);
  const year = local.getUTCFullYear();
  // Of an invalid Date every field is NaN.
  if (!(year >= 1 && year <= 9999)) return undefined;
  const microseconds = local.getUTCMilliseconds() * 1000 + microsecond;
  return Uint8Array.of(
    year >> 8,
    year,
    (local.getUTCMonth() + 1) | (fold === 1 ? FOLD : 0),
    local.getUTCDate(),
    local.getUTCHours(),
    local.getUTCMinutes(),
    local.getUTCSeconds(),
    microseconds >> 16,
    microseconds >> 8,
    microseconds,
  );
}

const UTC = { microsecond: 0, offset: 0, fold: 0 } as const;

/** Whether Python has a time zone so many seconds east of UTC: less than a day, in either direction. */
export function isOffset(seconds: number): boolean {
  return Number.isInteger(seconds) && Math.abs(seconds) < Number(DAY_SECONDS);
}

export function readDate(state: Uint8Array): PyDate | undefined {
  if (state.length !== 4) return undefined;
  const [year1 = 0, year2 = 0, month = 0, day = 0] = state;
  const date = dayOf(year1 * 256 + year2, month, day);
  return date && new PyDate(date.toISOString().slice(0, 10));
}

export function dateState(date: PyDate): Uint8Array {
  const [year, month, day] = date.iso.split("-").map(Number);
  return Uint8Array.of(year! >> 8, year!, month!, day!);
}

/** Of days, seconds and microseconds as Python keeps them: only the days may be negative. */
export function readTimedelta(days: bigint, seconds: bigint, microseconds: bigint): PyTimedelta | undefined {
  const normal = seconds >= 0n && seconds < DAY_SECONDS && microseconds >= 0n && microseconds < SECOND;
  if (!normal || !isDayCount(days)) return undefined;
  return new PyTimedelta((days * DAY_SECONDS + seconds) * SECOND + microseconds);
}

/** Days, seconds and microseconds. @see readTimedelta */
export function timedeltaParts({ microseconds }: PyTimedelta): readonly [bigint, bigint, bigint] | undefined {
  const day = DAY_SECONDS * SECOND;
  const rest = ((microseconds % day) + day) % day;
  const days = (microseconds - rest) / day;
  return isDayCount(days) ? [days, rest / SECOND, rest % SECOND] : undefined;
}

function isDayCount(days: bigint): boolean {
  return days >= -MAX_DAYS && days <= MAX_DAYS;
}

/** Midnight, UTC, of a day of the calendar between the years 1 and 9999. */
function dayOf(year: number, month: number, day: number): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && year >= 1 && year <= 9999 ? date : undefined;
}
