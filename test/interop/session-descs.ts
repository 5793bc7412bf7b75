import fc from "fast-check";
import type { Desc } from "../support/python-values.ts";

// UTF-16 units, and so lone surrogates; whole code points; and what people write.
const texts = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({
    unit: fc.constantFrom("\ud83d", "\ude00", "\ue000", "\uffff", "a", "é", '"', "\\", "/", "\x7f"),
  }),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.string(),
  fc.string({ unit: fc.constantFrom("spam ", "eggs "), minLength: 20, maxLength: 100 }),
);

const TAGS = [" t", " b", " m", " u", " d", " di"];
const ORDINARY = ["user_id", "count", "_permanent", "_flashes", "_user_id", "_fresh", "", "__", "x"];
const PROTOTYPE = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "toJSON",
  "length",
];
const INTEGERS = ["0", "1", "2", "10", "-1", "01", "4294967294", "4294967295", "9007199254740993"];

export const keys = fc
  .tuple(
    fc.oneof(fc.constantFrom(...TAGS), fc.constantFrom(...ORDINARY, ...PROTOTYPE, ...INTEGERS), texts),
    fc.nat(9),
  )
  .map(([key, dice]) => (dice === 0 ? `${key}__` : key));

const ints = fc
  .oneof(
    fc.integer({ min: -100, max: 100 }).map(BigInt),
    fc.bigInt({ min: -(2n ** 53n) - 9n, max: -(2n ** 53n) + 9n }),
    fc.bigInt({ min: 2n ** 53n - 9n, max: 2n ** 53n + 9n }),
    fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }),
    fc.constantFrom(2n ** 64n, 10n ** 400n, -(10n ** 400n)),
  )
  .map((int): Desc => ["int", String(int)]);

const floats = fc
  .oneof(
    fc.double(),
    fc.integer({ min: -100, max: 100 }),
    fc.constantFrom(
      -0,
      0,
      NaN,
      Infinity,
      -Infinity,
      1e15,
      1e16,
      1e21,
      1e22,
      1e-4,
      1e-5,
      1e-7,
      5e-324,
      2 ** 53,
    ),
  )
  .map((float): Desc => ["float", "", doubleHex(float)]);

const seconds = fc.integer({ min: Date.UTC(1000, 0) / 1000, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 });
const datetimes = seconds.map((second): Desc => [
  "datetime",
  new Date(second * 1000).toISOString().slice(0, 19),
  0,
]);

export const scalars: fc.Arbitrary<Desc> = fc.oneof(
  fc.constant<Desc>(["null"]),
  fc.boolean().map((bool): Desc => ["bool", bool]),
  ints,
  floats,
  texts.map((text): Desc => ["str", text]),
  texts.map((html): Desc => ["markup", html]),
  fc.uint8Array({ maxLength: 20 }).map((bytes): Desc => ["bytes", Buffer.from(bytes).toString("hex")]),
  fc.uuid().map((uuid): Desc => ["uuid", uuid.replaceAll("-", "")]),
  datetimes,
);

/**
 * Any session that both languages can hold, as a typed description: every type, and the values and keys on which two
 * implementations of Flask's format could differ.
 */
export const sessionDescs: fc.Arbitrary<Desc> = fc.letrec<{ value: Desc; dict: Desc }>((tie) => {
  const items = fc.array(tie("value"), { maxLength: 5 });
  return {
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { arbitrary: scalars, weight: 6 },
      { arbitrary: items.map((list): Desc => ["list", list]), weight: 1 },
      { arbitrary: items.map((tuple): Desc => ["tuple", tuple]), weight: 1 },
      { arbitrary: tie("dict"), weight: 2 },
    ),
    dict: fc
      .uniqueArray(fc.tuple(keys, tie("value")), { maxLength: 5, selector: ([key]) => key })
      .map((entries): Desc => ["dict", entries.map(([key, value]) => [["str", key], value])]),
  };
}).dict;

function doubleHex(float: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(float);
  return bytes.toString("hex");
}

/** A desc in which what two languages may write differently (the order of keys, a float's digits, the bits of a NaN) is alike. */
export function normalized([type, ...rest]: Desc): Desc {
  switch (type) {
    case "float":
      return [type, "", /^[7f]ff(?!0{13})/.test(rest[1]) ? "nan" : rest[1]];
    case "list":
    case "tuple":
      return [type, rest[0].map(normalized)];
    case "dict": {
      const entries = (rest[0] as [Desc, Desc][]).map(([key, value]) => [key, normalized(value)] as const);
      return [type, entries.toSorted(([a], [b]) => (a[1] < b[1] ? -1 : 1))];
    }
    default:
      return [type, ...rest];
  }
}
