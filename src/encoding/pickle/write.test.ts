import { deepStrictEqual } from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../../test/support/python-values.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { ReadNumbers } from "../../codec/number-types.ts";
import { DataError, TooLargeError } from "../../errors.ts";
import { PyFloat } from "../py-float.ts";
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
} from "../python-values.ts";
import { MAX_SIZE } from "./limits.ts";
import { readPickle } from "./read.ts";
import { writePickle } from "./write.ts";

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** The pickle's opcodes between PROTO and STOP. */
function written(value: unknown): string {
  const [, opcodes] = /^\x80\x04([^]*)\.$/.exec(latin1(writePickle(value)))!;
  return opcodes!;
}

describe("values", () => {
  test.each<[unknown, string]>([
    [null, "N"],
    [true, "\x88"],
    [false, "\x89"],
    [0, "K\x00"],
    [255, "K\xff"],
    [256, "M\x00\x01"],
    [65535, "M\xff\xff"],
    [65536, "J\x00\x00\x01\x00"],
    [-1, "J\xff\xff\xff\xff"],
    [-(2 ** 31), "J\x00\x00\x00\x80"],
    [2 ** 31, "\x8a\x05\x00\x00\x00\x80\x00"],
    [-(2 ** 31) - 1, "\x8a\x05\xff\xff\xff\x7f\xff"],
    [128n, "K\x80"],
    [2n ** 63n - 1n, "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"],
    [-(2n ** 63n), "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"],
    [2n ** 2040n, `\x8b\x00\x01\x00\x00${"\x00".repeat(255)}\x01`],
    [1.5, "G\x3f\xf8\x00\x00\x00\x00\x00\x00"],
    [-0, "G\x80\x00\x00\x00\x00\x00\x00\x00"],
    [new PyFloat(1), "G\x3f\xf0\x00\x00\x00\x00\x00\x00"],
    [2 ** 53, "G\x43\x40\x00\x00\x00\x00\x00\x00"],
    [Infinity, "G\x7f\xf0\x00\x00\x00\x00\x00\x00"],
    [Number.NaN, "G\x7f\xf8\x00\x00\x00\x00\x00\x00"],
    ["", "\x8c\x00"],
    ["é🍪", "\x8c\x06\xc3\xa9\xf0\x9f\x8d\xaa"],
    ["\ud800a\udfff", "\x8c\x07\xed\xa0\x80a\xed\xbf\xbf"],
    ["a".repeat(256), `X\x00\x01\x00\x00${"a".repeat(256)}`],
    [Buffer.from("ab"), "C\x02ab"],
    [new Uint8Array(256), `B\x00\x01\x00\x00${"\x00".repeat(256)}`],
    [[], "](e"],
    [[1, "a"], "](K\x01\x8c\x01ae"],
    [new Tuple([1]), "(K\x01t"],
    [{}, "}(u"],
    [{ a: 1, b: undefined, c: null }, "}(\x8c\x01aK\x01\x8c\x01cNu"],
    [Object.assign(Object.create(null), { a: 1 }), "}(\x8c\x01aK\x01u"],
    [JSON.parse('{"__proto__":1}'), "}(\x8c\x09__proto__K\x01u"],
    [
      new Map<unknown, unknown>([
        ["b", 1],
        [2, null],
      ]),
      "}(\x8c\x01bK\x01K\x02Nu",
    ],
    [new Map([[[1, new PyFrozenset([[2]])], 3]]), "}((K\x01((K\x02t\x91tK\x03u"],
    [new Set([1, [2]]), "\x8f(K\x01(K\x02t\x90"],
    [new PyFrozenset([1]), "(K\x01\x91"],
    [new PyBytearray([97]), "\x8c\x08builtins\x8c\x09bytearray\x93C\x01a\x85R"],
    [new Markup("<b>"), "\x8c\x0amarkupsafe\x8c\x06Markup\x93\x8c\x03<b>\x85\x81"],
    [new PyDecimal("1.50"), "\x8c\x07decimal\x8c\x07Decimal\x93\x8c\x041.50\x85R"],
    [new PyDate("2026-11-20"), "\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xea\x0b\x14\x85R"],
    [
      new PyTimedelta(-1n),
      "\x8c\x08datetime\x8c\x09timedelta\x93J\xff\xff\xff\xffJ\x7f\x51\x01\x00J\x3f\x42\x0f\x00\x87R",
    ],
    [new Uuid("0".repeat(31) + "5"), "\x8c\x04uuid\x8c\x04UUID\x93)\x81}\x8c\x03intK\x05sb"],
    [
      new PyDatetime(Date.UTC(2026, 10, 20, 1, 2, 3, 456), 789),
      "\x8c\x08datetime\x8c\x08datetime\x93C\x0a\x07\xea\x0b\x14\x01\x02\x03\x06\xf8\x55\x85R",
    ],
  ])("%o", (value, opcodes) => {
    expect(written(value)).toBe(opcodes);
  });

  test("begin with protocol 4 and end with STOP", () => {
    expect(latin1(writePickle({ a: 1 }))).toBe("\x80\x04}(\x8c\x01aK\x01u.");
  });

  test("a Date is aware, and in UTC", () => {
    const date = new Date("2026-11-20T01:02:03.456Z");
    expect(readPickle(writePickle(date))).toStrictEqual(date);
    expect(written(date)).toContain("\x8c\x08timezone");
  });

  test("a datetime keeps its microseconds, its offset and its fold", () => {
    const datetime = new PyDatetime(Date.UTC(2026, 10, 20), 789, -12_600, 1);
    expect(readPickle(writePickle(datetime))).toStrictEqual(datetime);
  });

  test("the first and the last datetime are written in any zone that has them", () => {
    const first = new PyDatetime(Date.parse("0001-01-01T00:00:00Z") - 3_600_000, 0, 3600);
    const last = new PyDatetime(Date.parse("9999-12-31T23:59:59.999Z") + 3_600_000, 999, -3600);
    expect(readPickle(writePickle([first, last]))).toStrictEqual([first, last]);
  });

  interface ReaderVector {
    id: string;
    group: string;
    pickle: string;
    value: Desc;
  }

  const readable = vectors<ReaderVector>("pickle_reader").filter(
    ({ group, value }) => group !== "refuse" && value[0] !== "recursive",
  );
  test.each(readable)("$id survives reading and writing", ({ pickle }) => {
    const value = readPickle(Buffer.from(pickle, "hex"));
    deepStrictEqual(readPickle(writePickle(value)), value);
  });

  test.each(
    [...vectors<{ id: string; payload: Desc }>("flask_session_redis_pickle_032")].filter(
      ({ id }) => !id.endsWith("/object"),
    ),
  )("$id is read as it was written", ({ payload }) => {
    const value = fromDesc(payload, "all");
    deepStrictEqual(readPickle(writePickle(value)), value);
  });
});

describe("the numbers of data that was read", () => {
  test("keep their types when another key changes", () => {
    const data = readPickle(
      writePickle({ a: new PyFloat(1), b: 1, c: [new PyFloat(2), new PyFloat(3)] }),
    ) as Record<string, unknown>;
    const numbers = new ReadNumbers(data);
    expect(data).toStrictEqual({ a: 1, b: 1, c: [2, 3] });
    data["d"] = 4;
    expect(readPickle(writePickle(data, numbers))).toStrictEqual({
      a: new PyFloat(1),
      b: 1,
      c: [new PyFloat(2), new PyFloat(3)],
      d: 4,
    });
  });

  test("in a tuple and in a dict within a list keep their types too", () => {
    const data = { t: new Tuple([new PyFloat(1), 1]), l: [{ x: new PyFloat(1) }] };
    const pickle = writePickle(data);
    const back = readPickle(pickle) as object;
    expect(writePickle(back, new ReadNumbers(back))).toStrictEqual(pickle);
  });

  test("are refused with their path where nobody knows their type", () => {
    const data = readPickle(writePickle({ a: { l: [new PyFloat(1), 1] } })) as { a: { l: number[] } };
    const numbers = new ReadNumbers(data);
    data.a.l.unshift(9);
    expect(() => writePickle(data, numbers)).toThrow(
      expect.objectContaining({ code: "UNREPRESENTABLE", path: "a.l[1]" }),
    );
  });
});

describe("what Python could not hold is refused with its path", () => {
  class Basket {
    items = [];
  }

  function nested(levels: number): unknown[] {
    let list: unknown[] = [];
    for (let i = 1; i < levels; i++) list = [list];
    return list;
  }

  const cycle: Record<string, unknown> = {};
  cycle["self"] = { cycle };

  test.each<[string, unknown, string, string]>([
    ["undefined", [undefined], "a[0]", "is undefined"],
    ["a hole", Array.from({ length: 1 }), "a[0]", "is undefined"],
    ["a function", { f() {} }, "a.f", "is a function"],
    ["a symbol", [Symbol("s")], "a[0]", "is a symbol"],
    ["an object of a class", { basket: new Basket() }, "a.basket", "is a Basket object"],
    ["a regular expression", /x/, "a", "is a RegExp object"],
    ["an int of too many digits", [10n ** 4300n], "a[0]", "more than 4300 digits"],
    ["a value of a Map", new Map([["k", () => 0]]), "a.k", "is a function"],
    ["a value of a Map at another key", new Map([[1n, Symbol("s")]]), 'a["key 0"]', "is a symbol"],
    ["a dict as a key", new Map([[{}, 1]]), "a", "a key that can be none in a Python dict"],
    ["a Set as a key", new Map([[new Set(), 1]]), "a", "a key that can be none in a Python dict"],
    [
      "a bytearray in a key",
      new Map([[[new PyBytearray()], 1]]),
      "a",
      "a key that can be none in a Python dict",
    ],
    [
      "one key twice",
      new Map<unknown, number>([
        [1, 1],
        [true, 2],
      ]),
      "a",
      "the same one in a Python dict",
    ],
    ["a dict in a set", new Set([1, {}]), "a[1]", "that Python cannot hash"],
    ["a dict in a frozenset", new PyFrozenset([[{}]]), "a[0]", "that Python cannot hash"],
    ["no time", new Date(Number.NaN), "a", "no time between the years 1 and 9999"],
    ["the year 10000", new Date("+010000-01-01T00:00:00Z"), "a", "no time between the years 1 and 9999"],
    ["the year 0", new Date("0000-12-31T23:59:59Z"), "a", "no time between the years 1 and 9999"],
    [
      "a time that is in the year 10000 where it is",
      new PyDatetime(Date.parse("9999-12-31T23:59:59Z"), 0, 3600),
      "a",
      "no time between",
    ],
    ["an offset of a day", new PyDatetime(0, 0, 86_400), "a", "its offset"],
    ["an offset of half a second", new PyDatetime(0, 0, 0.5), "a", "its offset"],
    ["a thousand microseconds", new PyDatetime(0, 1000), "a", "no time between"],
    [
      "a timedelta beyond Python's",
      new PyTimedelta(10n ** 9n * 86_400_000_000n),
      "a",
      "less than 1,000,000,000 days",
    ],
    [
      "a decimal beyond Python's",
      new PyDecimal("1E9999999999999999999"),
      "a",
      "beyond those of Python's Decimal",
    ],
    [
      "a getter that throws",
      {
        get x() {
          throw new Error("no");
        },
      },
      "a.x",
      "its getter or proxy threw",
    ],
    [
      "a proxy that throws",
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("no");
          },
        },
      ),
      "a",
      "its getter or proxy threw",
    ],
    ["what contains itself", cycle, "a.self.cycle…", "contains itself"],
    ["what is nested too deeply", nested(256), "a[0][0]…", "deeper than 256 levels"],
  ])("%s", (_, value, path, problem) => {
    const write = () => writePickle({ a: value });
    expect(write).toThrow(DataError);
    expect(write).toThrow(
      expect.objectContaining({ code: "UNSERIALIZABLE", path, message: expect.stringContaining(problem) }),
    );
  });

  test("256 levels are written, and read again", () => {
    const list = nested(256);
    expect(readPickle(writePickle(list))).toStrictEqual(list);
  });
});

describe("what the reader would not take is not written", () => {
  test("text that is too long", () => {
    expect(() => writePickle(["a".repeat(MAX_SIZE)])).toThrow(TooLargeError);
  });

  test("more values than may be", () => {
    const list = (length: number) => Array.from({ length }, () => 1);
    const most = Math.floor((MAX_SIZE - 100) / 18);
    expect(readPickle(writePickle(list(most)))).toHaveLength(most);
    expect(() => writePickle(list(most + 100))).toThrow(TooLargeError);
  });

  test("datetimes, which take many opcodes each: as many as are written are read", () => {
    const list = (length: number) => Array.from({ length }, (_, i) => new PyDatetime(i, 1, 3600));
    expect(readPickle(writePickle(list(20_000)))).toHaveLength(20_000);
    expect(() => writePickle(list(22_000))).toThrow(TooLargeError);
  });

  test("lists that are in one another twice, and so stand for more than any memory", () => {
    let list: unknown[] = [];
    for (let i = 0; i < 100; i++) list = [list, list];
    expect(() => writePickle(list)).toThrow(TooLargeError);
  });
});
