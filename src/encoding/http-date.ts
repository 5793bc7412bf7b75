/** The first and the last second that an HTTP date can name: the years 1 to 9999. */
export const HTTP_DATE_RANGE = { first: -62_135_596_800, last: 253_402_300_799 } as const;

let lastSecond = 0;
let lastText = "Thu, 01 Jan 1970 00:00:00 GMT";

/**
 * Writes whole seconds since 1970 as an IMF-fixdate (RFC 9110 section 5.6.7), the form of `Expires` and `Date`. A fraction
 * is rounded down. The last second's text is kept: the cookies of one second mostly share their `Expires`.
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
  lastText = new Date(second * 1000).toUTCString();
  lastSecond = second;
  return lastText;
}
