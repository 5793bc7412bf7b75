import { expect, test } from "vitest";
import { parseEmailDate } from "./email-date.ts";

// Each was read by Python 3.11's email.utils.parsedate_to_datetime.
test.each([
  ["Fri, 20 Nov 2026 12:00:00 GMT", 1795176000],
  ["20 Nov 2026 12:00:00 GMT", 1795176000],
  ["Fri, 20 Nov 2026 12:00:00 +0530", 1795156200],
  ["Fri, 20 Nov 2026 12:00:00 EST", 1795194000],
  ["Fri, 20 Nov 2026 12:00 GMT", 1795176000],
  ["Friday, 20-Nov-26 12:00:00 GMT", 1795176000],
  ["Fri Nov 20 12:00:00 2026", 1795176000],
  ["Fri, 20 Nov 2026 12:00:00", 1795176000],
  ["Fri, Nov 20 2026 12:00:00 GMT", 1795176000],
  ["Mon, 01 Jan 0001 00:00:00 GMT", 978307200],
  ["Mon, 01 Jun 0099 00:00:00 GMT", 928195200],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["Fri, 31 Dec 9999 23:59:59 GMT", 253402300799],
  ["20 November 2026 12:00:00 GMT", 1795176000],
  ["garbage", undefined],
  ["", undefined],
  [" ", undefined],
  ["Fri, 32 Nov 2026 12:00:00 GMT", undefined],
  ["Fri, 20 Nov 2026 24:00:00 GMT", undefined],
  ["Fri, 20 Foo 2026 12:00:00 GMT", undefined],
  ["Fri, 20 Nov 2026 noon GMT", undefined],
  ["2026-11-20T12:00:00Z", undefined],
])("%j is %s", (text, seconds) => {
  expect(parseEmailDate(text)).toBe(seconds);
});
