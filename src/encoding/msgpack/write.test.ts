import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../../test/support/python-values.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { DataError } from "../../errors.ts";
import { PyFloat } from "../py-float.ts";
import { Markup, PyBytearray, PyDatetime, PyFrozenset, Tuple } from "../python-values.ts";
import { writeMsgpack } from "./write.ts";

interface WriteVector {
  id: string;
  payload: Desc;
  msgpack: { value_hex?: string; error?: string };
}

const all = vectors<WriteVector>("msgspec_write");
const hex = (value: unknown) => Buffer.from(writeMsgpack(value)).toString("hex");

describe("what msgspec writes", () => {
  test.each(all.filter(({ msgpack }) => msgpack.error === undefined))(
    "$id has msgspec's bytes",
    ({ payload, msgpack }) => {
      expect(hex(fromDesc(payload, "order"))).toBe(msgpack.value_hex);
    },
  );

  test.each(all.filter(({ msgpack }) => msgpack.error !== undefined))(
    "$id, which msgspec refuses, is refused with its path",
    ({ payload }) => {
      expect(() => writeMsgpack(fromDesc(payload, "order"))).toThrow(
        expect.objectContaining({ code: "UNSERIALIZABLE", path: expect.stringMatching(/^v/) }),
      );
    },
  );

  test.each<[string, unknown, string, number]>([
    ["text of 65,535 bytes", "é".repeat(32_767) + "x", "daffff", 65_538],
    ["text of 65,536 bytes", "é".repeat(32_768), "db00010000", 65_541],
    ["65,535 bytes", new Uint8Array(65_535), "c5ffff", 65_538],
    ["65,536 bytes", new Uint8Array(65_536), "c600010000", 65_541],
    ["a list of 65,535", Array.from({ length: 65_535 }, () => 0), "dcffff", 65_538],
    ["a list of 65,536", Array.from({ length: 65_536 }, () => 0), "dd00010000", 65_541],
    [
      "a dict of 65,535",
      new Map(Array.from({ length: 65_535 }, (_, i) => [i, 0])),
      "deffff00000100",
      261_759,
    ],
    [
      "a dict of 65,536",
      new Map(Array.from({ length: 65_536 }, (_, i) => [i, 0])),
      "df0001000000000100",
      261_765,
    ],
  ])("%s has the head that it needs", (_, value, head, length) => {
    const bytes = writeMsgpack(value);
    expect(Buffer.from(bytes.subarray(0, head.length / 2)).toString("hex")).toBe(head);
    expect(bytes).toHaveLength(length);
  });
});

describe("what JavaScript has and Python has not", () => {
  test("a number is an int where it is integral, and a float where a PyFloat or its size says so", () => {
    expect(hex([1, new PyFloat(1), 1n, -0, 2 ** 53, 2n ** 53n])).toBe(
      "9601cb3ff000000000000001cb8000000000000000cb4340000000000000cf0020000000000000",
    );
  });

  test("what is known of numbers that were read decides", () => {
    const numbers = { isFloat: (key: unknown) => key === 0, enter: () => undefined };
    const types = { of: () => numbers, adopt() {} };
    expect(Buffer.from(writeMsgpack([1, 1], types)).toString("hex")).toBe("92cb3ff000000000000001");
    const unclear = { of: () => ({ ...numbers, isFloat: () => undefined }), adopt() {} };
    expect(() => writeMsgpack({ a: 1 }, unclear)).toThrow(
      expect.objectContaining({ code: "UNREPRESENTABLE", path: "a" }),
    );
  });

  test("a plain Date is an aware datetime in UTC", () => {
    expect(hex(new Date(1500))).toBe(hex(new PyDatetime(1500, 0, 0)));
    expect(hex(new Date(1500))).toBe("d7ff7735940000000001");
  });

  test("a subclass is what it is a kind of", () => {
    expect(hex([new Tuple([1]), new PyFrozenset([1]), new PyBytearray([1]), Buffer.of(1)])).toBe(
      "9491019101c40101c40101",
    );
  });

  test("a property that is undefined is absent, and so is it from the count", () => {
    expect(hex({ a: undefined, b: 1 })).toBe("81a16201");
  });

  test("the bytes have memory of their own", () => {
    const bytes = writeMsgpack({ a: "x".repeat(2000) });
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  test("a getter that changes its container cannot make the count wrong", () => {
    const list: unknown[] = [
      {
        get a() {
          list.push(1);
          return 1;
        },
      },
    ];
    expect(hex(list)).toBe("9181a16101");
  });
});

describe("what cannot be written", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = [cyclic];

  test.each<[string, unknown, string]>([
    ["a function", { cart: [1, { fn: () => 1 }] }, "cart[1].fn"],
    ["a symbol", { a: { "b c": Symbol("s") } }, 'a["b c"]'],
    ["an object of a class", { u: new URL("http://a.test") }, "u"],
    ["an array of other numbers", { f: new Float32Array(1) }, "f"],
    ["undefined in a list", { l: [undefined] }, "l[0]"],
    ["a list with a hole", { l: Object.assign([1], { 2: 3 }) }, "l[1]"],
    ["undefined in a Map", { m: new Map([[1, undefined]]) }, "m[1]"],
    ["Markup in a set", { s: new Set([new Markup("x")]) }, "s[0]"],
    ["an invalid Date", { d: new Date(Number.NaN) }, "d"],
    ["a Date after the year 9999", { d: new Date(253_402_300_800_000) }, "d"],
    ["a Date before the year 1", { d: new Date(-62_135_596_800_001) }, "d"],
    ["a naive datetime after the year 9999", { d: new PyDatetime(253_402_300_800_000) }, "d"],
    ["1,000 microseconds", { d: new PyDatetime(0, 1000, 0) }, "d"],
    ["-1 microseconds", { d: new PyDatetime(0, -1) }, "d"],
    ["half a microsecond", { d: new PyDatetime(0, 0.5, 0) }, "d"],
    ["an offset of a day", { d: new PyDatetime(0, 0, 86_400) }, "d"],
    ["half a second of offset", { d: new PyDatetime(0, 0, 0.5) }, "d"],
    ["an int below 64 bits", { i: -(2n ** 63n) - 1n }, "i"],
    ["a lone surrogate at the end", { s: "x\ud83d" }, "s"],
    ["a lone surrogate in a key", { a: { "\udf6a": 1 } }, 'a["\\udf6a"]'],
    ["a dict as a key", { m: new Map([[{}, 1]]) }, "m"],
    ["a Set in a key", { m: new Map([[new Tuple([new Set()]), 1]]) }, "m"],
    ["a bytearray as a key", { m: new Map([[new PyBytearray(1), 1]]) }, "m"],
    [
      "two keys that are one in Python",
      {
        m: new Map<unknown, number>([
          [1, 1],
          [new PyFloat(1), 2],
        ]),
      },
      "m",
    ],
    ["a key with a lone surrogate", { m: new Map([[new Tuple(["\ud800"]), 1]]) }, 'm["key 0"][0]'],
    [
      "a getter that throws",
      {
        cart: [
          {
            get total(): number {
              throw new Error("no");
            },
          },
        ],
      },
      "cart[0].total",
    ],
    ["a revoked proxy", { p: revoked.proxy }, "p"],
    ["a cycle", cyclic, "self[0].self…"],
    ["a cycle through a Map", { m: cyclicMap() }, "m.a.a…"],
  ])("%s is refused with its path", (_, value, path) => {
    expect(() => writeMsgpack(value)).toThrow(expect.objectContaining({ code: "UNSERIALIZABLE", path }));
  });

  test("256 levels are written, and 257 are not", () => {
    const nest = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    expect(writeMsgpack(nest(256))).toHaveLength(256);
    expect(() => writeMsgpack(nest(257))).toThrow(DataError);
  });

  test("no message holds a value", () => {
    for (const value of [new Markup("secret"), "secret\ud800", new Map([[{ secret: 1 }, 1]])])
      expect(() => writeMsgpack({ v: value })).toThrow(/^(?!.*secret)/);
  });
});

function cyclicMap(): Map<string, unknown> {
  const map = new Map<string, unknown>();
  return map.set("a", map);
}
