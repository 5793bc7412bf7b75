import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64url, encodeBase64url } from "../encoding/base64url.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

describe("a time stamp", () => {
  test("is base64url of the bytes without leading zeros", () => {
    expect([0, 1, 255, 256, 1_795_200_000].map(formatTimestamp)).toEqual(["", "AQ", "_w", "AQA", "awCUAA"]);
  });

  test("is read as it was written", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seconds) => {
        expect(parseTimestamp(formatTimestamp(seconds))).toBe(seconds);
      }),
    );
  });

  test("may have leading zeros, up to 8 bytes", () => {
    expect(parseTimestamp("AAAAAGsAlAA")).toBe(1_795_200_000);
    expect(parseTimestamp("__________8")).toBe(2 ** 64);
    expect(parseTimestamp("AQAAAAAAAAAA")).toBeUndefined();
    expect(parseTimestamp("A".repeat(100_000))).toBeUndefined();
  });

  test("is canonical base64url, or nothing", () => {
    expect(["A", "AB", "ts", "AQ==", "A Q", "+w", "é", "AAAAA"].map(parseTimestamp)).toEqual(
      Array(8).fill(undefined),
    );
  });

  test("is exactly what the strict decoder of the bytes accepts", () => {
    const unit = fc.constantFrom(..."ABQgw09-_+=é");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 11 }), (text) => {
        let expected: number | undefined;
        try {
          expected = decodeBase64url(text).reduce((seconds, byte) => seconds * 256 + byte, 0);
        } catch {
          expected = undefined;
        }
        if (expected !== undefined && expected > Number.MAX_SAFE_INTEGER)
          expect(parseTimestamp(text)).toBeCloseTo(expected, -6);
        else expect(parseTimestamp(text)).toBe(expected);
      }),
    );
  });

  test("of 2^64 - 1 is written exactly", () => {
    expect(formatTimestamp(2n ** 64n - 1n)).toBe(encodeBase64url(new Uint8Array(8).fill(255)));
  });
});
