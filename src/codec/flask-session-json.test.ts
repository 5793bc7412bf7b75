import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptSessions } from "../../test/support/kept-sessions.ts";
import { pythonKey } from "../encoding/python-key.ts";
import { DataError, MalformedError } from "../errors.ts";
import { flaskSessionJson as json } from "./flask-session-json.ts";
import {
  type Dict,
  FlaskSessionCodec,
  type FlaskSessionFormat,
  Markup,
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFloat,
  PyFrozenset,
  PyTimedelta,
  Tuple,
  Uuid,
} from "./index.ts";

const codec = (format: FlaskSessionFormat) => new FlaskSessionCodec({ format, readPickle: true });

/** Bytes after all that they go through between two stores. */
function throughText(bytes: Uint8Array, format: FlaskSessionFormat): Uint8Array {
  const { data, numberTypes } = codec(format).decode(bytes);
  const parsed = json.parse(json.stringify(data, numberTypes));
  return codec(format).encode(parsed.data, parsed.numberTypes);
}

describe("values", () => {
  test.each<[string, unknown, string]>([
    ["a Date", new Date(1_795_200_000_123), '{" datetime":[1795200000123]}'],
    ["an aware datetime", new PyDatetime(-1, 999, 3600, 1), '{" datetime":[-1,999,3600,1]}'],
    ["a naive datetime", new PyDatetime(0), '{" datetime":[0,0,null,0]}'],
    ["a date", new PyDate("2026-11-20"), '{" date":"2026-11-20"}'],
    ["a duration", new PyTimedelta(-(2n ** 60n)), '{" timedelta":-1152921504606846976}'],
    ["a short duration", new PyTimedelta(5n), '{" timedelta":5}'],
    ["a decimal", new PyDecimal("1.50"), '{" decimal":"1.50"}'],
    ["a set", new Set([1, "a", new Tuple([null])]), '{" set":[1,"a",{" t":[null]}]}'],
    ["a frozenset", new PyFrozenset([1n]), '{" frozenset":[1]}'],
    ["a bytearray", new PyBytearray([0, 255]), '{" bytearray":"AP8="}'],
    ["bytes", Uint8Array.of(0, 255), '{" b":"AP8="}'],
    [
      "a Map",
      new Map<unknown, unknown>([
        [1, "a"],
        ["1", [2]],
        [null, {}],
      ]),
      '{" map":[1,"a","1",[2],null,{}]}',
    ],
    ["an empty Map", new Map(), '{" map":[]}'],
    ["an empty set", new Set(), '{" set":[]}'],
    ["a tuple", new Tuple([1, new Tuple([])]), '{" t":[1,{" t":[]}]}'],
    ["markup", new Markup("<b>"), '{" m":"<b>"}'],
    ["a UUID", new Uuid("12345678123456781234567812345678"), '{" u":"12345678123456781234567812345678"}'],
  ])("%s is written and read", (_, value, text) => {
    expect(json.stringify({ v: value })).toBe(`{"v":${text}}`);
    const { data, canonical } = json.parse(`{"v":${text}}`);
    expect(canonical).toBe(true);
    expect(json.stringify(data)).toBe(`{"v":${text}}`);
    if (!(value instanceof PyFrozenset)) deepStrictEqual(data, { v: value });
  });

  test("a PyDatetime that a Date would do for becomes one", () => {
    expect(json.parse(json.stringify({ d: new PyDatetime(5, 0, 0) })).data).toStrictEqual({ d: new Date(5) });
  });

  test("a dict that looks like one of them stays a dict", () => {
    for (const key of [" map", " set", " datetime", " d", " t", " di"]) {
      const data = { v: { [key]: { [key]: [1] } } };
      expect(json.parse(json.stringify(data)).data).toStrictEqual(data);
    }
  });

  test("keys stay in their order, at every level", () => {
    const text = '{"z":1,"a":{"y":[{"c":1,"b":2}],"x":2}}';
    expect(json.stringify({ z: 1, a: { y: [{ c: 1, b: 2 }], x: 2 } })).toBe(text);
    expect(json.parse(text)).toMatchObject({ canonical: true });
    expect(json.stringify(json.parse(text).data)).toBe(text);
  });

  test("integers in text are moved to the front by JavaScript, which is said", () => {
    const { data, canonical } = json.parse('{"b":1,"1":2}');
    expect(canonical).toBe(false);
    expect(json.stringify(data)).toBe('{"1":2,"b":1}');
  });
});

describe("floats", () => {
  test("in Maps and sets stay PyFloats, and ints ints", () => {
    const value = {
      set: new Set([new PyFloat(1), 2, -5.5]),
      map: new Map<unknown, unknown>([
        [new PyFloat(1), new PyFloat(2)],
        [3, { a: [new PyFloat(4), 5] }],
      ]),
    };
    const text = '{"set":{" set":[1.0,2,-5.5]},"map":{" map":[1.0,2.0,3,{"a":[4.0,5]}]}}';
    expect(json.stringify(value)).toBe(text);
    const { data, numberTypes } = json.parse(text);
    deepStrictEqual(data, value);
    expect(json.stringify(data, numberTypes)).toBe(text);
  });

  test("a Map or a set would take -0.0 for 0, so it is a PyFloat there", () => {
    const text = '{"m":{" map":[-0.0,-0.0]},"s":{" set":[-0.0]},"l":[-0.0]}';
    const { data, numberTypes } = json.parse(text);
    expect(json.stringify(data, numberTypes)).toBe(text);
    expect([...(data["s"] as Set<unknown>)]).toStrictEqual([new PyFloat(-0)]);
  });

  test("of a list beside a Map or a set say nothing of it", () => {
    const { data, numberTypes } = json.parse('{"l":[[1.0],{" set":[1]},{" map":[1,1]},{" t":[1.0]}]}');
    expect(json.stringify(data, numberTypes)).toBe('{"l":[[1.0],{" set":[1]},{" map":[1,1]},{" t":[1.0]}]}');
    (data["l"] as unknown[]).push(new Set([1]));
    expect(json.stringify(data, numberTypes)).toContain('{" set":[1]}]}');
  });
});

describe("what cannot be written or read", () => {
  test.each<[string, unknown]>([
    ["an invalid Date", new Date(Number.NaN)],
    ["a Map with a dict as a key", new Map([[{}, 1]])],
    [
      "a Map with two keys that are one in Python",
      new Map<unknown, number>([
        [1, 1],
        [true, 2],
      ]),
    ],
    ["a Map in itself", cyclicMap()],
    ["an object of a class", new URL("http://a.test")],
  ])("%s is refused", (_, value) => {
    expect(() => json.stringify({ v: value })).toThrow(DataError);
  });

  test.each([
    '{" datetime":[]}',
    '{" datetime":["1"]}',
    '{" datetime":[1.5]}',
    '{" datetime":[1e300]}',
    '{" datetime":[1,"a",0,0]}',
    '{" datetime":5}',
    '{" date":"2026-02-30"}',
    '{" date":1}',
    '{" timedelta":1.5}',
    '{" timedelta":"1"}',
    '{" decimal":"x"}',
    '{" set":{}}',
    '{" frozenset":1}',
    '{" map":[[],1,[],2]}',
    '{" map":[{},1]}',
    '{" map":"ab"}',
    '{" bytearray":5}',
  ])("%s is no such value", (text) => {
    expect(() => json.parse(`{"v":${text}}`)).toThrow(MalformedError);
  });
});

describe("bytes that Python wrote", () => {
  const movesKeys = /\["str", ?"\d+"\]/;
  const stored = keptSessions().flatMap((kept) =>
    kept.bytes === undefined || kept.format === "pickle" ? [] : [{ ...kept, bytes: kept.bytes }],
  );

  test.each(stored.filter(({ loaded }) => !movesKeys.test(JSON.stringify(loaded))))(
    "$id come out of the text as they went in",
    ({ bytes, format }) => {
      expect(Buffer.from(throughText(bytes, format)).toString("latin1")).toBe(bytes.toString("latin1"));
    },
  );

  test("that are read can always be written as text, however deep", () => {
    const nested = (open: string, close: string, levels: number) =>
      Buffer.from(`${open.repeat(levels)}${close.repeat(levels)}`, "hex");
    for (const [open, close, most] of [
      ["91", "", 254], // lists
      ["81a161", "", 254], // dicts
      ["81a22064", "", 127], // dicts that look like tagged ones
      ["8101", "", 127], // Maps
    ] as const) {
      const bytes = (levels: number) => Buffer.from(`81a161${open.repeat(levels)}c0${close}`, "hex");
      expect(() => throughText(bytes(most), "msgpack")).not.toThrow();
      expect(() => codec("msgpack").decode(bytes(most + 2))).toThrow(MalformedError);
    }
    expect(() => codec("msgpack").decode(nested("91", "", 300))).toThrow(MalformedError);
  });
});

describe("any session", () => {
  const keys = fc.oneof(
    fc.constantFrom("_permanent", "__proto__", "constructor", " t", " map", " set", " di", "", "a", "b"),
    fc.string({ unit: "grapheme" }).filter((key) => !/^\d/.test(key)),
  );
  const datetimes = fc
    .tuple(
      fc.integer({ min: Date.UTC(2, 0), max: Date.UTC(9998, 0) }),
      fc.nat(999),
      fc.option(fc.integer({ min: -86_399, max: 86_399 }), { nil: undefined }),
      fc.constantFrom<0 | 1>(0, 1),
    )
    .map(([time, microsecond, offset, fold]) => new PyDatetime(time, microsecond, offset, fold));
  const hashable = fc.oneof(
    fc.string(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.double().map((float) => new PyFloat(float)),
    fc.uint8Array({ maxLength: 5 }),
    fc.constantFrom(null, true, false, new PyDate("0001-01-01"), new PyDecimal("NaN"), new Tuple([1, "x"])),
    datetimes,
  );
  // Two PyFloats of 0.5 are two items of a Set, and one of a set.
  const distinct = fc.uniqueArray(hashable, { maxLength: 4, selector: pythonKey });
  const { value } = fc.letrec<{ value: unknown; dict: Dict }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      { arbitrary: hashable, weight: 4 },
      {
        arbitrary: fc.oneof(
          fc.integer(),
          fc.double(),
          fc.bigInt({ max: 10n ** 40n }).map((size) => new PyTimedelta(size)),
          fc.uint8Array({ maxLength: 5 }).map((bytes) => new PyBytearray(bytes)),
          fc.uuid().map((uuid) => new Uuid(uuid)),
          fc.string().map((html) => new Markup(html)),
        ),
        weight: 4,
      },
      { arbitrary: fc.array(tie("value"), { maxLength: 4 }), weight: 1 },
      { arbitrary: fc.array(tie("value"), { maxLength: 4 }).map((items) => new Tuple(items)), weight: 1 },
      { arbitrary: distinct.map((items) => new Set(items)), weight: 1 },
      { arbitrary: distinct.map((items) => new PyFrozenset(items)), weight: 1 },
      {
        arbitrary: fc
          .uniqueArray(fc.tuple(fc.bigInt({ min: 2n ** 53n, max: 2n ** 53n + 9n }), tie("value")), {
            maxLength: 4,
            selector: ([key]) => key,
          })
          .map((entries) => new Map(entries)),
        weight: 1,
      },
      { arbitrary: tie("dict"), weight: 2 },
    ),
    dict: fc.dictionary(keys, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }));
  const sessions = fc.dictionary(keys, value, { maxKeys: 4, noNullPrototype: true });

  test("is the same text again after it was read, which is what it says of itself", () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const text = json.stringify(session);
        const { data, numberTypes, canonical } = json.parse(text);
        expect(json.stringify(data, numberTypes)).toBe(text);
        expect(canonical).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each<FlaskSessionFormat>(["msgpack", "json", "pickle"])(
    "that %s can hold has the same bytes before and after the text, and again after reading",
    (format) => {
      let written = 0;
      fc.assert(
        fc.property(sessions, (session) => {
          let bytes: Uint8Array;
          try {
            bytes = codec(format).encode(session);
          } catch (error) {
            expect(error).toBeInstanceOf(DataError);
            return;
          }
          written++;
          const { data, numberTypes } = json.parse(json.stringify(session));
          expect(codec(format).encode(data, numberTypes)).toStrictEqual(bytes);
          expect(throughText(bytes, format)).toStrictEqual(bytes);
        }),
        { numRuns: 500 },
      );
      expect(written).toBeGreaterThan(150);
    },
  );
});

function cyclicMap(): Map<string, unknown> {
  const map = new Map<string, unknown>();
  return map.set("a", map);
}
