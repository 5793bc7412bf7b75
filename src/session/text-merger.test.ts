import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dict, type Tag, TaggedJson, Tuple } from "../codec/index.ts";
import { isDict, setOwn } from "../encoding/plain.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { TextMerger } from "./text-merger.ts";

const json = new TaggedJson();
const merger = new TextMerger(json);
const textOf = (data: Dict) => json.stringify(data);
const merge = (base: Dict, ours: Dict, theirs: Dict) =>
  merger.merge(textOf(base), textOf(ours), textOf(theirs));
/** What an application writes that reads this text and changes nothing. */
const reread = (text: string) => {
  const { data, numberTypes } = json.parse(text);
  return json.stringify(data, numberTypes);
};

const scalar = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, 1.5, null, true, "", "x", 2n ** 70n, -(2n ** 60n), Number.NaN),
  fc.constantFrom<unknown>(1, 2).map((value) => new PyFloat(value as number)),
  fc.constantFrom<unknown>(new Date(0), new Uint8Array([1, 2]), new Tuple([1, new PyFloat(2)])),
);
const key = fc.constantFrom(
  "a",
  "b",
  "c",
  "__proto__",
  "toString",
  "7",
  " t",
  " di",
  " d",
  " d__",
  "_flashes",
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 2 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map(dictOf),
  ),
}));
const dict = fc
  .array(
    fc.tuple(
      key.filter((name) => name !== "_flashes"),
      value,
    ),
    { maxLength: 4 },
  )
  .map(dictOf);
/** Three dicts that have much in common. */
const three = fc
  .tuple(dict, dict, dict, dict)
  .map(([common, ...own]) => own.map((data) => dictOf([...Object.entries(common), ...Object.entries(data)])));

function dictOf(entries: readonly (readonly [string, unknown])[]): Dict {
  const result: Dict = {};
  for (const [name, item] of entries) setOwn(result, name, item);
  return result;
}

describe("what both sides made of a session", () => {
  test("is merged path by path, by the values and not by how they are written", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(three, ([base, ours, theirs]) => {
        const merged = merge(base!, ours!, theirs!);
        expect(reread(merged)).toBe(textOf(expected(base!, ours!, theirs!)));
      }),
      { numRuns: process.env["HIPFLASK_LONG"] === "1" ? 100_000 : 4000 },
    );
  });

  test("can always be read, and reads as an application would write it", () => {
    const odd = fc.oneof(key, fc.constantFrom(" x", " ", " di__", "_created"));
    const any = fc.dictionary(odd, fc.oneof(value, fc.dictionary(odd, value)));
    fc.assert(
      fc.property(any, any, any, (base, ours, theirs) => {
        const merged = merge(base, ours, theirs);
        expect(reread(merged)).toBe(merged);
      }),
      { numRuns: 2000 },
    );
  });

  test(
    "is the same one after the other as each for itself, and whatever was merged before",
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(fc.array(three, { minLength: 1, maxLength: 4 }), dict, (triples, start) => {
          const made = new TextMerger(json);
          const merging = triples.map(([base, ours]) => made.merging(textOf(base!), textOf(ours!)));
          // Twice, as after a conflict.
          for (const begin of [textOf(start), textOf(triples[0]![2]!)]) {
            let [chained, apart] = [begin, begin];
            merging.forEach((next, index) => {
              const [base, ours] = triples[index]!;
              chained = next(chained);
              apart = new TextMerger(json).merge(textOf(base!), textOf(ours!), apart);
              expect(chained).toBe(apart);
            });
          }
        }),
        { numRuns: process.env["HIPFLASK_LONG"] === "1" ? 50_000 : 1000 },
      );
    },
  );

  test("is the same in whatever order changes come that have nothing to do with each other", () => {
    const places = ["a", "b", "c", "d", "e"];
    const changes = fc.tuple(...places.map(() => fc.option(value)));
    fc.assert(
      fc.property(
        dict,
        changes,
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
        (nested, made, order) => {
          const base = {
            x: 1,
            deep: nested,
            ...Object.fromEntries(places.map((place) => [place, { v: place }])),
          };
          const writers = made.map((change, index) => {
            const place = places[index]!;
            const { [place]: _, ...rest } = base as Dict;
            return change === null ? rest : { ...rest, [place]: change };
          });
          const all = writers.reduce<Dict>((data, writer, index) => {
            const place = places[index]!;
            const { [place]: _, ...rest } = data;
            return Object.hasOwn(writer, place) ? { ...rest, [place]: writer[place] } : rest;
          }, base);
          const merged = order.reduce(
            (text, index) => merger.merge(textOf(base), textOf(writers[index]!), text),
            textOf(base),
          );
          expect(merged).toBe(textOf(all));
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** The rules once more, on values: each side's changes, ours where both changed the same. */
function expected(base: Dict, ours: Dict, theirs: Dict): Dict {
  const entries: [string, unknown][] = [];
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const [before, mine, their] = [base, ours, theirs].map((data) =>
      Object.hasOwn(data, name) ? data[name] : undefined,
    );
    const start = before ?? {};
    const item = same(before, mine)
      ? their
      : same(before, their) || !isDict(start) || !isDict(mine) || !isDict(their)
        ? mine
        : expected(start, mine, their);
    if (item !== undefined) entries.push([name, item]);
  }
  return dictOf(entries);
}

function same(a: unknown, b: unknown): boolean {
  return a === undefined || b === undefined ? a === b : textOf({ v: a }) === textOf({ v: b });
}

describe("rules", () => {
  test.each<[string, Dict, Dict, Dict, Dict]>([
    ["keys side by side", { a: 1 }, { a: 1, b: 2 }, { a: 1, c: 3 }, { a: 1, b: 2, c: 3 }],
    [
      "keys at any depth",
      { a: { b: { c: 1, d: 1 } } },
      { a: { b: { c: 2, d: 1 } } },
      { a: { b: { c: 1, d: 3 } } },
      { a: { b: { c: 2, d: 3 } } },
    ],
    ["dicts that both began", {}, { a: { x: 1 } }, { a: { y: 2 } }, { a: { x: 1, y: 2 } }],
    ["one value that both changed: ours", { a: 1 }, { a: 2 }, { a: 3 }, { a: 2 }],
    ["lists whole: ours", { a: [1] }, { a: [1, 2] }, { a: [1, 3] }, { a: [1, 2] }],
    ["a key that we deleted", { a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ["a key that they deleted", { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 1 }, { b: 2 }],
    ["what they deleted and we changed stays", { a: { x: 1 } }, { a: { x: 2 } }, {}, { a: { x: 2 } }],
    ["what we deleted goes, although they changed it", { a: 1 }, {}, { a: 2 }, {}],
    ["everything that was deleted on both sides", { a: 1, b: 1 }, { b: 1 }, { a: 1 }, {}],
    [
      "a dict that we emptied and they filled",
      { a: { x: 1 } },
      { a: {} },
      { a: { x: 1, y: 2 } },
      { a: { y: 2 } },
    ],
    [
      "tagged values whole",
      { a: new Tuple([1]) },
      { a: new Tuple([2]) },
      { a: new Date(0) },
      { a: new Tuple([2]) },
    ],
    [
      "a tagged value on one side, a dict on the other",
      { a: { x: 1 } },
      { a: new Date(0) },
      { a: { x: 2 } },
      { a: new Date(0) },
    ],
    [
      "dicts that look like tagged values",
      { a: { " t": { x: 1, y: 1 } } },
      { a: { " t": { x: 2, y: 1 } } },
      { a: { " t": { x: 1, y: 2 } } },
      { a: { " t": { x: 2, y: 2 } } },
    ],
    [
      "a dict that comes to look like one",
      { a: { " d": 1, b: 1, c: 1 } },
      { a: { " d": 1, b: 1 } },
      { a: { " d": 1, c: 1 } },
      { a: { " d": 1 } },
    ],
    ["a dict that no longer does", {}, { a: { " t": 1 } }, { a: { b: 2 } }, { a: { " t": 1, b: 2 } }],
    ["a session that looks like one", { " t": 1 }, { " t": 2 }, { " t": 1, a: 1 }, { " t": 2, a: 1 }],
    [
      "the type of a number",
      { a: 1, b: 1 },
      { a: new PyFloat(1), b: 1 },
      { a: 1, b: 2 },
      { a: new PyFloat(1), b: 2 },
    ],
    [
      "the sign of a zero",
      { a: new PyFloat(0), b: 1 },
      { a: -0, b: 1 },
      { a: new PyFloat(0), b: 2 },
      { a: -0, b: 2 },
    ],
    [
      "messages are a queue at the top alone",
      { a: { _flashes: [1] } },
      { a: { _flashes: [1, 2] } },
      { a: { _flashes: [1, 3] } },
      { a: { _flashes: [1, 2] } },
    ],
  ])("%s", (_, base, ours, theirs, merged) => {
    expect(merge(base, ours, theirs)).toBe(textOf(merged));
  });
});

test("values of the application's own types are merged whole, whatever their key looks like", () => {
  class Point {
    readonly at: Dict;
    constructor(at: Dict) {
      this.at = at;
    }
  }
  const tag: Tag<Point> = {
    key: "p",
    check: (item) => item instanceof Point,
    toJson: ({ at }) => at,
    fromJson: (at) => new Point(at as Dict),
  };
  const own = new TaggedJson([tag as Tag]);
  const [base, ours, theirs] = [
    [1, 1],
    [2, 1],
    [1, 2],
  ].map(([x, y]) => own.stringify({ at: new Point({ x, y }), dict: { p: x, q: y } }));
  const merged = own.parse(new TextMerger(own).merge(base!, ours!, theirs!)).data;
  expect(merged).toEqual({ at: new Point({ x: 2, y: 1 }), dict: { p: 2, q: 2 } });
});

describe("messages", () => {
  const queue = (...names: string[]): Dict =>
    names.length === 0 ? { n: 1 } : { n: 1, _flashes: names.map((name) => new Tuple(["message", name])) };

  test.each<[string, string[], string[], string[], string[]]>([
    ["that both added are all kept", ["a"], ["a", "b"], ["a", "c"], ["a", "c", "b"]],
    ["of the same words are two", [], ["a"], ["a"], ["a", "a"]],
    ["of the same words behind others are two", ["x"], ["x", "a"], ["x", "a"], ["x", "a", "a"]],
    ["that we took stay taken", ["a", "b"], [], ["a", "b", "c"], ["c"]],
    ["that they took stay taken", ["a", "b"], ["a", "b", "c"], [], ["c"]],
    ["that both took are taken", ["a"], [], [], []],
    ["are taken by us, and others added by both", ["a"], ["b"], ["a", "c"], ["c", "b"]],
    ["are taken by them, and others added by both", ["a"], ["a", "b"], ["c"], ["c", "b"]],
    ["are taken and added by both", ["a"], ["b"], ["c"], ["c", "b"]],
  ])("%s", (_, base, ours, theirs, merged) => {
    expect(merge(queue(...base), queue(...ours), queue(...theirs))).toBe(textOf(queue(...merged)));
  });

  test("that are no list are merged like any other value", () => {
    expect(merge({ _flashes: 1 }, { _flashes: 2 }, { _flashes: [] })).toBe('{"_flashes":2}');
  });
});
