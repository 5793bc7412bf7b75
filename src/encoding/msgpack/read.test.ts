import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../../test/support/python-values.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { MalformedError } from "../../errors.ts";
import { PyFloat } from "../py-float.ts";
import { PyDatetime, Tuple } from "../python-values.ts";
import { readMsgpack } from "./read.ts";
import { writeMsgpack } from "./write.ts";

interface ReadVector {
  id: string;
  format: "msgpack" | "json";
  value_hex: string;
  loaded?: Desc;
  error?: string;
}

interface WriteVector {
  id: string;
  msgpack: { value_hex?: string; loaded?: Desc };
}

const read = (hex: string) => readMsgpack(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const reads = vectors<ReadVector>("msgspec_read").filter(({ format }) => format === "msgpack");
const isRead = ({ loaded }: ReadVector) => loaded !== undefined && loaded[0] !== "other";

describe("what msgspec reads", () => {
  const written = vectors<WriteVector>("msgspec_write").flatMap(({ id, msgpack: { value_hex, loaded } }) =>
    value_hex === undefined ? [] : [{ id, value_hex, loaded: loaded! }],
  );

  test.each([...written, ...reads.filter(isRead)])("$id is read as msgspec does", ({ value_hex, loaded }) => {
    // Not expect: it takes a key "constructor" for the constructor.
    deepStrictEqual(read(value_hex), fromDesc(loaded!, "all"));
  });

  // Among them are extensions that are no time stamps, which msgspec reads and a session has no use for.
  test.each(reads.filter((vector) => !isRead(vector)))(
    "$id, which is no session, is refused",
    ({ value_hex }) => {
      expect(() => read(value_hex)).toThrow(MalformedError);
    },
  );
});

describe("values", () => {
  test("an int beyond 2^53 is a bigint", () => {
    expect(read("93 cf001fffffffffffff cf0020000000000000 d3ffe0000000000000")).toStrictEqual([
      2 ** 53 - 1,
      2n ** 53n,
      -(2n ** 53n),
    ]);
  });

  test("an integral float is a PyFloat, another one a number", () => {
    expect(
      read("94 cb3ff0000000000000 cb3ff8000000000000 cb4341c37937e08000 cb8000000000000000"),
    ).toStrictEqual([new PyFloat(1), 1.5, 1e16, -0]);
  });

  test("a time stamp is a Date, or a PyDatetime where it has microseconds that a Date cannot hold", () => {
    expect(read("d7ff 6cb80800 6aff9c0b")).toStrictEqual(new Date("2026-11-20T01:02:03.456Z"));
    expect(read("d7ff 6ce83020 6aff9c0b")).toStrictEqual(
      new PyDatetime(Date.UTC(2026, 10, 20, 1, 2, 3, 456), 789, 0),
    );
  });

  test("a dict whose keys are not all text is a Map in the order of the bytes, and any other a plain object", () => {
    expect([...(read("83 a162 01 a131 02 03 04") as Map<unknown, unknown>)]).toStrictEqual([
      ["b", 1],
      ["1", 2],
      [3, 4],
    ]);
    expect(read("81 a161 80")).toStrictEqual({ a: {} });
    expect(read("81 920101 01")).toStrictEqual(new Map([[new Tuple([1, 1]), 1]]));
  });

  test("__proto__ and Object's own names are keys like others", () => {
    const dict = read("82 a95f5f70726f746f5f5f 81a161c3 ab636f6e7374727563746f72 01") as object;
    expect(Object.keys(dict)).toStrictEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(dict)).toBe(Object.prototype);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test("bytes have memory of their own", () => {
    const source = Buffer.from("c403010203", "hex");
    const bytes = readMsgpack(source) as Uint8Array;
    source.fill(0);
    expect(bytes).toStrictEqual(Uint8Array.of(1, 2, 3));
    expect(bytes.buffer.byteLength).toBe(3);
  });

  test("a part of a larger buffer is read as itself", () => {
    const bytes = new Uint8Array([0xc1, 0x81, 0xa1, 0x61, 0x01, 0xc1]);
    expect(readMsgpack(bytes.subarray(1, 5))).toStrictEqual({ a: 1 });
  });
});

describe("hostile bytes", () => {
  test("256 levels are read, and 257 are not", () => {
    expect(() => read(`${"91".repeat(255)}90`)).not.toThrow();
    expect(() => read(`${"91".repeat(256)}90`)).toThrow(MalformedError);
    expect(() => read(`${"81a161".repeat(256)}80`)).toThrow(MalformedError);
    expect(() => read(`81${"91".repeat(100_000)}`)).toThrow(MalformedError);
  });

  test.each([
    ["lists", (n: number) => `dd${size(n)}${"90".repeat(n)}`],
    ["dicts", (n: number) => `dd${size(n)}${"80".repeat(n)}`],
    ["a dict with keys that are one", (n: number) => `df${size(n)}${"0101".repeat(n)}`],
    ["a dict with keys that are one text", (n: number) => `df${size(n)}${"a16101".repeat(n)}`],
    ["a dict with keys that are tuples", (n: number) => `df${size(n)}${"9201c001".repeat(n)}`],
    ["a dict with an item and text in turn", (n: number) => `df${size(n)}${"0101a16101".repeat(n / 2)}`],
    ["lengths that nothing follows", (n: number) => `dd${size(n)}${"ddffffffff".repeat(n)}`],
    ["nested heads", (n: number) => `${"dfffffffffa0".repeat(200)}${"01".repeat(n)}`],
    [
      "one key after another",
      (n: number) => `df${size(n)}${Array.from({ length: n }, (_, i) => `ce${size(i)}01`).join("")}`,
    ],
    ["a long text", (n: number) => `db${size(n)}${"78".repeat(n)}`],
    ["many short texts", (n: number) => `dd${size(n)}${"a3e5ad97".repeat(n)}`],
    ["many time stamps", (n: number) => `dd${size(n)}${"d6ff00000000".repeat(n)}`],
  ])("%s take no more time than they have bytes", (_, make) => {
    const bytes = Buffer.from(make(100_000), "hex");
    const start = process.cpuUsage();
    try {
      readMsgpack(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedError);
    }
    // A tenth of a second on a quiet machine; what looks back at all that came before takes more than ten.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
  });

  test("a length is never believed before its bytes are there", () => {
    const before = process.memoryUsage().arrayBuffers;
    for (const head of ["dbffffffff", "c6ffffffff", "c9ffffffffff", "ddffffffff", "dfffffffff"])
      expect(() => read(`81a161${head}`)).toThrow(MalformedError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  test("any bytes give data or MalformedError, and what was read is written and read the same", () => {
    const seeds = reads.map(({ value_hex }) => Buffer.from(value_hex, "hex"));
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }))
      .map(([seed, changes]) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        let value: unknown;
        try {
          value = readMsgpack(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
          return;
        }
        deepStrictEqual(readMsgpack(writeMsgpack(value)), value);
      }),
      { numRuns: 3_000 },
    );
  });
});

function size(n: number): string {
  return n.toString(16).padStart(8, "0");
}
