import { decodeBase64Lenient } from "../encoding/base64url.ts";
import { MAX_DEPTH, Unwritable } from "../encoding/data-path.ts";
import { isDict } from "../encoding/plain.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { checkKeys, hashable } from "../encoding/python-key.ts";
import {
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFrozenset,
  PyTimedelta,
} from "../encoding/python-values.ts";
import { MalformedError } from "../errors.ts";
import { TaggedJson } from "./tagged-json.ts";
import type { Tag } from "./tags.ts";

/** Milliseconds since 1970; where that is not all of it, also microseconds, the offset and the fold. */
const datetime: Tag<Date> = {
  key: " datetime",
  check: (value) => value instanceof Date,
  toJson(value) {
    const time = value.getTime();
    if (Number.isNaN(time)) throw new Unwritable("it is an invalid Date.");
    if (!(value instanceof PyDatetime)) return [time];
    const { microsecond, offset = null, fold } = value;
    return microsecond === 0 && offset === 0 && fold === 0 ? [time] : [time, microsecond, offset, fold];
  },
  fromJson(json) {
    const [time, microsecond, offset, fold] = list(json);
    if (new Date(number(time)).getTime() !== time) throw wrongType();
    if (microsecond === undefined) return new Date(time);
    return new PyDatetime(
      time,
      number(microsecond),
      offset === null ? undefined : number(offset),
      fold === 1 ? 1 : 0,
    );
  },
};

const date: Tag<PyDate> = {
  key: " date",
  check: (value) => value instanceof PyDate,
  toJson: (value) => value.iso,
  fromJson: (json) => new PyDate(string(json)),
};

const timedelta: Tag<PyTimedelta> = {
  key: " timedelta",
  check: (value) => value instanceof PyTimedelta,
  toJson: (value) => value.microseconds,
  fromJson: (json) => new PyTimedelta(typeof json === "bigint" ? json : BigInt(number(json))),
};

const decimal: Tag<PyDecimal> = {
  key: " decimal",
  check: (value) => value instanceof PyDecimal,
  toJson: (value) => value.text,
  fromJson: (json) => new PyDecimal(string(json)),
};

const frozenset: Tag<PyFrozenset> = {
  key: " frozenset",
  check: (value) => value instanceof PyFrozenset,
  toJson: (value) => [...value],
  fromJson: (json) => new PyFrozenset(list(json).map(hashable)),
  keepsFloats: true,
};

const set: Tag<Set<unknown>> = {
  key: " set",
  check: (value) => value instanceof Set,
  toJson: (value) => [...value],
  fromJson: (json) => new Set(list(json).map(hashable)),
  keepsFloats: true,
};

/** A key, its value, the next key, its value. */
const map: Tag<Map<unknown, unknown>> = {
  key: " map",
  check: (value) => value instanceof Map,
  toJson(value) {
    checkKeys(value);
    return [...value].flat(1);
  },
  fromJson(json) {
    const items = list(json);
    const value = new Map<unknown, unknown>();
    for (let i = 0; i < items.length; i += 2) value.set(hashable(items[i]), items[i + 1]);
    checkKeys(value);
    return value;
  },
  keepsFloats: true,
};

const bytearray: Tag<PyBytearray> = {
  key: " bytearray",
  check: (value) => value instanceof PyBytearray,
  toJson: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"),
  fromJson: (json) => new PyBytearray(decodeBase64Lenient(string(json))),
};

/**
 * The text by which sessions of Flask-Session are compared and merged, whatever their format: Flask's tagged JSON with tags for
 * all that its cookies cannot hold, and the keys of dicts in their own order. It is never stored or sent.
 *
 * What JavaScript cannot hold is lost here as elsewhere: it moves keys that are integers, as in `{"b": 1, "1": 2}`, to the
 * front of a dict. In a Map they stay in their places, as do PyFloats in Maps and sets.
 */
export const flaskSessionJson: TaggedJson = new TaggedJson(
  [datetime, date, timedelta, decimal, frozenset, set, map, bytearray],
  { sortKeys: false },
);

/**
 * Whether there are PyFloats in a session that was read.
 *
 * @throws MalformedError where it is nested so deeply that {@link flaskSessionJson} could not write it
 */
export function hasFloats(session: unknown): boolean {
  return find(session, 0);
}

function find(value: unknown, level: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof PyFloat) return true;
  const inner = level + levelsOf(value);
  if (inner > MAX_DEPTH) throw new MalformedError("The session is nested too deeply.");
  let found = false;
  for (const item of itemsOf(value)) found = find(item, inner) || found;
  return found;
}

/** The most brackets and braces that it takes to write a value around those inside of it. */
function levelsOf(value: object): number {
  if (Object.getPrototypeOf(value) === Array.prototype) return 1;
  if (!isDict(value)) return 2;
  const [only, another] = Object.keys(value);
  return only !== undefined && another === undefined && flaskSessionJson.isTag(only) ? 2 : 1;
}

function itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value].flat(1);
  return isDict(value) ? Object.values(value) : [];
}

function list(json: unknown): unknown[] {
  if (!Array.isArray(json)) throw wrongType();
  return json;
}

function string(json: unknown): string {
  if (typeof json !== "string") throw wrongType();
  return json;
}

function number(json: unknown): number {
  if (typeof json !== "number" || !Number.isFinite(json)) throw wrongType();
  return json;
}

function wrongType(): MalformedError {
  return new MalformedError("A tag holds another type than it says.");
}
