import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { vectors } from "../../test/support/vectors.ts";
import { DataError, MalformedError } from "../errors.ts";
import { readMsgspecJson, writeMsgspecJson } from "./msgspec-json.ts";
import { PyFloat } from "./py-float.ts";
import { Markup, PyDatetime, Tuple } from "./python-values.ts";

interface WriteVector {
  id: string;
  payload: Desc;
  json: { value_hex?: string; loaded?: Desc; error?: string; read_error?: string };
}

interface ReadVector {
  id: string;
  format: "msgpack" | "json";
  value_hex: string;
  loaded?: Desc;
  error?: string;
}

const text = (value: unknown) => Buffer.from(writeMsgspecJson(value)).toString("utf8");
const read = (json: string) => readMsgspecJson(Buffer.from(json, "utf8"));
const all = vectors<WriteVector>("msgspec_write");
// One digit fewer would do: msgspec itself cannot read what it writes here.
const written = all.filter(({ json }) => json.value_hex !== undefined && json.read_error === undefined);
const reads = vectors<ReadVector>("msgspec_read").filter(({ format }) => format === "json");

describe("what msgspec writes", () => {
  test.each(written)("$id has msgspec's bytes", ({ payload, json }) => {
    expect(text(fromDesc(payload, "order"))).toBe(Buffer.from(json.value_hex!, "hex").toString("utf8"));
  });

  test.each(all.filter((vector) => !written.includes(vector)))(
    "$id is refused with its path",
    ({ payload }) => {
      expect(() => writeMsgspecJson(fromDesc(payload, "order"))).toThrow(
        expect.objectContaining({ code: "UNSERIALIZABLE", path: expect.stringMatching(/^v/) }),
      );
    },
  );

  test("numbers that were read keep their types", () => {
    const types = { of: () => ({ isFloat: () => true, enter: () => undefined }), adopt() {} };
    expect(Buffer.from(writeMsgspecJson({ a: 1 }, types)).toString()).toBe('{"a":1.0}');
  });

  test.each<[string, unknown, string]>([
    ["Markup", { m: new Markup("x") }, "m"],
    ["a bool as a key", { m: new Map([[true, 1]]) }, 'm["key 0"]'],
    ["None as a key", { m: new Map([[null, 1]]) }, 'm["key 0"]'],
    ["a tuple as a key", { m: new Map([[new Tuple([1]), 1]]) }, 'm["key 0"]'],
    ["a local time before the year 1", { d: new PyDatetime(-62_135_596_800_000, 0, -1) }, "d"],
    ["a local time after the year 9999", { d: new PyDatetime(253_402_300_799_000, 0, 1) }, "d"],
    ["an invalid Date as a key", { m: new Map([[new Date(Number.NaN), 1]]) }, 'm["key 0"]'],
    ["undefined", undefined, ""],
  ])("%s is refused with its path", (_, value, path) => {
    expect(() => writeMsgspecJson(value)).toThrow(expect.objectContaining({ code: "UNSERIALIZABLE", path }));
  });

  test("the shortest digits of any float read back as it, with exponents where msgspec has them", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (float) => {
        const json = text([new PyFloat(float)]).slice(1, -1);
        expect(Number(json)).toBe(float);
        const size = Math.abs(float);
        const decimal = size === 0 || (size >= 1e-5 && size < 1e16);
        expect(json).toMatch(decimal ? /^-?\d+\.\d+$/ : /^-?\d(\.\d+)?e-?[1-9]\d*$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("what msgspec reads", () => {
  const good = reads.filter(({ loaded }) => loaded !== undefined);

  test.each([
    ...written.map(({ id, json }) => ({ id, value_hex: json.value_hex!, loaded: json.loaded! })),
    ...good.map(({ id, value_hex, loaded }) => ({ id, value_hex, loaded: loaded! })),
  ])("$id is read as msgspec does", ({ value_hex, loaded }) => {
    deepStrictEqual(readMsgspecJson(Buffer.from(value_hex, "hex")), fromDesc(loaded, "all"));
  });

  test.each(reads.filter((vector) => !good.includes(vector)))("$id is refused", ({ value_hex }) => {
    expect(() => readMsgspecJson(Buffer.from(value_hex, "hex"))).toThrow(MalformedError);
  });

  test("256 levels are read, and 257 are not", () => {
    expect(() => read("[".repeat(256) + "]".repeat(256))).not.toThrow();
    expect(() => read("[".repeat(257) + "]".repeat(257))).toThrow(MalformedError);
  });

  test("any text gives data or MalformedError, and what was read is written and read the same", () => {
    const piece = fc.constantFrom(
      ..."{}[]:,".split(""),
      '"a"',
      '"',
      "\\",
      "1",
      "-0",
      "1.0",
      "1e400",
      "NaN",
      "null",
      "\\ud800",
      "é",
      "9".repeat(4300),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string({ unit: "binary" }),
          fc.array(piece).map((parts) => `{"a":${parts.join("")}}`),
        ),
        (json) => {
          let value: unknown;
          try {
            value = read(json);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
            return;
          }
          deepStrictEqual(readMsgspecJson(writeMsgspecJson(value)), value);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

test("half of a surrogate pair is refused in both directions", () => {
  expect(() => writeMsgspecJson({ a: "\ud800" })).toThrow(DataError);
  expect(() => read('{"a":"\\ud800"}')).toThrow(MalformedError);
  expect(read('{"\\ud83c\\udf6a":1}')).toStrictEqual({ "🍪": 1 });
});
