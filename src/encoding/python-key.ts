import { Unwritable } from "./data-path.ts";
import { PyFloat } from "./py-float.ts";
import {
  Markup,
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFrozenset,
  PyTimedelta,
  Uuid,
} from "./python-values.ts";

/**
 * Two values have the same text here if they are one key to a Python dict, as `1`, `1.0` and `True` are. Undefined for what
 * can be no key: lists are taken for tuples, but dicts, sets and bytearrays are not hashable.
 */
export function pythonKey(key: unknown): string | undefined {
  switch (typeof key) {
    case "string":
      return `str ${key}`;
    case "number":
      return `number ${key === 0 ? 0 : String(Number.isInteger(key) ? BigInt(key) : key)}`;
    case "bigint":
      return `number ${key}`;
    case "boolean":
      return `number ${Number(key)}`;
    case "object":
      return key === null ? "None" : objectKey(key);
    default:
      return undefined;
  }
}

function objectKey(key: object): string | undefined {
  if (key instanceof PyFloat) return pythonKey(key.value);
  if (Array.isArray(key)) return itemsKey("tuple", key.map(pythonKey));
  if (key instanceof PyFrozenset) return itemsKey("frozenset", Array.from(key, pythonKey).toSorted());
  if (key instanceof Date) return dateKey(key);
  if (key instanceof Uint8Array) return key instanceof PyBytearray ? undefined : `bytes ${hex(key)}`;
  if (key instanceof Markup) return `str ${key.html}`;
  if (key instanceof PyTimedelta) return `timedelta ${key.microseconds}`;
  if (key instanceof PyDate || key instanceof PyDecimal || key instanceof Uuid)
    return `${key.constructor.name} ${String(key)}`;
  return undefined;
}

function itemsKey(type: string, items: readonly (string | undefined)[]): string | undefined {
  if (items.includes(undefined)) return undefined;
  return `${type} ${items.map((item) => `${item!.length}:${item}`).join("")}`;
}

/** Aware ones are equal where they are the same instant. */
function dateKey(date: Date): string {
  const { microsecond, offset } = date instanceof PyDatetime ? date : { microsecond: 0, offset: 0 };
  return `${offset === undefined ? "naive" : "aware"} ${date.getTime()} ${microsecond}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** A value as the key of a Map or as an item of a Set, which would take -0.0 for the int 0. */
export function hashable<T>(value: T): T | PyFloat {
  return Object.is(value, -0) ? new PyFloat(-0) : value;
}

/** The dict that Python makes of these keys and values: of two keys that are one there, the first stays, with the last value. */
export function pythonMap(keys: readonly unknown[], values: readonly unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  const first = new Map<string | undefined, unknown>();
  keys.forEach((key, i) => {
    const id = pythonKey(key);
    if (!first.has(id)) first.set(id, hashable(key));
    map.set(first.get(id), values[i]);
  });
  return map;
}

/** @throws Unwritable where a Map can be no Python dict */
export function checkKeys(map: ReadonlyMap<unknown, unknown>): void {
  const seen = new Set<string>();
  for (const key of map.keys()) {
    const id = pythonKey(key);
    if (id === undefined) throw new Unwritable("it has a key that can be none in a Python dict.");
    if (seen.has(id)) throw new Unwritable("it has two keys that are the same one in a Python dict.");
    seen.add(id);
  }
}
