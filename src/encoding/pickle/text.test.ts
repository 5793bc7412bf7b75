import fc from "fast-check";
import { expect, test } from "vitest";
import { MalformedError } from "../../errors.ts";
import { readUtf8, writeUtf8 } from "./text.ts";

test("any text is read as it was written, lone surrogates too", () => {
  const units = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
  const surrogates = fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit));
  const text = fc.string({ unit: fc.oneof(units, surrogates, fc.constantFrom("a", "é", "\ud83c\udf6a")) });
  fc.assert(
    fc.property(text, (written) => {
      expect(readUtf8(writeUtf8(written))).toBe(written);
    }),
  );
});

test("beside a surrogate only UTF-8 is text", () => {
  const lead = fc.constantFrom(
    0,
    0x7f,
    0x80,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xec,
    0xef,
    0xf0,
    0xf4,
    0xf5,
    0xf8,
    0xff,
  );
  const continuation = fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0);
  const parts = fc.array(fc.tuple(lead, fc.array(continuation, { maxLength: 3 })), { maxLength: 3 });
  fc.assert(
    fc.property(parts, (list) => {
      const bytes = Buffer.from(list.flatMap(([first, rest]) => [first, ...rest]));
      expect(attempt(() => readUtf8(Buffer.concat([Buffer.of(0xed, 0xa0, 0x80), bytes])))).toBe(
        attempt(() => `\ud800${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)}`),
      );
    }),
    { numRuns: 20_000 },
  );
});

/** Undefined for bytes that are refused. */
function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError || error instanceof TypeError) return undefined;
    throw error;
  }
}
