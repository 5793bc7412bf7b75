import { describe, expect, test } from "vitest";
import { PyFloat } from "./py-float.ts";
import { checkKeys, hashable, pythonKey, pythonMap } from "./python-key.ts";
import {
  Markup,
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFrozenset,
  PyTimedelta,
  Tuple,
  Uuid,
} from "./python-values.ts";

const UUID = "12345678123456781234567812345678";

describe("keys", () => {
  test.each<[string, unknown[]]>([
    ["1, 1n, 1.0 and True", [1, 1n, new PyFloat(1), true]],
    ["0, -0.0 and False", [0, -0, new PyFloat(-0), false]],
    ["an int beyond 2^53 and a float", [2n ** 60n, 2 ** 60]],
    ["text and Markup", ["a", new Markup("a")]],
    ["a list and a tuple", [[1, "a"], new Tuple([1, "a"]), new Tuple([true, "a"])]],
    ["frozensets in any order", [new PyFrozenset([1, "a"]), new PyFrozenset(["a", 1])]],
    ["one instant, whatever the zone", [new Date(5), new PyDatetime(5, 0, 0), new PyDatetime(5, 0, 3600)]],
    ["bytes", [Uint8Array.of(1), Buffer.of(1)]],
    ["UUIDs", [new Uuid(UUID), new Uuid(UUID)]],
  ])("%s are one key", (_, values) => {
    expect(new Set(values.map(pythonKey)).size).toBe(1);
    expect(pythonKey(values[0])).toBeTypeOf("string");
  });

  test("all others are different ones", () => {
    const keys = [
      null,
      "None",
      "",
      "1",
      "number 1",
      1,
      2n,
      1.5,
      Number.NaN,
      Infinity,
      Uint8Array.of(0x31),
      Uint8Array.of(),
      new Tuple([]),
      new Tuple(["1"]),
      new Tuple([1, 2]),
      new Tuple([new Tuple([1]), 2]),
      new Tuple(["a", "b"]),
      new Tuple(["ab", ""]),
      new Tuple(["a5:str b"]),
      new PyFrozenset(),
      new PyFrozenset([1, 2]),
      new Date(0),
      new PyDatetime(0),
      new PyDatetime(0, 1, 0),
      new PyDate("1970-01-01"),
      "1970-01-01",
      new PyTimedelta(0n),
      new PyDecimal("1.5"),
      new Uuid(UUID),
      UUID,
    ];
    expect(new Set(keys.map(pythonKey)).size).toBe(keys.length);
  });

  test.each<[string, unknown]>([
    ["a dict", {}],
    ["a Map", new Map()],
    ["a set", new Set()],
    ["a bytearray", new PyBytearray(1)],
    ["a tuple with a dict", new Tuple([{}])],
    ["a frozenset with a set", new PyFrozenset([new Set()])],
    ["undefined", undefined],
    ["a function", () => 1],
  ])("%s is none", (_, value) => {
    expect(pythonKey(value)).toBeUndefined();
    expect(() => checkKeys(new Map<unknown, number>([[value, 1]]))).toThrow(TypeError);
  });
});

test("of two keys that are one the first stays, with the last value and in the first one's place", () => {
  const map = pythonMap([1, "a", true, Uint8Array.of(1), Uint8Array.of(1)], [1, 2, 3, 4, 5]);
  expect([...map]).toStrictEqual([
    [1, 3],
    ["a", 2],
    [Uint8Array.of(1), 5],
  ]);
  expect(() => checkKeys(map)).not.toThrow();
  expect(() => checkKeys(new Map<unknown, unknown>([...map, [true, 1]]))).toThrow(/two keys/);
});

test("-0.0 as a key stays a float", () => {
  expect([...pythonMap([-0], [1]).keys()]).toStrictEqual([new PyFloat(-0)]);
  expect(hashable(-0)).toStrictEqual(new PyFloat(-0));
  expect(hashable("x")).toBe("x");
});
