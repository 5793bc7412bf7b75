import { DataError, HipflaskError } from "../errors.ts";
import { quoteAscii, quoteKeyAscii, quoteUnicode, sortCodePoints } from "./json-text.ts";
import { isDictPrototype } from "./plain.ts";
import { formatFloat, PyFloat } from "./py-float.ts";

/** The deepest nesting that is written or read. Flask fails between 300 and 1,000 levels, depending on its own stack. */
export const MAX_DEPTH = 256;

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
  /** The keys that lead to the container being written; longer than `depth` where an earlier branch went deeper. */
  readonly #keys: (string | number)[] = [];
  #depth = 0;
  /** The key that is being read in that container: for what throws when it is touched. */
  #at: string | number | undefined;
  /** Open brackets and braces, those of tags included, as a reader counts them. */
  #level = 0;

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
      throw new DataError(
        "UNSERIALIZABLE",
        this.#path(this.#at),
        "cannot be read: its getter or proxy threw.",
        {
          cause: error,
        },
      );
    }
  }

  /** `holder` knows the numbers of the container that has `value` at `key`; `own` those of `value`, when it is known already. */
  #value(
    value: unknown,
    key: string | number | undefined,
    holder?: ContainerNumbers,
    own?: ContainerNumbers,
  ): string {
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
        return this.#refuse(key, value === undefined ? "undefined" : `a ${typeof value}`);
    }
  }

  #number(value: number, key: string | number | undefined, holder: ContainerNumbers | undefined): string {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return formatFloat(value);
    if (holder === undefined || key === undefined) return String(value);
    const float = holder.isFloat(key, value);
    if (float === undefined) {
      throw new DataError(
        "UNREPRESENTABLE",
        this.#path(key),
        "was in this list both as a Python int and as a Python float, and has moved. Say which is meant: new PyFloat(n) or BigInt(n).",
      );
    }
    return float ? formatFloat(value) : String(value);
  }

  #bigint(value: bigint, key: string | number | undefined): string {
    const text = String(value);
    if (text.length > MAX_INT_DIGITS + (value < 0n ? 1 : 0)) {
      return this.#refuse(key, `an integer of more than ${MAX_INT_DIGITS} digits`);
    }
    return text;
  }

  #object(value: object, key: string | number | undefined, own: ContainerNumbers | undefined): string {
    if (key !== undefined) this.#keys[this.#depth++] = key;
    this.#at = undefined;
    const text = value instanceof PyFloat ? formatFloat(value.value) : this.#container(value, own);
    if (key !== undefined) this.#depth--;
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
      if (!plain) return this.#refuse(undefined, `a ${nameOf(prototype)} object`);
    }
    return this.#dict(value as Record<string, unknown>, keys, own);
  }

  #tagged(value: object): Tagged | undefined {
    try {
      return this.#tag?.(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "its tag threw.";
      throw new DataError("UNSERIALIZABLE", this.#path(undefined), `cannot be written: ${reason}`, {
        cause: error,
      });
    }
  }

  #inner(tagged: Tagged, value: object, own: ContainerNumbers | undefined): string {
    if ("original" in tagged) {
      const { original, escaped } = tagged;
      const item = (value as Record<string, unknown>)[original];
      return this.#pair(escaped, () => this.#value(item, original, own));
    }
    return Array.isArray(tagged.inner)
      ? this.#array(tagged.inner, own)
      : this.#value(tagged.inner, undefined);
  }

  #pair(key: string, write: () => string): string {
    this.#open();
    const text = `{${this.#quote(key)}${this.#colon}${write()}}`;
    this.#level--;
    return text;
  }

  #array(items: readonly unknown[], own: ContainerNumbers | undefined): string {
    this.#open();
    let text = "[";
    for (let i = 0; i < items.length; i++) {
      if (i > 0) text += this.#comma;
      this.#at = i;
      text += this.#value(items[i], i, own);
    }
    this.#level--;
    return `${text}]`;
  }

  #dict(value: Record<string, unknown>, keys: string[], own: ContainerNumbers | undefined): string {
    this.#open();
    if (this.#sortKeys) sortCodePoints(keys);
    let text = "";
    for (const key of keys) {
      this.#at = key;
      const item = value[key];
      // As in JSON.stringify, a property that is undefined is absent.
      if (item === undefined) continue;
      text +=
        (text === "" ? "" : this.#comma) + this.#quoteKey(key) + this.#colon + this.#value(item, key, own);
    }
    this.#level--;
    return `{${text}}`;
  }

  #open(): void {
    if (++this.#level > MAX_DEPTH) this.#tooDeep();
  }

  #path(key: string | number | undefined): string {
    const keys = this.#keys.slice(0, this.#depth);
    return formatPath(key === undefined ? keys : [...keys, key]);
  }

  #refuse(key: string | number | undefined, what: string): never {
    throw new DataError(
      "UNSERIALIZABLE",
      this.#path(key),
      `is ${what}, which a session cannot hold. Store plain data.`,
    );
  }

  #tooDeep(): never {
    const shown = this.#keys.slice(0, 3);
    throw new DataError(
      "UNSERIALIZABLE",
      `${formatPath(shown)}…`,
      `is nested deeper than ${MAX_DEPTH} levels, or contains itself.`,
    );
  }
}

function nameOf(prototype: unknown): string {
  const name: unknown = (prototype as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof name === "string" && name !== "" ? name : "foreign";
}

/** `["cart", 3, "fn"]` as `cart[3].fn`. */
function formatPath(keys: readonly (string | number)[]): string {
  let path = "";
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) path += path === "" ? key : `.${key}`;
    else path += `[${JSON.stringify(key)}]`;
  }
  return path;
}
