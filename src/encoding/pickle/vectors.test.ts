import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../../test/support/python-values.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { MalformedError } from "../../errors.ts";
import { PyBytearray, PyFrozenset } from "../python-values.ts";
import { readPickle } from "./read.ts";

describe("the vectors", () => {
  interface ReaderVector {
    id: string;
    group: "plain" | "known-class" | "refuse";
    pickle: string | null;
    value: Desc;
  }

  const all = vectors<ReaderVector>("pickle_reader");
  const isRecursive = ({ value }: ReaderVector) => value[0] === "recursive";
  // Valid pickles, which are no sessions.
  const noSessions = ["refuse/not a dict", "refuse/string"];

  const readable = all.filter((vector) => vector.group !== "refuse" && !isRecursive(vector));
  test.each(readable)("$id is read", ({ pickle, value }) => {
    deepStrictEqual(
      loosened(readPickle(Buffer.from(pickle!, "hex"))),
      fromDesc(inMicroseconds(value), "all"),
    );
  });

  // Data that contains itself is no tree, so it can neither be compared nor merged.
  test.each(all.filter((vector) => vector.group !== "refuse" && isRecursive(vector)))(
    "$id is refused, because it contains itself",
    ({ pickle }) => {
      expect(() => readPickle(Buffer.from(pickle!, "hex"))).toThrow("contains itself");
    },
  );

  test.each(all.filter(({ group, id }) => group === "refuse" && !noSessions.includes(id)))(
    "$id is refused",
    ({ pickle }) => {
      const bytes = pickle === null ? nested(100_000) : Buffer.from(pickle, "hex");
      expect(() => readPickle(bytes)).toThrow(MalformedError);
    },
  );

  test.each(all.filter(({ id }) => noSessions.includes(id)))("$id is read and is no dict", ({ pickle }) => {
    const value = readPickle(Buffer.from(pickle!, "hex"));
    expect(typeof value === "string" || Array.isArray(value)).toBe(true);
  });

  /** One vector is a recipe: so many lists in one another. */
  function nested(levels: number): Uint8Array {
    return Buffer.from(`\x80\x04${"]".repeat(levels)}${"a".repeat(levels - 1)}.`, "latin1");
  }

  /** The vectors call a frozenset a set and a bytearray bytes. */
  function loosened(value: unknown): unknown {
    if (value instanceof Map || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => {
        if (item instanceof PyFrozenset) return [key, new Set(item)];
        return [key, item instanceof PyBytearray ? new Uint8Array(item) : item];
      }),
    );
  }

  /** These vectors write a timedelta in seconds. */
  function inMicroseconds(desc: Desc): Desc {
    return JSON.parse(JSON.stringify(desc), (_, value) =>
      Array.isArray(value) && value[0] === "timedelta"
        ? ["timedelta", String(Math.round(Number(value[1]) * 1e6))]
        : value,
    );
  }
});

describe("the sessions that Flask-Session kept", () => {
  interface Kept {
    id: string;
    format: string;
    loaded: Desc;
    value_hex: string;
    file: string;
    count_hex: string;
  }

  // The class of the one is no data, that of the other is in the application.
  const hasOtherClass = ({ id }: Kept) => /\/(?:object|namedtuple)$/.test(id);
  const inServers = [
    ...vectors<Kept>("flask_session_redis_pickle_032"),
    ...vectors<Kept>("flask_session_memcached").filter(({ format }) => format === "pickle"),
  ].map((vector) => ({ ...vector, bytes: Buffer.from(vector.value_hex, "hex") }));
  const files = vectors<Kept>("flask_session_filesystem").map((vector) => ({
    ...vector,
    bytes: withoutExpiry(
      readFileSync(new URL(`../../../test/vectors/flask_session_filesystem/${vector.file}`, import.meta.url)),
    ),
  }));

  test.each([...inServers, ...files].filter((vector) => !hasOtherClass(vector)))(
    "$id is read with the values that Flask reads",
    ({ bytes, loaded }) => {
      deepStrictEqual(readPickle(bytes), fromDesc(loaded, "all"));
    },
  );

  test.each([...inServers, ...files].filter(hasOtherClass))("$id is refused", ({ bytes }) => {
    expect(() => readPickle(bytes)).toThrow(MalformedError);
  });

  test("cachelib's count of its files is an int", () => {
    expect(readPickle(withoutExpiry(Buffer.from(files[0]!.count_hex, "hex")))).toBe(1);
  });

  /** cachelib puts four bytes before the pickle. */
  function withoutExpiry(file: Buffer): Uint8Array {
    return file.subarray(4);
  }
});
