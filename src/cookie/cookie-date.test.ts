import fc from "fast-check";
import { parseDate } from "tough-cookie";
import { describe, expect, test } from "vitest";
import { parseCookieDate } from "./cookie-date.ts";

describe("parseCookieDate", () => {
  test.each([
    ["Fri, 20 Nov 2026 18:40:00 GMT", "2026-11-20T18:40:00Z"],
    ["Friday, 20-Nov-26 18:40:00 GMT", "2026-11-20T18:40:00Z"],
    ["Fri Nov 20 18:40:00 2026", "2026-11-20T18:40:00Z"],
    ["20 nov 70 1:2:3", "1970-11-20T01:02:03Z"],
    ["20 nov 69 1:2:3", "2069-11-20T01:02:03Z"],
    ["1:2:3x 4th November 1999rest", "1999-11-04T01:02:03Z"],
    ["29 Feb 2024 00:00:00", "2024-02-29T00:00:00Z"],
    ["01 Jan 1601 00:00:00", "1601-01-01T00:00:00Z"],
  ])("reads %s", (text, iso) => {
    expect(parseCookieDate(text)).toEqual(new Date(iso));
  });

  test.each([
    "",
    "Fri, 20 Nov 2026",
    "Nov 2026 18:40:00",
    "20 Nov 18:40:00",
    "20 2026 18:40:00",
    "31 Nov 2026 18:40:00",
    "29 Feb 2026 00:00:00",
    "00 Nov 2026 18:40:00",
    "20 Nov 1600 18:40:00",
    "20 Nov 2026 24:00:00",
    "20 Nov 2026 00:60:00",
    "20 Nov 2026 00:00:60",
    "20 Nov 20260 18:40:00",
    "20 Nov 2026 18:40:000",
  ])("refuses %j", (text) => {
    expect(parseCookieDate(text)).toBeUndefined();
  });

  test("agrees with tough-cookie on shuffled dates", () => {
    const part = fc.constantFrom(
      "1",
      "20",
      "31",
      "0",
      "Jan",
      "feb",
      "Nov",
      "Mon",
      "1:2:3",
      "23:59:59",
      "24:0:0",
      "26",
      "2026",
      "1999",
      "GMT",
      "x",
    );
    const separator = fc.constantFrom(" ", ", ", "-", "/");
    fc.assert(
      fc.property(fc.array(fc.tuple(part, separator), { maxLength: 7 }), (parts) => {
        const text = parts.flat().join("");
        expect(parseCookieDate(text)?.getTime()).toBe(parseDate(text)?.getTime());
      }),
      { numRuns: 3000 },
    );
  });
});
