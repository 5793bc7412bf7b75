import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatHttpDate, HTTP_DATE_RANGE } from "./http-date.ts";

describe("formatHttpDate", () => {
  test("writes the example of RFC 9110", () => {
    expect(formatHttpDate(784_111_777)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });

  test("rounds a fraction down, before 1970 too", () => {
    expect(formatHttpDate(1.999)).toBe("Thu, 01 Jan 1970 00:00:01 GMT");
    expect(formatHttpDate(-0.5)).toBe("Wed, 31 Dec 1969 23:59:59 GMT");
  });

  test("equals the platform's UTC text for any second, in any order", () => {
    const second = fc.integer({ min: HTTP_DATE_RANGE.first, max: HTTP_DATE_RANGE.last });
    const steps = fc.array(fc.constantFrom(0, 1, -1, 59, 60, 3600, 86_399, 86_400, -86_400));
    fc.assert(
      fc.property(second, steps, (start, deltas) => {
        let now = start;
        for (const delta of [0, ...deltas]) {
          now = Math.min(Math.max(now + delta, HTTP_DATE_RANGE.first), HTTP_DATE_RANGE.last);
          expect(formatHttpDate(now)).toBe(new Date(now * 1000).toUTCString());
        }
      }),
    );
  });

  test("covers the years 1 to 9999 and refuses what lies outside", () => {
    expect(formatHttpDate(HTTP_DATE_RANGE.first)).toBe("Mon, 01 Jan 0001 00:00:00 GMT");
    expect(formatHttpDate(HTTP_DATE_RANGE.last)).toBe("Fri, 31 Dec 9999 23:59:59 GMT");
    for (const seconds of [HTTP_DATE_RANGE.first - 1, HTTP_DATE_RANGE.last + 1, NaN, Infinity, -Infinity]) {
      expect(() => formatHttpDate(seconds)).toThrow(RangeError);
    }
  });
});
