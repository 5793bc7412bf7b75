import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptSessions } from "../../test/support/kept-sessions.ts";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { ConfigError, DataError, MalformedError } from "../errors.ts";
import { flaskSessionJson } from "./flask-session-json.ts";
import {
  type DecodedSession,
  type Dict,
  FlaskSessionCodec,
  type FlaskSessionFormat,
  Markup,
  PyDate,
  PyDatetime,
  PyFloat,
  Tuple,
  Uuid,
} from "./index.ts";

const FORMATS: FlaskSessionFormat[] = ["msgpack", "json", "pickle"];
const codecs = Object.fromEntries(
  FORMATS.map((format) => [format, new FlaskSessionCodec({ format, readPickle: true })]),
) as Record<FlaskSessionFormat, FlaskSessionCodec>;
const codec = codecs.msgpack;

const kept = keptSessions();
const stored = kept.flatMap(({ bytes, loaded, ...rest }) =>
  bytes === undefined || loaded === undefined ? [] : [{ ...rest, bytes, loaded }],
);

/** Keys that are integers in text, which JavaScript moves. */
const movesKeys = (desc: Desc) => /\["str", ?"\d+"\]/.test(JSON.stringify(desc));

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Data with its PyFloats as the numbers that reading gives, but for those in Maps and sets. */
function plain(value: unknown): unknown {
  if (value instanceof PyFloat) return value.value;
  if (value instanceof Tuple) return new Tuple([...value].map(plain));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe("Flask-Session's own sessions", () => {
  test.each(stored)("$id is read as Flask-Session reads it", ({ bytes, format, loaded }) => {
    const decoded = codec.decode(bytes);
    // Not expect: it takes a key "constructor" for the constructor.
    deepStrictEqual(decoded.data, plain(fromDesc(loaded, "all")));
    expect(decoded.format).toBe(format);
  });

  // Pickles have many forms of one value; src/encoding/pickle says which one is written.
  const written = stored.filter(({ format }) => format !== "pickle");

  test.each(written.filter(({ payload }) => !movesKeys(payload)))(
    "$id is written with Flask-Session's bytes",
    ({ format, payload, loaded, bytes }) => {
      const permanent = loaded[1][0]?.[0][1] === "_permanent" && payload[1][0]?.[0][1] !== "_permanent";
      const data = { ...(permanent && { _permanent: true }), ...(fromDesc(payload, "order") as Dict) };
      expect(text(codecs[format].encode(data))).toBe(text(bytes));
    },
  );

  test.each(written)("$id survives reading and writing", ({ format, loaded, bytes }) => {
    const { data, numberTypes } = codec.decode(bytes);
    const again = codecs[format].encode(data, numberTypes);
    if (movesKeys(loaded)) deepStrictEqual(codec.decode(again).data, data);
    else expect(text(again)).toBe(text(bytes));
  });

  test.each(kept.filter(({ bytes, payload }) => bytes === undefined && !hasOther(payload)))(
    "$id, to which Flask-Session answers 500, is refused with its path",
    ({ format, payload }) => {
      expect(() => codecs[format].encode(fromDesc(payload, "all") as Dict)).toThrow(
        expect.objectContaining({ code: "UNSERIALIZABLE", path: expect.stringMatching(/./) }),
      );
    },
  );

  test("an object of a class, to which Flask-Session answers 500, is refused", () => {
    expect(kept.some(({ payload }) => hasOther(payload))).toBe(true);
    for (const format of FORMATS)
      expect(() => codecs[format].encode({ o: new URL("http://a.test") })).toThrow(DataError);
  });

  function hasOther(payload: Desc): boolean {
    return JSON.stringify(payload).includes('["other"');
  }
});

describe("the format", () => {
  test.each<[FlaskSessionFormat, string, Dict]>([
    ["msgpack", "80", {}],
    ["msgpack", "8fa16101".padEnd(8 + 14 * 6, "a16101"), { a: 1 }],
    ["msgpack", "de0001a16101", { a: 1 }],
    ["msgpack", "df00000001a16101", { a: 1 }],
    ["json", "7b7d", {}],
    ["pickle", "80027d2e", {}],
    ["pickle", "80037d2e", {}],
    ["pickle", "80047d2e", {}],
    ["pickle", "80057d2e", {}],
    ["pickle", "7d71002e", {}],
    ["pickle", "286470300a2e", {}],
  ])("%s is told from %s", (format, hex, data) => {
    expect(codec.decode(Buffer.from(hex, "hex"))).toEqual({ data, numberTypes: undefined, format });
  });

  test("a store may hold sessions of all formats, and each is read and then written in one's own", () => {
    const data = { user: 1, name: "é" };
    for (const from of FORMATS) {
      for (const to of FORMATS) {
        const read = codecs[to].decode(codecs[from].encode(data));
        expect(read).toEqual({ data, numberTypes: undefined, format: from });
        expect(codecs[to].decode(codecs[to].encode(read.data)).format).toBe(to);
      }
    }
  });

  test("is MessagePack by default, as Flask-Session's", () => {
    expect(text(new FlaskSessionCodec().encode({ a: 1 }))).toBe("\x81\xa1a\x01");
  });

  test("a pickle is read where it was asked for or is what is written, and else refused with what to do", () => {
    const pickle = Buffer.from("80047d2e", "hex");
    for (const options of [
      { format: "pickle" },
      { readPickle: true },
      { format: "json", readPickle: true },
    ] as const)
      expect(new FlaskSessionCodec(options).decode(pickle).data).toEqual({});
    for (const options of [{}, { format: "json" }, { format: "pickle", readPickle: false }] as const) {
      for (const hex of ["80047d2e", "80027d2e", "7d2e", "28642e", "8004"]) {
        expect(() => new FlaskSessionCodec(options).decode(Buffer.from(hex, "hex"))).toThrow(
          /readPickle: true/,
        );
      }
    }
  });

  test("has to be one of the three", () => {
    for (const format of ["yaml", "", "constructor"])
      expect(() => new FlaskSessionCodec({ format: format as never })).toThrow(ConfigError);
  });

  test("no decoder is tried because another one failed", () => {
    // Damage at the end of one format is nothing that another one would read.
    for (const hex of ["7b", "81", "80ff", "8001", "8006", "800181", "81a161", "7b7d80", "de", "df00"])
      expect(() => codec.decode(Buffer.from(hex, "hex"))).toThrow(MalformedError);
  });
});

describe("what is no session", () => {
  test.each([
    ["nothing", ""],
    ["a list", "93010203"],
    ["None", "c0"],
    ["an int", "01"],
    ["text", "a161"],
    ["bytes", "c40161"],
    ["a JSON list", "5b5d"],
    ["a JSON string", "2261 22".replace(" ", "")],
    ["JSON's null", "6e756c6c"],
    ["JSON after a space", "207b7d"],
    ["JSON after a byte order mark", "efbbbf7b7d"],
    ["a pickled list", "80045d2e"],
    ["a pickled None", "80044e2e"],
    ["a pickled list of protocol 1", "5d2e"],
    ["a pickle that ends with another value", "7d4e2e"],
    ["a dict with a key that is an int", "820101a16102"],
    ["a pickled dict with a key that is an int", "80047d4b014b02732e"],
    ["zlib's bytes", "789c"],
  ])("%s is refused", (_, hex) => {
    expect(() => codec.decode(Buffer.from(hex, "hex"))).toThrow(MalformedError);
  });

  test("what is no dict is not written either", () => {
    for (const data of [[], new Map(), null, "x", new Date()])
      expect(() => codec.encode(data as never)).toThrow(DataError);
  });

  test("any bytes of any beginning give data or MalformedError", () => {
    const begin = fc.constantFrom(
      "",
      "{",
      '{"a":',
      "(",
      "}",
      "\x80\x02",
      "\x80\x04\x95",
      "\x80\x05}",
      "\x81",
      "\xde",
      "\xdf",
      "\x80",
    );
    const seeds = stored.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 500);
    const damaged = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { maxLength: 4 }),
        fc.nat(500),
      )
      .map(([seed, changes, cut]) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return cut < 100 ? bytes.subarray(0, cut) : bytes;
      });
    const random = fc
      .tuple(begin, fc.uint8Array({ maxLength: 60 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start, "latin1"), rest]));
    fc.assert(
      fc.property(fc.oneof(random, damaged), (bytes) => {
        let decoded: DecodedSession;
        try {
          decoded = codec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
          return;
        }
        const { data, numberTypes, format } = decoded;
        expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
        // What is read can be compared, merged and written.
        const parsed = flaskSessionJson.parse(flaskSessionJson.stringify(data, numberTypes));
        const again = codecs[format].encode(parsed.data, parsed.numberTypes);
        expect(again).toStrictEqual(codecs[format].encode(data, numberTypes));
      }),
      { numRuns: 1_500 },
    );
  });
});

test.each(FORMATS.filter((format) => format !== "json"))(
  "a NaN with bits of its own is written as any other in %s",
  (format) => {
    const own = codecs[format];
    const bytes = Buffer.from(own.encode({ f: Number.NaN }));
    const at = bytes.indexOf("7ff8000000000000", "hex");
    const odd = Buffer.from(bytes);
    odd[at + 2] = 1;
    const { data, numberTypes } = own.decode(odd);
    expect(data["f"]).toBeNaN();
    expect(Buffer.from(own.encode(data, numberTypes))).toEqual(bytes);
  },
);

describe("numbers", () => {
  test.each(FORMATS)("an integral float stays one in %s while the session changes", (format) => {
    const own = codecs[format];
    const { data, numberTypes } = own.decode(
      own.encode({ price: new PyFloat(1), count: 1, list: [new PyFloat(2), 2] }),
    );
    expect(data).toStrictEqual({ price: 1, count: 1, list: [2, 2] });
    data["price"] = 3;
    data["new"] = 4;
    const again = own.decode(own.encode(data, numberTypes));
    expect(own.encode(again.data, again.numberTypes)).toStrictEqual(
      own.encode({ price: new PyFloat(3), count: 1, list: [new PyFloat(2), 2], new: 4 }),
    );
  });

  test("in a Map they stay PyFloats, because nobody knows a Map's numbers", () => {
    const bytes = codec.encode({ m: new Map<unknown, unknown>([[new PyFloat(1), [new PyFloat(2)]]]) });
    const { data, numberTypes } = codec.decode(bytes);
    expect([...(data["m"] as Map<unknown, unknown>)]).toStrictEqual([[new PyFloat(1), [new PyFloat(2)]]]);
    expect(codec.encode(data, numberTypes)).toStrictEqual(bytes);
  });
});

test("what Flask-Session writes with a loss is written with the same", () => {
  const data = {
    flash: [new Tuple(["message", "hi"])],
    uuid: new Uuid("12345678123456781234567812345678"),
    day: new PyDate("2026-11-20"),
    naive: new PyDatetime(0),
    bytes: Uint8Array.of(255),
    nan: Number.NaN,
    ids: new Map([[1, new Set(["a"])]]),
  };
  const shared = {
    flash: [["message", "hi"]],
    uuid: "12345678-1234-5678-1234-567812345678",
    day: "2026-11-20",
    naive: "1970-01-01T00:00:00",
  };
  expect(codec.decode(codecs.msgpack.encode(data)).data).toStrictEqual({
    ...shared,
    bytes: Uint8Array.of(255),
    nan: Number.NaN,
    ids: new Map([[1, ["a"]]]),
  });
  expect(codec.decode(codecs.json.encode(data)).data).toStrictEqual({
    ...shared,
    bytes: "/w==",
    nan: null,
    ids: { 1: ["a"] },
  });
  for (const format of ["msgpack", "json"] as const)
    expect(() => codecs[format].encode({ flash: [new Markup("<b>")] })).toThrow(
      expect.objectContaining({ path: "flash[0]" }),
    );
});
