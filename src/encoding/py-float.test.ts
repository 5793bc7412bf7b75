import { expect, test } from "vitest";
import { formatFloat, PyFloat, pyFloat } from "./py-float.ts";

test.each([
  [1, "1.0"],
  [-1, "-1.0"],
  [0, "0.0"],
  [-0, "-0.0"],
  [0.1, "0.1"],
  [1e15, "1000000000000000.0"],
  [1e16, "1e+16"],
  [1.5e16, "1.5e+16"],
  [1e22, "1e+22"],
  [1e-4, "0.0001"],
  [1e-5, "1e-05"],
  [1.25e-7, "1.25e-07"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [123456789012345680, "1.2345678901234568e+17"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  [-Infinity, "-Infinity"],
])("%s is written %s", (value, text) => {
  expect(formatFloat(value)).toBe(text);
});

test("a float that was read is a PyFloat where it would look like an int", () => {
  for (const value of [1, 0, -5, 2 ** 53 - 1]) expect(pyFloat(value)).toStrictEqual(new PyFloat(value));
  for (const value of [1.5, -0, 2 ** 53, 1e300, Infinity, Number.NaN]) expect(pyFloat(value)).toBe(value);
});
