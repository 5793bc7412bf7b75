import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints, quoteAscii, quoteKeyAscii, quoteUnicode, sortCodePoints } from "./json-text.ts";

test("text is quoted as Python's json.dumps quotes it", () => {
  expect(quoteAscii('a"\\/\b\f\n\r\t\u0000\u007fé漢🍪\ud800')).toBe(
    String.raw`"a\"\\/\b\f\n\r\t\u0000\u007f\u00e9\u6f22\ud83c\udf6a\ud800"`,
  );
  expect(quoteUnicode('é"\u007f\u0001')).toBe('"é\\"\u007f\\u0001"');
});

test("quoted text is JSON for the same text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(JSON.parse(quoteAscii(text))).toBe(text);
      expect(JSON.parse(quoteUnicode(text))).toBe(text);
    }),
  );
});

test("keys are in the order of their code points, not of their UTF-16 units", () => {
  const keys = [
    "\ud83c\udf6a",
    "\uffff",
    "\ue000",
    "z",
    "",
    "\ud7ff",
    "\ud83c",
    "\ud83ca",
    "\ud83c\uffff",
    "zz",
  ];
  sortCodePoints(keys);
  expect(keys).toEqual([
    "",
    "z",
    "zz",
    "\ud7ff",
    "\ud83c",
    "\ud83ca",
    "\ud83c\uffff",
    "\ue000",
    "\uffff",
    "\ud83c\udf6a",
  ]);
});

test("the order is that of the lists of code points", () => {
  const unit = fc.constantFrom("a", "\ud83c", "\udf6a", "\ud83c\udf6a", "\uffff", "\ue000");
  const text = fc.array(unit, { maxLength: 4 }).map((units) => units.join(""));
  const points = (value: string) => Array.from(value, (char) => char.codePointAt(0)!);
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [x, y] = [points(a), points(b)];
      const at = x.findIndex((point, i) => point !== y[i]);
      const expected = at < 0 ? x.length - y.length : y[at] === undefined ? 1 : x[at]! - y[at];
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(expected));
    }),
  );
});

test("keys are quoted as other text is, whether they were seen before or not", () => {
  const keys = ["plain", "é", '"', "x".repeat(100), ...Array.from({ length: 3000 }, (_, i) => `key ${i}`)];
  for (const key of [...keys, ...keys]) expect(quoteKeyAscii(key)).toBe(quoteAscii(key));
});
