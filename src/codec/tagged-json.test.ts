import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { vectors } from "../../test/support/vectors.ts";
import { formatFloat } from "../encoding/py-float.ts";
import { isPythonSpelling } from "../encoding/python-spelling.ts";
import { ConfigError, DataError, MalformedError } from "../errors.ts";
import { type Dict, Markup, PyFloat, type Tag, TaggedJson, Tuple, Uuid } from "./index.ts";

interface SessionVector {
  id: string;
  payload: Desc;
  json: string;
  loaded: Desc;
  app_json?: object;
  error?: object;
}

const json = new TaggedJson();
const sessions = vectors<SessionVector>("flask_sessions").filter((vector) => vector.error === undefined);

/** Text, read and written again without a change. */
function rewritten(text: string): string {
  const { data, numberTypes } = json.parse(text);
  return json.stringify(data, numberTypes);
}

/** Data with its PyFloats as the numbers that reading gives. */
function plain(value: unknown): unknown {
  if (value instanceof PyFloat) return value.value;
  if (value instanceof Tuple) return new Tuple([...value].map(plain));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe("Flask's own sessions", () => {
  test.each(sessions)("$id is read with the values that Flask reads", ({ json: text, loaded }) => {
    // Not expect: it takes a key "constructor" for the constructor.
    deepStrictEqual(json.parse(text).data, plain(fromDesc(loaded)));
  });

  // Python has types that JavaScript lacks and JSON does not show: dates without a time, decimals, dataclasses.
  const writable = sessions.filter(
    ({ payload, app_json }) =>
      app_json === undefined && !/"(date|decimal|other)"/.test(JSON.stringify(payload)),
  );

  // Python sorts a dict's keys before they become text: integers by size. JavaScript's keys are text from the start.
  const sortedAsNumbers = new Set(["edge/int-keys"]);

  test.each(writable.filter(({ id }) => !sortedAsNumbers.has(id)))(
    "$id is written with Flask's bytes",
    ({ payload, json: text }) => {
      expect(json.stringify(fromDesc(payload) as Dict)).toBe(text);
    },
  );

  // Flask itself reads a year below 100 as one of this or the last century.
  const twoDigitYears = new Set(["edge/dt-year1", "edge/dt-year50", "edge/dt-year99"]);

  test.each(
    sessions.filter(
      ({ id, app_json }) => app_json === undefined && !sortedAsNumbers.has(id) && !twoDigitYears.has(id),
    ),
  )("$id survives reading and writing byte for byte", ({ json: text }) => {
    expect(rewritten(text)).toBe(text);
  });
});

describe("Python's numbers", () => {
  test("an int and a float keep their types, although JavaScript cannot tell them apart", () => {
    const text = '{"float":1.0,"int":1,"list":[1.0,1],"nested":{"x":2.0}}';
    expect(json.parse(text).data).toStrictEqual({ float: 1, int: 1, list: [1, 1], nested: { x: 2 } });
    expect(rewritten(text)).toBe(text);
  });

  test("a number that stays in its place keeps its type when others change", () => {
    const { data, numberTypes } = json.parse('{"count":1,"price":2.0}');
    data["count"] = 2;
    data["price"] = 3;
    expect(json.stringify(data, numberTypes)).toBe('{"count":2,"price":3.0}');
  });

  test("containers keep their numbers' types when they move or are copied", () => {
    const { data, numberTypes } = json.parse('{"cart":[{"p":1.0},{"p":2}],"o":{"x":1.0}}');
    const cart = data["cart"] as Dict[];
    data["cart"] = cart.toReversed();
    data["o"] = { ...(data["o"] as Dict) };
    expect(json.stringify(data, numberTypes)).toBe('{"cart":[{"p":2},{"p":1.0}],"o":{"x":1.0}}');
  });

  test("an item of a list keeps its type when it moves", () => {
    const { data, numberTypes } = json.parse('{"l":[1.0,2,3.0]}');
    data["l"] = (data["l"] as number[]).slice(1);
    expect(json.stringify(data, numberTypes)).toBe('{"l":[2,3.0]}');
  });

  test("a new item of a list of floats is a float, of a mixed list an int", () => {
    const { data, numberTypes } = json.parse('{"floats":[1.0,2.5],"mixed":[1.0,2]}');
    (data["floats"] as number[]).push(7);
    (data["mixed"] as number[]).push(7);
    expect(json.stringify(data, numberTypes)).toBe('{"floats":[1.0,2.5,7.0],"mixed":[1.0,2,7]}');
  });

  test("a list with both 1 and 1.0 keeps them for as long as they stay, and is refused with its path when they move", () => {
    const { data, numberTypes } = json.parse('{"a":{"l":[1.0,1,5]}}');
    const { l } = data["a"] as { l: number[] };
    l.push(1.5);
    expect(json.stringify(data, numberTypes)).toBe('{"a":{"l":[1.0,1,5,1.5]}}');
    l.unshift(9);
    expect(() => json.stringify(data, numberTypes)).toThrow(
      expect.objectContaining({ code: "UNREPRESENTABLE", path: "a.l[1]" }),
    );
  });

  test.each([
    ["integers beyond 2^53 are bigint", '{"i":9007199254740993}', { i: 9007199254740993n }],
    ["negative zero stays negative", '{"f":-0.0}', { f: -0 }],
    [
      "NaN and infinities are kept",
      '{"a":NaN,"b":Infinity,"c":-Infinity}',
      { a: Number.NaN, b: Infinity, c: -Infinity },
    ],
    [
      "floats have Python's digits",
      '{"a":1e+16,"b":1e-05,"c":5e-324,"d":0.1}',
      { a: 1e16, b: 1e-5, c: 5e-324, d: 0.1 },
    ],
  ])("%s", (_, text, data) => {
    expect(json.parse(text).data).toStrictEqual(data);
    expect(rewritten(text)).toBe(text);
  });

  test("-0 is Python's int 0", () => {
    expect(rewritten('{"a":-0}')).toBe('{"a":0}');
  });

  test("new numbers are ints where they are integral, and floats where they are not or a PyFloat says so", () => {
    expect(json.stringify({ a: 1, b: 1.5, c: new PyFloat(1), d: 2 ** 60, e: 2n ** 60n })).toBe(
      '{"a":1,"b":1.5,"c":1.0,"d":1.152921504606847e+18,"e":1152921504606846976}',
    );
  });

  test("an int of more digits than Python takes is refused", () => {
    expect(() => json.stringify({ i: 10n ** 4300n })).toThrow(DataError);
    expect(() => json.parse(`{"i":${"9".repeat(4301)}}`)).toThrow(MalformedError);
  });

  test("any numbers survive together, whatever their types", () => {
    const number = fc.oneof(
      fc.integer().map(String),
      fc.bigInt().map(String),
      fc.integer().map((n) => `${n}.0`.replace("-0.0", "0.0")),
      fc.constantFrom("NaN", "Infinity", "-0.0", "1e+16", "1.5"),
    );
    fc.assert(
      fc.property(fc.array(number, { maxLength: 8 }), number, (list, other) => {
        const text = `{"l":[${list.join(",")}],"n":${other}}`;
        expect(rewritten(text)).toBe(text);
      }),
    );
  });
});

describe("dicts that look like something else", () => {
  test.each([" t", " b", " m", " u", " d", " di"])(
    "a dict whose only key is %j stays a dict, at any depth",
    (key) => {
      const data = { [key]: { [key]: { [`${key}__`]: 1, x: { [key]: 2 } } } };
      expect(json.parse(json.stringify(data)).data).toStrictEqual(data);
    },
  );

  test("__proto__ and Object's own names are keys like others", () => {
    const text = '{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2,"toString":3}';
    const { data } = json.parse(text);
    expect(Object.keys(data).toSorted()).toStrictEqual([
      "__proto__",
      "constructor",
      "hasOwnProperty",
      "toString",
    ]);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(json.stringify(data)).toBe(text);
    expect(rewritten('{"__proto__":{"__proto__":1.0}}')).toBe('{"__proto__":{"__proto__":1.0}}');
  });

  test("then and toJSON are data, not calls", async () => {
    const { data } = json.parse('{"then":1,"toJSON":2}');
    expect(Object.entries(await Promise.resolve(data))).toStrictEqual([
      ["then", 1],
      ["toJSON", 2],
    ]);
  });

  test("any nest of tag-like keys survives", () => {
    const key = fc.constantFrom(" t", " b", " m", " u", " d", " di", " t__", " di__", "x", "__proto__", "");
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.integer(),
        fc.string(),
        fc.dictionary(key, tie("tree"), { maxKeys: 2, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 2, noNullPrototype: true }), (data) => {
        expect(json.parse(json.stringify(data)).data).toEqual(data);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("what cannot be written", () => {
  const cyclic: Dict = { name: "x" };
  cyclic["self"] = { back: cyclic };
  const throwing = {
    cart: [
      1,
      {
        get total(): number {
          throw new Error("no");
        },
      },
    ],
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  test.each<[string, Dict, string]>([
    ["a function", { cart: [1, 2, 3, { fn: () => 1 }] }, "cart[3].fn"],
    ["a symbol", { a: { "b c": Symbol("s") } }, 'a["b c"]'],
    ["a Map", { m: new Map() }, "m"],
    ["a Set in a list", { l: [new Set()] }, "l[0]"],
    ["an object of a class", { u: new URL("http://a.test") }, "u"],
    ["undefined in a list", { l: [undefined] }, "l[0]"],
    ["a list with a hole", { l: Object.assign([1], { 2: 3 }) }, "l[1]"],
    ["an invalid Date", { d: new Date(Number.NaN) }, "d"],
    ["a getter that throws", throwing, "cart[1].total"],
    ["a revoked proxy", { p: revoked.proxy }, "p"],
    ["a cycle", cyclic, "self.back.self…"],
    ["a deep nest", JSON.parse(`${'{"a":'.repeat(300)}1${"}".repeat(300)}`) as Dict, "a.a.a…"],
  ])("%s is refused with its path", (_, data, path) => {
    expect(() => json.stringify(data)).toThrow(expect.objectContaining({ code: "UNSERIALIZABLE", path }));
  });

  test.each([
    [{ d: new Date(Number.NaN) }, "The data at d cannot be written: it is an invalid Date."],
    [{ d: new Date(8.64e15) }, "The data at d cannot be written: it is not in the years 1 to 9999."],
    [{ cart: [() => 1] }, "The data at cart[0] is a function, which cannot be written. Take plain data."],
    [[], "The data is not a dict. Store an object like { count: 1 }."],
  ])("the message says why: %o", (data, message) => {
    expect(() => json.stringify(data as never)).toThrow(expect.objectContaining({ message }));
  });

  test("a property that is undefined is absent", () => {
    expect(json.stringify({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test("text of ten megabytes is written without trouble", () => {
    expect(json.stringify({ t: "é".repeat(10_000_000 / 6) }).length).toBeGreaterThan(9_999_990);
  });
});

describe("what cannot be read", () => {
  test.each([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["a string", '"x"'],
    ["a number", "1"],
    ["a tuple as the session", '{" t":[1]}'],
    ["a byte order mark", "\ufeff{}"],
    ["a bad UUID", '{"u":{" u":"xyz"}}'],
    ["bytes that are no base64", '{"b":{" b":"a"}}'],
    ["bytes that are a number", '{"b":{" b":1}}'],
    ["a tuple of a number", '{"t":{" t":1}}'],
    ["an empty escaped dict", '{"d":{" di":{}}}'],
    ["an escaped number", '{"d":{" di":1}}'],
    ["text after the end", '{"a":1.0}x'],
    ["a bare minus", '{"a":-}'],
    ["a leading zero", '{"a":1.0,"b":01}'],
    ["a control character", '{"a":1.0,"b":"\u0001"}'],
    ["nesting of 300 levels", `${'{"a":'.repeat(300)}1${"}".repeat(300)}`],
    ["nesting of 100,000 levels", `${"[".repeat(100_000)}1.0${"]".repeat(100_000)}`],
  ])("%s is malformed and nothing worse", (_, text) => {
    expect(() => json.parse(text)).toThrow(MalformedError);
  });

  test("any text gives data or MalformedError", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"',
      "\\",
      "1",
      "1.0",
      "-",
      "NaN",
      "e",
      " ",
      '" t"',
      '"a"',
      "\ud800",
      "null",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(piece).map((parts) => `{${parts.join("")}}`),
        ),
        (text) => {
          try {
            json.parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test("a date that Python cannot read is null, as in Flask", () => {
    expect(json.parse('{"d":{" d":"garbage"}}').data).toStrictEqual({ d: null });
  });
});

describe("an application's own tags", () => {
  class Point {
    readonly x: number;
    readonly y: number;
    constructor(x: number, y: number) {
      this.x = x;
      this.y = y;
    }
  }
  const point: Tag<Point> = {
    key: " p",
    check: (value) => value instanceof Point,
    toJson: ({ x, y }) => [x, y],
    fromJson: (list) => new Point(...(list as [number, number])),
  };

  test("are written and read, and their keys escaped", () => {
    const own = new TaggedJson([point]);
    const data = { at: new Point(1, 2.5), odd: { " p": 1 } };
    expect(own.stringify(data)).toBe('{"at":{" p":[1,2.5]},"odd":{" di":{" p__":1}}}');
    expect(own.parse(own.stringify(data)).data).toStrictEqual(data);
  });

  test("get plain numbers where Python wrote floats", () => {
    expect(new TaggedJson([point]).parse('{"at":{" p":[1.0,2.0]}}').data).toStrictEqual({
      at: new Point(1, 2),
    });
  });

  test("get PyFloats where they ask for them", () => {
    const kept: Tag<Set<unknown>> = {
      key: " s",
      check: (value) => value instanceof Set,
      toJson: (value) => [...value],
      fromJson: (list) => new Set(list as unknown[]),
      keepsFloats: true,
    };
    const own = new TaggedJson([kept]);
    const text = '{"s":{" s":[1.0,2,{"a":[3.0]}]}}';
    const { data, numberTypes } = own.parse(text);
    expect(data).toStrictEqual({ s: new Set([new PyFloat(1), 2, { a: [new PyFloat(3)] }]) });
    expect(own.stringify(data, numberTypes)).toBe(text);
  });

  test("are not taken for the lists beside them, whose numbers are known", () => {
    const own = new TaggedJson([point]);
    const { data, numberTypes } = own.parse('{"l":[[1.0,2.0]]}');
    (data["l"] as unknown[]).push(new Point(1, 2), [1, 2]);
    expect(own.stringify(data, numberTypes)).toBe('{"l":[[1.0,2.0],{" p":[1,2]},[1.0,2.0]]}');
  });

  test("that throw are named by their path, and what they say is the cause and no part of the message", () => {
    const cause = new Error("not for logs");
    const throwing = new TaggedJson([
      {
        ...point,
        toJson() {
          throw cause;
        },
      },
    ]);
    expect(() => throwing.stringify({ at: [new Point(1, 2)] })).toThrow(
      expect.objectContaining({
        message: "The data at at[0] cannot be written: its tag threw.",
        path: "at[0]",
        cause,
      }),
    );
  });

  test("need a key of their own", () => {
    expect(() => new TaggedJson([{ ...point, key: " t" }])).toThrow(ConfigError);
    expect(() => new TaggedJson([{ ...point, key: " di" }])).toThrow(ConfigError);
  });
});

test("keys may stay in their own order, which is then the canonical one", () => {
  const own = new TaggedJson([], { sortKeys: false });
  const text = '{"b":1,"a":{"d":1,"c":[{" t":[{"z":1.0,"y":2}]}]}}';
  const { data, numberTypes, canonical } = own.parse(text);
  expect(canonical).toBe(true);
  expect(own.stringify(data, numberTypes)).toBe(text);
  expect(json.parse(text).canonical).toBe(false);
  // JavaScript moves it to the front.
  expect(own.parse('{"a":1,"0":2}').canonical).toBe(false);
});

describe("canonical", () => {
  const space = fc.constantFrom("", "", "", " ", "\n");
  const piece = fc.constantFrom(
    ..."ab é\x7f".split(""),
    ...String.raw`\n \" \\ \/ \u0041 \u000a \u00e9 \u00E9 \u001f \u007f \ud83c\udf6a \uffff`.split(" "),
  );
  const string = fc.array(piece, { maxLength: 4 }).map((pieces) => `"${pieces.join("")}"`);
  const digits = (first: string) => fc.stringMatching(new RegExp(`^${first}\\d{0,17}$`));
  const number = fc.oneof(
    fc.constantFrom("0", "-0", "-0.0", "1e5", "1E5", "1e+16", "1e-05", "1e-5", "NaN", "Infinity", "1e999"),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => formatFloat(value)),
    digits("-?[1-9]"),
    fc.tuple(digits("[1-9]"), digits("")).map(([whole, fraction]) => `${whole}.${fraction}0`),
    fc.tuple(digits("-?0\\.0{0,5}"), digits("[1-9]")).map((parts) => parts.join("")),
  );
  const { value } = fc.letrec<{ value: string; dict: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("null", "true"),
      string,
      number,
      fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
      tie("dict"),
    ),
    dict: fc
      .tuple(fc.constantFrom("a", " t", " b", " u", " d", " di", " t__", "", "é", "5"), space, tie("value"))
      .map(([key, between, item]) => `{"${key}":${between}${item}}`),
  }));

  test("is said of nothing that would be written otherwise, and of all that was written", () => {
    let canonical = 0;
    fc.assert(
      fc.property(value, space, (item, between) => {
        const text = `{"k":${item}${between}}`;
        let read;
        try {
          read = json.parse(text);
        } catch {
          return;
        }
        const written = json.stringify(read.data, read.numberTypes);
        if (read.canonical) {
          canonical++;
          expect(text).toBe(written);
        }
        if (!/"5"/.test(written)) expect(json.parse(written).canonical).toBe(true);
      }),
      { numRuns: 5_000 },
    );
    expect(canonical).toBeGreaterThan(300);
  });

  test("is not said where an application's tag writes otherwise than it reads", () => {
    const epoch = {
      key: " e",
      check: (item: object) => item instanceof Date,
      toJson: (date: Date): unknown => date.getTime(),
      fromJson: (item: unknown) => new Date(item as number),
    };
    const own = new TaggedJson([epoch]);
    expect(own.parse('{"a":{" e":1000}}').canonical).toBe(true);
    for (const text of ["1.5", "2.0", '"1970-01-01"', "[1000]"])
      expect(own.parse(`{"a":{" e":${text}}}`).canonical).toBe(false);
    const list = new TaggedJson([
      {
        ...epoch,
        toJson: (date: Date) => [date.getTime()],
        fromJson: (items) => new Date((items as number[])[0]!),
      },
    ]);
    expect(list.parse('{"a":{" e":[1000]}}').canonical).toBe(true);
    expect(list.parse('{"a":{" e":[1000.0]}}').canonical).toBe(false);
  });

  test("is found quickly for a long text, whatever is in it", () => {
    for (const item of ['"x"', "1", "1.5", "1700000000.123456", '"\\u00e9"', "{}", "true"]) {
      const text = `{"a":[${Array(300_000).fill(item).join(",")}]}`;
      expect(isPythonSpelling(text)).toBe(true);
      expect(isPythonSpelling(`${text} `)).toBe(false);
    }
  });
});

test("Python's types are plain to use", () => {
  const tuple = new Tuple([1, 2]);
  expect(tuple.map((n) => n * 2)).toStrictEqual([2, 4]);
  expect(
    JSON.stringify({
      tuple,
      uuid: new Uuid("12345678123456781234567812345678"),
      html: new Markup("<b>"),
      f: new PyFloat(1),
    }),
  ).toBe('{"tuple":[1,2],"uuid":"12345678-1234-5678-1234-567812345678","html":"<b>","f":1}');
  expect(new PyFloat(1).valueOf() + 1).toBe(2);
  expect(() => new Uuid("nope")).toThrow(TypeError);
});
