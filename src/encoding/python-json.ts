import { HipflaskError } from "../errors.ts";
import { DataPath, type Key } from "./data-path.ts";
import { quoteAscii, quoteKeyAscii, quoteUnicode, sortCodePoints } from "./json-text.ts";
import { isDictPrototype } from "./plain.ts";
import { formatFloat, PyFloat } from "./py-float.ts";

/** Python refuses integers of more digits (`sys.set_int_max_str_digits`). */
export const MAX_INT_DIGITS = 4300;

/** What stands in the text for a value that JSON has no form for: `{[key]: inner}`. */
export type Tagged =
  | { readonly key: string; readonly inner: unknown }
  /** For a dict of one key that looks like a tag: `{[key]: {[escaped]: value}}` with the value that stood at `original`. */
  | { readonly key: string; readonly original: string; readonly escaped: string };

/** Tells Python's floats among integral numbers, which look alike in JavaScript. */
export interface NumberTypes {
  /** What is known of the numbers of data that is about to be written. */
  of(container: object): ContainerNumbers;
  /** Learns that `copy` stands for what was read: every container of it for the one that was in its place. */
  adopt(copy: object): void;
}

/** What is known of the numbers in one list or dict. */
export interface ContainerNumbers {
  /** The same of `child`, which stands at `key`. */
  enter(child: object, key: string | number): ContainerNumbers | undefined;
  /** Whether Python has a float at `key`; undefined where int and float are equally likely. */
  isFloat(key: string | number, value: number): boolean | undefined;
}

export interface WriteOptions {
  /** `,` and `:`, or Python's default `, ` and `: `. Default: compact. */
  readonly separators?: "compact" | "spaced";
  /** Escape everything outside printable ASCII as `\uXXXX`. Default: true. */
  readonly ensureAscii?: boolean;
  /** Put the keys of every dict into code-point order. Default: false. */
  readonly sortKeys?: boolean;
  /** Called for objects that are neither plain arrays nor plain dicts, and for dicts of exactly one key. */
  readonly tag?: (value: object) => Tagged | undefined;
  readonly numberTypes?: NumberTypes | undefined;
}

/**
 * The JSON text of `value` as Python's `json.dumps` writes it: floats in Python's `repr`, bigint as int, `NaN` and
 * `Infinity` as bare words.
 *
 * @example stringifyPythonJson({ b: 1e16, a: "é" }, { sortKeys: true }) // {"a":"\u00e9","b":1e+16}
 * @throws DataError that names the path of the value that JSON cannot hold
 */
export function stringifyPythonJson(value: unknown, options: WriteOptions = {}): string {
  return new Writer(options).run(value, options.numberTypes);
}

class Writer {
  readonly #comma: string;
  readonly #colon: string;
  readonly #quote: (text: string) => string;
  readonly #quoteKey: (key: string) => string;
  readonly #sortKeys: boolean;
  readonly #tag: WriteOptions["tag"];
  readonly #path = new DataPath();

  constructor(options: WriteOptions) {
    const spaced = options.separators === "spaced";
    this.#comma = spaced ? ", " : ",";
    this.#colon = spaced ? ": " : ":";
    this.#quote = options.ensureAscii === false ? quoteUnicode : quoteAscii;
    this.#quoteKey = options.ensureAscii === false ? quoteUnicode : quoteKeyAscii;
    this.#sortKeys = options.sortKeys === true;
    this.#tag = options.tag;
  }

  run(value: unknown, numberTypes: NumberTypes | undefined): string {
    try {
      const own = typeof value === "object" && value !== null ? numberTypes?.of(value) : undefined;
      return this.#value(value, undefined, undefined, own);
    } catch (error) {
      if (error instanceof HipflaskError) throw error;
      throw this.#path.unreadable(error);
    }
  }

  /** `holder` knows the numbers of the container that has `value` at `key`; `own` those of `value`, when it is known already. */
  #value(value: unknown, key: Key, holder?: ContainerNumbers, own?: ContainerNumbers): string {
    switch (typeof value) {
      case "string":
        return this.#quote(value);
      case "number":
        return this.#number(value, key, holder);
      case "boolean":
        return value ? "true" : "false";
      case "bigint":
        return this.#bigint(value, key);
      case "object":
        return value === null ? "null" : this.#object(value, key, own ?? holder?.enter(value, key!));
      default:
        return this.#path.refuse(key, nameOf(value));
    }
  }

  #number(value: number, key: Key, holder: ContainerNumbers | undefined): string {
    const float = isFloat(value, key, holder);
    if (float === undefined) this.#path.refuseUnclear(key);
    return float ? formatFloat(value) : String(value);
  }

  #bigint(value: bigint, key: Key): string {
    const text = String(value);
    if (text.length > MAX_INT_DIGITS + (value < 0n ? 1 : 0)) {
      this.#path.refuse(key, `an integer of more than ${MAX_INT_DIGITS} digits`);
    }
    return text;
  }

  #object(value: object, key: Key, own: ContainerNumbers | undefined): string {
    this.#path.enter(key);
    const text = value instanceof PyFloat ? formatFloat(value.value) : this.#container(value, own);
    this.#path.leave(key);
    return text;
  }

  #container(value: object, own: ContainerNumbers | undefined): string {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Array.prototype) return this.#array(value as unknown[], own);
    const plain = isDictPrototype(prototype);
    const keys = Object.keys(value);
    if (!plain || keys.length === 1) {
      const tagged = this.#tagged(value);
      if (tagged) return this.#pair(tagged.key, () => this.#inner(tagged, value, own));
      if (Array.isArray(value)) return this.#array(value, own);
      if (!plain) this.#path.refuse(undefined, nameOf(value));
    }
    return this.#dict(value as Record<string, unknown>, keys, own);
  }

  #tagged(value: object): Tagged | undefined {
    try {
      return this.#tag?.(value);
    } catch (error) {
      throw this.#path.unwritable(undefined, error);
    }
  }

  #inner(tagged: Tagged, value: object, own: ContainerNumbers | undefined): string {
    if ("original" in tagged) {
      const { original, escaped } = tagged;
      const item = (value as Record<string, unknown>)[original];
      return this.#pair(escaped, () => this.#value(item, original, own));
    }
    // Only of a list or tuple is it known what its numbers were.
    return Array.isArray(tagged.inner)
      ? this.#array(tagged.inner, Array.isArray(value) ? own : undefined)
      : this.#value(tagged.inner, undefined);
  }

  #pair(key: string, write: () => string): string {
    this.#path.open();
    const text = `{${this.#quote(key)}${this.#colon}${write()}}`;
    this.#path.close();
    return text;
  }

  #array(items: readonly unknown[], own: ContainerNumbers | undefined): string {
    this.#path.open();
    let text = "[";
    for (let i = 0; i < items.length; i++) {
      if (i > 0) text += this.#comma;
      this.#path.at = i;
      text += this.#value(items[i], i, own);
    }
    this.#path.close();
    return `${text}]`;
  }

  #dict(value: Record<string, unknown>, keys: string[], own: ContainerNumbers | undefined): string {
    this.#path.open();
    if (this.#sortKeys) sortCodePoints(keys);
    let text = "";
    for (const key of keys) {
      this.#path.at = key;
      const item = value[key];
      // As in JSON.stringify, a property that is undefined is absent.
      if (item === undefined) continue;
      text +=
        (text === "" ? "" : this.#comma) + this.#quoteKey(key) + this.#colon + this.#value(item, key, own);
    }
    this.#path.close();
    return `{${text}}`;
  }
}

/** Whether Python has a float where `value` stands at `key`; undefined where an int is as likely. */
export function isFloat(value: number, key: Key, holder: ContainerNumbers | undefined): boolean | undefined {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return true;
  return holder === undefined || key === undefined ? false : holder.isFloat(key, value);
}

/** What a value that cannot be written is: `undefined`, `a function`, `a URL object`. */
export function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return value === undefined ? "undefined" : `a ${typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const name: unknown = (prototype as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return `a ${typeof name === "string" && name !== "" ? name : "foreign"} object`;
}
