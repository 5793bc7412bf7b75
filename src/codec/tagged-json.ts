import { MAX_DEPTH } from "../encoding/data-path.ts";
import { compareCodePoints } from "../encoding/json-text.ts";
import { isDict } from "../encoding/plain.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { stringifyPythonJson, type NumberTypes, type Tagged } from "../encoding/python-json.ts";
import { parsePythonJson } from "../encoding/python-json-parse.ts";
import { isPythonSpelling } from "../encoding/python-spelling.ts";
import { ConfigError, DataError, MalformedError } from "../errors.ts";
import { ReadNumbers } from "./number-types.ts";
import { FLASK_TAGS, type Tag } from "./tags.ts";

/** A dict: what a session is. */
export type Dict = Record<string, unknown>;

/** What {@link TaggedJson.parse} read. */
export interface ParsedDict {
  /** The dict. */
  readonly data: Dict;
  /** Which integral numbers are floats in Python; hand it back to `stringify`. */
  readonly numberTypes: NumberTypes | undefined;
  /** Whether `stringify` would write the same text again (a key that stands there twice is not noticed). When false, it may. */
  readonly canonical: boolean;
}

/** How {@link TaggedJson} writes. */
export interface TaggedJsonOptions {
  /** Whether the keys of every dict are written in the order of their code points, and not in their own. Default: true, as Flask. */
  readonly sortKeys?: boolean;
}

/** Marks a dict of one key that would look like another tag. */
export const DICT = " di";

/**
 * Flask's session JSON: `flask.json.tag.TaggedJSONSerializer` over Flask's default JSON provider. Keys are sorted by code
 * point, text is ASCII, and types that JSON lacks stand in dicts of one key that begins with a space.
 *
 * @example
 * const json = new TaggedJson();
 * json.stringify({ at: new Date(0) }); // {"at":{" d":"Thu, 01 Jan 1970 00:00:00 GMT"}}
 */
export class TaggedJson {
  readonly #tags: readonly Tag[];
  readonly #byKey: ReadonlyMap<string, Tag>;
  /** Whether the keys of dicts are written in the order of their code points. */
  readonly sortKeys: boolean;

  /**
   * @param tags the application's own, asked before Flask's. @see TaggedJSONSerializer.register
   * @throws ConfigError when two tags have one key
   */
  constructor(tags: readonly Tag[] = [], { sortKeys = true }: TaggedJsonOptions = {}) {
    this.sortKeys = sortKeys;
    this.#tags = [...tags, ...FLASK_TAGS];
    this.#byKey = new Map(this.#tags.map((tag) => [tag.key, tag]));
    if (this.#byKey.size !== this.#tags.length || this.#byKey.has(DICT)) {
      throw new ConfigError(
        "Two session tags have the same key. Give each its own, unlike Flask's: ' di', ' t', ' b', ' m', ' u', ' d'.",
      );
    }
  }

  /** @throws DataError that names the path of what cannot be written; Flask answers 500 to a session that is no dict */
  stringify(data: Dict, numberTypes?: NumberTypes): string {
    if (!isDict(data))
      throw new DataError("UNSERIALIZABLE", "", "is not a dict. Store an object like { count: 1 }.");
    return stringifyPythonJson(data, { sortKeys: this.sortKeys, tag: this.#tag, numberTypes });
  }

  /** @throws MalformedError and nothing else, also where Flask answers 500 */
  parse(text: string): ParsedDict {
    const reading = new Reading(this.#byKey, this.sortKeys, this.#tag);
    const data = reading.untag(parsePythonJson(text, "keep"), 0);
    if (!isDict(data)) throw new MalformedError("The session is not a dict.");
    const numberTypes = reading.floats ? new ReadNumbers(data) : undefined;
    return { data, numberTypes, canonical: reading.canonical && isPythonSpelling(text) };
  }

  /** Whether a dict whose only key is `key` stands for a value that JSON lacks, or for a dict that looks so. */
  isTag(key: string): boolean {
    return key === DICT || this.#byKey.has(key);
  }

  readonly #tag = (value: object): Tagged | undefined => {
    for (const tag of this.#tags) {
      if (tag.check(value)) return { key: tag.key, inner: tag.toJson(value) };
    }
    if (!isDict(value)) return undefined;
    const key = Object.keys(value)[0]!;
    if (!this.isTag(key)) return undefined;
    return { key: DICT, original: key, escaped: `${key}__` };
  };
}

/** One pass over parsed JSON, depth first as Flask's `_untag_scan`. */
class Reading {
  readonly #byKey: ReadonlyMap<string, Tag>;
  /** Whether the keys of dicts are written in the order of their code points. */
  readonly sortKeys: boolean;
  readonly #tag: (value: object) => Tagged | undefined;
  /** Keys are in the order in which they would be written, at every level, and tags hold what would be written. */
  canonical = true;
  /** There are PyFloats. */
  floats = false;

  constructor(
    byKey: ReadonlyMap<string, Tag>,
    sortKeys: boolean,
    tag: (value: object) => Tagged | undefined,
  ) {
    this.#byKey = byKey;
    this.sortKeys = sortKeys;
    this.#tag = tag;
  }

  untag(value: unknown, depth: number): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (depth > MAX_DEPTH) throw new MalformedError("The session is nested too deeply.");
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Array.prototype) return this.#list(value as unknown[], depth);
    if (prototype === Object.prototype) return this.#dict(value as Dict, depth);
    this.floats = true;
    return value;
  }

  #list(list: unknown[], depth: number): unknown[] {
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item === "object") list[i] = this.untag(item, depth + 1);
    }
    return list;
  }

  #dict(dict: Dict, depth: number): unknown {
    const keys = Object.keys(dict);
    let last = "";
    for (const key of keys) {
      // JavaScript moves keys that are integers to the front, whatever their order in the text.
      if (isDigit(key.charCodeAt(0)) || (this.sortKeys && compareCodePoints(key, last) < 0))
        this.canonical = false;
      last = key;
      const item = dict[key];
      if (typeof item === "object") dict[key] = this.untag(item, depth + 1);
    }
    return keys.length === 1 ? this.#single(dict, keys[0]!) : dict;
  }

  #single(dict: Dict, key: string): unknown {
    const value = this.#untagged(dict, key);
    if (value !== dict && this.canonical) this.canonical = this.#isWritten(value, key, dict[key]);
    return value;
  }

  /** Whether `json` under the tag `key` is what would be written for the value that was made of it. */
  #isWritten(value: unknown, key: string, json: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    try {
      const tagged = this.#tag(value);
      if (tagged?.key !== key) return false;
      if ("inner" in tagged) return isSame(tagged.inner, json);
      return isSame(Object.keys(json as Dict), [tagged.escaped]);
    } catch {
      // Writing will say so.
      return true;
    }
  }

  #untagged(dict: Dict, key: string): unknown {
    if (key === DICT) return this.#plainDict(dict[key]);
    const tag = this.#byKey.get(key);
    if (tag === undefined) return dict;
    try {
      return tag.fromJson(tag.keepsFloats === true ? dict[key] : this.#plainNumbers(dict[key]));
    } catch (cause) {
      throw new MalformedError(`The session has a value under the tag "${key}" that is not of its type.`, {
        cause,
      });
    }
  }

  /** `{"x__": value}` under ` di` stands for `{"x": value}`: a dict whose only key looks like a tag. */
  #plainDict(inner: unknown): Dict {
    const key = typeof inner === "object" && inner !== null ? Object.keys(inner)[0] : undefined;
    if (key === undefined) throw new MalformedError("The session has an empty escaped dict.");
    return Object.fromEntries([[key.slice(0, -2), (inner as Dict)[key]]]);
  }

  /** Floats become numbers, of which nobody knows any more that they were floats. */
  #plainNumbers(json: unknown): unknown {
    if (json instanceof PyFloat) return json.value;
    if (typeof json !== "object" || json === null) return json;
    if (this.floats && hasFloat(json)) this.canonical = false;
    void new ReadNumbers(json);
    return json;
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Whether two values have the same text. What is no list was looked at where it stands. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "bigint") return Number(a) === b;
  // The one float that a number holds as well.
  if (Object.is(b, -0)) return a instanceof PyFloat && Object.is(a.value, b);
  if (isList(a) || isList(b))
    return isList(a) && isList(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  return typeof a === "object" && typeof b === "object" && a !== null && b !== null;
}

function hasFloat(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  return json instanceof PyFloat || Object.values(json).some(hasFloat);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;
}
