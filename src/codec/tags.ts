import { decodeBase64Lenient } from "../encoding/base64url.ts";
import { Unwritable } from "../encoding/data-path.ts";
import { parseEmailDate } from "../encoding/email-date.ts";
import { formatHttpDate, HTTP_DATE_RANGE } from "../encoding/http-date.ts";
import { MalformedError } from "../errors.ts";
import { Markup, Tuple, Uuid } from "../encoding/python-values.ts";

/**
 * How one type of value is written into JSON and read back: `flask.json.tag.JSONTag`.
 *
 * @example
 * const point: Tag<Point> = {
 *   key: " p",
 *   check: (value) => value instanceof Point,
 *   toJson: (point) => [point.x, point.y],
 *   fromJson: (json) => new Point(...(json as [number, number])),
 * };
 */
export interface Tag<T = unknown> {
  /** The key of the one-key dict that marks the value. Flask's own begin with a space. */
  readonly key: string;
  /** Whether a value is of this type. The first tag that says so writes it. */
  check(value: object): boolean;
  /** What stands under the key. Values inside of it are tagged in turn. */
  toJson(value: T): unknown;
  /** The value again. May throw: then the session's data cannot be read. */
  fromJson(json: unknown): T;
  /**
   * Whether `fromJson` gets integral floats as PyFloats, which stay such in any value but a list or a tuple. Default: false,
   * it gets plain numbers.
   */
  readonly keepsFloats?: boolean;
}

const tuple: Tag<Tuple> = {
  key: " t",
  check: (value) => value instanceof Tuple,
  toJson: (value) => Array.from(value),
  // Python makes a tuple of anything that can be iterated: the keys of a dict, the characters of a string.
  fromJson(json) {
    if (Array.isArray(json) || typeof json === "string") return new Tuple(json);
    if (typeof json === "object" && json !== null) return new Tuple(Object.keys(json));
    throw new MalformedError("A tuple is written as a list.");
  },
  keepsFloats: true,
};

const bytes: Tag<Uint8Array> = {
  key: " b",
  check: (value) => value instanceof Uint8Array,
  toJson: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"),
  fromJson: (json) => new Uint8Array(decodeBase64Lenient(string(json))),
};

const markup: Tag<Markup> = {
  key: " m",
  check: (value) => typeof (value as Partial<Markup>).__html__ === "function",
  toJson: (value) => value.__html__(),
  fromJson: (json) => new Markup(string(json)),
};

const uuid: Tag<Uuid> = {
  key: " u",
  check: (value) => value instanceof Uuid,
  toJson: (value) => value.hex,
  fromJson: (json) => new Uuid(string(json).replace(/^urn:uuid:|[{}]/g, "")),
};

const datetime: Tag<Date | null> = {
  key: " d",
  check: (value) => value instanceof Date,
  toJson(value) {
    const time = Math.floor((value as Date).getTime() / 1000);
    if (Number.isNaN(time)) throw new Unwritable("it is an invalid Date.");
    if (time < HTTP_DATE_RANGE.first || time > HTTP_DATE_RANGE.last)
      throw new Unwritable("it is not in the years 1 to 9999.");
    return formatHttpDate(time);
  },
  // As Flask: a date that cannot be read is None.
  fromJson(json) {
    const seconds = parseEmailDate(string(json));
    return seconds === undefined ? null : new Date(seconds * 1000);
  },
};

/** Flask's tags in Flask's order, without the one for dicts that look like a tag, which every serializer has. */
export const FLASK_TAGS: readonly Tag[] = [tuple, bytes, markup, uuid, datetime];

function string(json: unknown): string {
  if (typeof json !== "string") throw new MalformedError("A tag holds another type than it says.");
  return json;
}
