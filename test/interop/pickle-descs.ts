import fc from "fast-check";
import type { Desc } from "../support/python-values.ts";
import { keys, normalized, scalars } from "./session-descs.ts";

const hex = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString("hex"));

const days = fc
  .integer({ min: Date.UTC(1, 0) / 86_400_000 - 693_595, max: 2_932_896 })
  .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));

/** Between the years 1 and 9999, in local time. */
const moments = fc
  .tuple(
    fc.integer({ min: -719_000, max: 2_932_000 }),
    fc.nat(86_399),
    fc.oneof(fc.constant(0), fc.nat(999_999)),
  )
  .map(([day, second, microsecond]) => {
    const local = new Date((day * 86_400 + second) * 1000).toISOString().slice(0, 19);
    return microsecond === 0 ? local : `${local}.${String(microsecond).padStart(6, "0")}`;
  });

const datetimes = fc
  .tuple(
    moments,
    fc.oneof(
      fc.constantFrom(null, 0, 120, -210),
      fc.integer({ min: -86_399, max: 86_399 }).map((s) => s / 60),
    ),
    fc.constantFrom<1[]>([], [], [1]),
  )
  .map(([local, minutes, fold]): Desc => ["datetime", local, minutes, ...fold]);

const decimals = fc
  .oneof(
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    // Python writes exponents only where zeros would be too many.
    fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 30, max: 99_999 }))
      .map(([n, e]) => `-${n}.50E+${e}`),
    fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 30, max: 99_999 }))
      .map(([n, e]) => `${n}E-${e}`),
    fc.constantFrom("0", "-0", "0.00", "1.50", "1E+20", "0E-7", "NaN", "-sNaN12", "Infinity", "-Infinity"),
  )
  .map((text): Desc => ["decimal", text]);

const MAX_TIMEDELTA = 999_999_999n * 86_400_000_000n;

const classes = fc.oneof(
  datetimes,
  days.map((day): Desc => ["date", day]),
  fc.bigInt({ min: -MAX_TIMEDELTA, max: MAX_TIMEDELTA }).map((us): Desc => ["timedelta", String(us)]),
  decimals,
  hex(300).map((bytes): Desc => ["bytearray", bytes]),
);

const plain = fc.oneof(
  scalars.filter(([type]) => !["markup", "uuid", "datetime"].includes(type)),
  hex(300).map((bytes): Desc => ["bytes", bytes]),
  fc.bigInt({ min: -(2n ** 2100n), max: 2n ** 2100n }).map((int): Desc => ["int", String(int)]),
);

/** None of these is equal to one of another type, as 1 and True are. */
const hashables: fc.Arbitrary<Desc> = fc.letrec<{ key: Desc }>((tie) => {
  const items = fc.array(tie("key"), { maxLength: 3 });
  return {
    key: fc.oneof(
      { depthSize: "small" },
      keys.map((text): Desc => ["str", text]),
      plain.filter(([type]) => ["null", "int", "str", "bytes"].includes(type)),
      fc.integer().map((int): Desc => ["float", "", floatHex(int + 0.5)]),
      items.map((list): Desc => ["tuple", list]),
      distinct(items).map((list): Desc => ["frozenset", list]),
    ),
  };
}).key;

function distinct(items: fc.Arbitrary<Desc[]>): fc.Arbitrary<Desc[]> {
  return items.map((list) => [...new Map(list.map((item) => [identity(item), item])).values()]);
}

function identity(desc: Desc): string {
  return JSON.stringify(comparable(desc));
}

function floatHex(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}

function descs(leaves: fc.Arbitrary<Desc>): fc.Arbitrary<Desc> {
  return fc.letrec<{ value: Desc; dict: Desc }>((tie) => {
    const items = fc.array(tie("value"), { maxLength: 5 });
    const hashed = distinct(fc.array(hashables, { maxLength: 4 }));
    const entries = (keyDescs: fc.Arbitrary<Desc>) =>
      fc
        .uniqueArray(fc.tuple(keyDescs, tie("value")), { maxLength: 5, selector: ([key]) => identity(key) })
        .map((list): Desc => ["dict", list]);
    return {
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        { arbitrary: leaves, weight: 6 },
        { arbitrary: items.map((list): Desc => ["list", list]), weight: 1 },
        { arbitrary: items.map((list): Desc => ["tuple", list]), weight: 1 },
        { arbitrary: hashed.map((list): Desc => ["set", list]), weight: 1 },
        { arbitrary: hashed.map((list): Desc => ["frozenset", list]), weight: 1 },
        { arbitrary: tie("dict"), weight: 2 },
      ),
      dict: fc.oneof(entries(keys.map((key): Desc => ["str", key])), entries(hashables)),
    };
  }).dict;
}

/** Any value that is pickled without naming a class. */
export const plainDescs = descs(plain);

/** Any value that is pickled as data. */
export const pickledDescs = descs(fc.oneof({ arbitrary: plain, weight: 2 }, scalars, classes));

/** A desc in which what has no order in Python, or another one in JavaScript, is in order. */
export function comparable(desc: Desc): Desc {
  const [type, value] = desc;
  switch (type) {
    case "list":
    case "tuple":
      return [type, value.map(comparable)];
    case "set":
    case "frozenset":
      return [type, sorted(value.map(comparable))];
    case "dict":
      return [type, sorted(value.map((entry: [Desc, Desc]) => entry.map(comparable)))];
    default:
      return normalized(desc);
  }
}

function sorted<T>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
