import { Tuple, type Dict } from "../codec/index.ts";
import { isDict, setOwn } from "../encoding/plain.ts";

/**
 * Gives `target` the contents of `source` and keeps its objects, so that who holds one of them, at any depth, goes on with
 * the session's data and not with a copy of what it was. Dicts are found by their keys, the items of lists by their places. An object
 * that cannot be changed (frozen, with a getter) is replaced.
 *
 * @returns the target, or the source in its place
 */
export function takeOver(target: Dict, source: Dict): Dict {
  return merged(target, source, new Set()) as Dict;
}

/** @param taken objects that have their contents already: one that stands in two places cannot be both */
function takeOverDict(target: Dict, source: Dict, taken: Set<object>): void {
  taken.add(target);
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
  for (const key of Object.keys(source)) {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    setOwn(target, key, merged(old, source[key], taken));
  }
}

function takeOverList(target: unknown[], source: readonly unknown[], taken: Set<object>): void {
  taken.add(target);
  target.length = Math.min(target.length, source.length);
  source.forEach((value, index) => {
    target[index] = merged(target[index], value, taken);
  });
}

function merged(old: unknown, value: unknown, taken: Set<object>): unknown {
  if (typeof old !== "object" || old === null || taken.has(old) || !isOpen(old)) return value;
  if (isList(old) && isList(value)) takeOverList(old, value, taken);
  else if (isDict(old) && isDict(value)) takeOverDict(old, value, taken);
  else return value;
  return old;
}

/** Whether every property of an object can be set, and removed, and others be added. */
function isOpen(object: object): boolean {
  return (
    Object.isExtensible(object) &&
    Object.entries(Object.getOwnPropertyDescriptors(object)).every(
      ([key, { writable, configurable }]) => writable && (configurable || key === "length"),
    )
  );
}

/** A list that can be changed; a Tuple stands for a value that never is. */
function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && !(value instanceof Tuple);
}
