import type { Dict } from "../codec/index.ts";
import { isDict, setOwn } from "../encoding/plain.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { stringifyPythonJson } from "../encoding/python-json.ts";
import { parsePythonJson } from "../encoding/python-json-parse.ts";
import { RESERVED } from "./reserved.ts";

/**
 * The texts of two sessions that both began as `base`, as one: where we changed something it is ours, elsewhere theirs,
 * path by path. Lists and single values count whole; only of the flash messages, a list too, none is lost.
 *
 * What they deleted and we changed comes back as we have it: a change that was acknowledged is never lost.
 */
export function mergeTexts(base: string, ours: string, theirs: string): string {
  if (ours === base) return theirs;
  if (theirs === base) return ours;
  const merged = mergeDicts(parse(base), parse(ours), parse(theirs), mergeTop);
  return stringifyPythonJson(escaped(merged), { sortKeys: true });
}

/** Marks a dict of one key that would look like a tagged value. */
const DICT = " di";

function parse(text: string): Dict {
  const dict = parsePythonJson(text, "keep") as Dict;
  return branch(dict) ?? dict;
}

type Merge = (base: unknown, ours: unknown, theirs: unknown, key: string) => unknown;

function mergeDicts(base: Dict, ours: Dict, theirs: Dict, merge: Merge): Dict {
  const merged: Dict = {};
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const value = merge(own(base, key), own(ours, key), own(theirs, key), key);
    if (value !== undefined) setOwn(merged, key, value);
  }
  return merged;
}

const mergeTop: Merge = (base, ours, theirs, key) =>
  key === RESERVED.flashes ? mergeQueues(base, ours, theirs) : mergeValues(base, ours, theirs);

function mergeValues(base: unknown, ours: unknown, theirs: unknown): unknown {
  if (isSame(base, ours)) return theirs;
  if (isSame(base, theirs)) return ours;
  const [before, mine, their] = [branch(base ?? {}), branch(ours), branch(theirs)];
  return before && mine && their ? escaped(mergeDicts(before, mine, their, mergeValues)) : ours;
}

/** Of a queue we have taken all that we saw, or nothing, and then added at its end. */
function mergeQueues(base: unknown, ours: unknown, theirs: unknown): unknown {
  const [before, mine, their] = [base ?? [], ours ?? [], theirs ?? []];
  if (!Array.isArray(before) || !Array.isArray(mine) || !Array.isArray(their))
    return mergeValues(base, ours, theirs);
  const added = startsWith(mine, before) ? mine.slice(before.length) : undefined;
  const rest = added === undefined && startsWith(their, before) ? their.slice(before.length) : their;
  const merged = [...rest, ...(added ?? mine)];
  return merged.length > 0 ? merged : undefined;
}

function startsWith(list: readonly unknown[], start: readonly unknown[]): boolean {
  return start.every((item, index) => isSame(item, list[index]));
}

/** The dict that a value stands for, whose keys are merged one by one; undefined for tagged values and all others. */
function branch(value: unknown): Dict | undefined {
  if (!isDict(value)) return undefined;
  const keys = Object.keys(value);
  const [only] = keys;
  if (keys.length !== 1 || !isTag(only!)) return value;
  return only === DICT ? unescaped(value[DICT]) : undefined;
}

/** What is left of a dict may look like a tagged value, and must then be written as one that is none. */
function escaped(dict: Dict): Dict {
  const keys = Object.keys(dict);
  const [only] = keys;
  return keys.length === 1 && isTag(only!) ? { [DICT]: { [`${only}__`]: dict[only!] } } : dict;
}

function unescaped(inner: unknown): Dict | undefined {
  const entry = isDict(inner) ? Object.entries(inner)[0] : undefined;
  return entry && { [entry[0].slice(0, -2)]: entry[1] };
}

function isTag(key: string): boolean {
  return key.startsWith(" ");
}

function own(dict: Dict, key: string): unknown {
  return Object.hasOwn(dict, key) ? dict[key] : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && startsWith(a, b);
  if (a instanceof PyFloat) return b instanceof PyFloat && Object.is(a.value, b.value);
  if (!isDict(a) || !isDict(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}
