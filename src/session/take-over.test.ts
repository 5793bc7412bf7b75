import fc from "fast-check";
import { expect, test } from "vitest";
import { Tuple } from "../codec/index.ts";
import { takeOver } from "./take-over.ts";

test("the contents are the source's, whatever was there", () => {
  const dict = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<unknown>);
  fc.assert(
    fc.property(dict, dict, (target, source) => {
      const copy = structuredClone(source);
      takeOver(target, source);
      expect(target).toEqual(copy);
    }),
  );
});

test("objects stay the same at their keys and places", () => {
  const inner = { a: 1 };
  const list = [inner, { b: 2 }];
  const target: Record<string, unknown> = { deep: { list } };
  const deep = target["deep"];
  takeOver(target, { deep: { list: [{ a: 2 }], more: 1 } });
  expect(target).toEqual({ deep: { list: [{ a: 2 }], more: 1 } });
  expect([target["deep"], (deep as any).list, list[0]]).toEqual([deep, list, inner]);
  expect((target["deep"] as any).list).toBe(list);
  expect(list[0]).toBe(inner);
});

test("an object that stood in two places is in one of them from then on", () => {
  const shared = { n: 0 };
  const target = { a: shared, b: shared };
  takeOver(target, { a: { n: 1 }, b: { n: 2 } });
  expect(target).toEqual({ a: { n: 1 }, b: { n: 2 } });
});

test("values that never change are replaced, not changed", () => {
  const tuple = new Tuple([1]);
  const frozen = Object.freeze({ x: 1 });
  const target: Record<string, unknown> = { tuple, frozen };
  takeOver(target, { tuple: new Tuple([2]), frozen: { x: 2 } });
  expect([Array.from(tuple), frozen]).toEqual([[1], { x: 1 }]);
  expect(target).toEqual({ tuple: new Tuple([2]), frozen: { x: 2 } });
});

test("a key __proto__ stays a key", () => {
  const target: Record<string, unknown> = {};
  takeOver(target, JSON.parse('{"__proto__":{"polluted":1}}'));
  takeOver(target, JSON.parse('{"__proto__":{"polluted":2}}'));
  expect(Object.keys(target)).toEqual(["__proto__"]);
  expect(({} as any).polluted).toBeUndefined();
});
