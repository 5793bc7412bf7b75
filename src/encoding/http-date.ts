/** The first and the last second that an HTTP date can name: the years 1 to 9999. */
export const HTTP_DATE_RANGE = { first: -62_135_596_800, last: 253_402_300_799 } as const;

const SECONDS_PER_DAY = 86_400;
const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, number) =>
  String(number).padStart(2, "0"),
);

let lastSecond = 0;
let lastText = "Thu, 01 Jan 1970 00:00:00 GMT";
let lastDay = 0;
let lastDayText = "Thu, 01 Jan 1970";

/**
 * Writes whole seconds since 1970 as an IMF-fixdate (RFC 9110 section 5.6.7), the form of `Expires` and `Date`. A fraction
 * is rounded down. The last second's and the last day's text are kept: the cookies of one second mostly share their
 * `Expires`, those of one day mostly its date.
 *
 * ```ts
 * formatHttpDate(1_795_200_000); // "Fri, 20 Nov 2026 18:40:00 GMT"
 * ```
 *
 * @throws RangeError outside {@link HTTP_DATE_RANGE}
 */
export function formatHttpDate(seconds: number): string {
  const second = Math.floor(seconds);
  if (second === lastSecond) return lastText;
  if (!(second >= HTTP_DATE_RANGE.first && second <= HTTP_DATE_RANGE.last)) {
    throw new RangeError("An HTTP date must lie in the years 1 to 9999.");
  }
  const day = Math.floor(second / SECONDS_PER_DAY);
  if (day !== lastDay) {
    lastDayText = new Date(day * SECONDS_PER_DAY * 1000).toUTCString().slice(0, 16);
    lastDay = day;
  }
  const time = second - day * SECONDS_PER_DAY;
  const hour = TWO_DIGITS[Math.floor(time / 3600)]!;
  const minute = TWO_DIGITS[Math.floor(time / 60) % 60]!;
  lastText = `${lastDayText} ${hour}:${minute}:${TWO_DIGITS[time % 60]!} GMT`;
  lastSecond = second;
  return lastText;
}
