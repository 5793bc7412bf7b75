import { HipflaskError } from "../errors.ts";
import { DataPath, type Key } from "./data-path.ts";
import { datetimeText, durationText, type Moment, momentOf } from "./msgspec-text.ts";
import { isDict } from "./plain.ts";
import { PyFloat } from "./py-float.ts";
import { type ContainerNumbers, isFloat, nameOf, type NumberTypes } from "./python-json.ts";
import { checkKeys } from "./python-key.ts";
import { PyDate, PyDecimal, PyTimedelta, Uuid } from "./python-values.ts";
import { isWellFormed } from "./utf8.ts";

/** What one format has for the few kinds of values to which msgspec's encoders bring all of Python's. */
export interface Sink {
  /** Whether the keys of dicts are text, numbers too. */
  readonly textKeys: boolean;
  none(): void;
  bool(value: boolean): void;
  /** What kind of int the value is, where the format has no room for it. */
  int(value: number | bigint, isKey: boolean): string | undefined;
  float(value: number, isKey: boolean): void;
  str(text: string): void;
  bytes(bytes: Uint8Array): void;
  /** An aware one. @throws TypeError when Python could not write it */
  datetime(moment: Moment): void;
  list(length: number): void;
  dict(length: number): void;
  comma(): void;
  colon(): void;
  endList(): void;
  endDict(): void;
}

/**
 * Writes `value` as msgspec's encoders do, and so as Flask-Session does: tuples and sets as lists; UUIDs, decimals, dates,
 * durations and naive datetimes as text; keys in their order.
 *
 * @throws DataError that names the path of what msgspec refuses, to which Flask-Session answers 500
 */
export function writeMsgspec(value: unknown, sink: Sink, numberTypes: NumberTypes | undefined): void {
  const path = new DataPath();
  try {
    const own = typeof value === "object" && value !== null ? numberTypes?.of(value) : undefined;
    new Writer(sink, path).value(value, undefined, undefined, own);
  } catch (error) {
    throw error instanceof HipflaskError ? error : path.unreadable(error);
  }
}

class Writer {
  readonly #sink: Sink;
  readonly #path: DataPath;

  constructor(sink: Sink, path: DataPath) {
    this.#sink = sink;
    this.#path = path;
  }

  /** `holder` knows the numbers of the container that has `value` at `key`; `own` those of `value`, when it is known already. */
  value(value: unknown, key: Key, holder?: ContainerNumbers, own?: ContainerNumbers): void {
    switch (typeof value) {
      case "string":
        return this.#str(value, key);
      case "number":
        return this.#number(value, key, holder, false);
      case "bigint":
        return this.#int(value, key, false);
      case "boolean":
        return this.#sink.bool(value);
      case "object":
        return value === null
          ? this.#sink.none()
          : this.#object(value, key, own ?? holder?.enter(value, key!));
      default:
        return this.#path.refuse(key, nameOf(value));
    }
  }

  #str(text: string, key: Key): void {
    if (!isWellFormed(text)) {
      throw this.#path.error(
        key,
        "has half of a surrogate pair in its text or its key, which UTF-8 cannot hold. Store whole characters.",
      );
    }
    this.#sink.str(text);
  }

  #number(value: number, key: Key, holder: ContainerNumbers | undefined, isKey: boolean): void {
    const float = isFloat(value, key, holder);
    if (float === undefined) this.#path.refuseUnclear(key);
    if (float) this.#sink.float(value, isKey);
    else this.#int(value, key, isKey);
  }

  #int(value: number | bigint, key: Key, isKey: boolean): void {
    const problem = this.#sink.int(value, isKey);
    if (problem !== undefined) this.#path.refuse(key, problem);
  }

  #object(value: object, key: Key, own: ContainerNumbers | undefined): void {
    this.#path.enter(key);
    if (Array.isArray(value)) this.#list(value, own);
    else if (isDict(value)) this.#dict(value, own);
    else this.#special(value);
    this.#path.leave(key);
  }

  #special(value: object): void {
    if (value instanceof PyFloat) this.#sink.float(value.value, false);
    else if (value instanceof Uint8Array) this.#sink.bytes(value);
    else if (value instanceof Date) this.#try(() => this.#date(value));
    else if (value instanceof PyTimedelta) this.#sink.str(durationText(value));
    else if (value instanceof PyDate || value instanceof PyDecimal || value instanceof Uuid)
      this.#sink.str(String(value));
    else if (value instanceof Set) this.#list([...value], undefined);
    else if (value instanceof Map) this.#map(value);
    else this.#path.refuse(undefined, nameOf(value));
  }

  #date(date: Date): void {
    const moment = momentOf(date);
    if (moment.offset === undefined) this.#sink.str(datetimeText(moment));
    else this.#sink.datetime(moment);
  }

  #list(items: readonly unknown[], own: ContainerNumbers | undefined): void {
    const { length } = items;
    this.#path.open();
    this.#sink.list(length);
    for (let i = 0; i < length; i++) {
      if (i > 0) this.#sink.comma();
      this.#path.at = i;
      this.value(items[i], i, own);
    }
    this.#sink.endList();
    this.#path.close();
  }

  #dict(dict: Record<string, unknown>, own: ContainerNumbers | undefined): void {
    const keys: string[] = [];
    const values: unknown[] = [];
    for (const key of Object.keys(dict)) {
      this.#path.at = key;
      const value = dict[key];
      // As in JSON.stringify, a property that is undefined is absent.
      if (value === undefined) continue;
      keys.push(key);
      values.push(value);
    }
    this.#entries(keys, values, own);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#try(() => checkKeys(map));
    this.#entries([...map.keys()], [...map.values()], undefined);
  }

  #entries(keys: readonly unknown[], values: readonly unknown[], own: ContainerNumbers | undefined): void {
    this.#path.open();
    this.#sink.dict(keys.length);
    for (let i = 0; i < keys.length; i++) {
      if (i > 0) this.#sink.comma();
      const place = this.#key(keys[i], i);
      this.#sink.colon();
      this.value(values[i], place, own);
    }
    this.#sink.endDict();
    this.#path.close();
  }

  /** Writes a key, and tells what stands for it in paths: itself, or its number in the dict. */
  #key(key: unknown, index: number): string | number {
    if (typeof key === "string") {
      this.#str(key, key);
      return key;
    }
    const place = typeof key === "number" ? key : `key ${index}`;
    if (typeof key === "number") this.#number(key, place, undefined, true);
    else if (typeof key === "bigint") this.#int(key, place, true);
    else if (key instanceof PyFloat) this.#sink.float(key.value, true);
    else if (this.#sink.textKeys && !hasText(key))
      throw this.#path.error(place, "has a key that JSON cannot hold: None, a bool, a tuple or a set.");
    else this.value(key, place);
    return place;
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw error instanceof HipflaskError ? error : this.#path.unwritable(undefined, error);
    }
  }
}

/** Whether JSON has text for what is no number, where it is the key of a dict. */
function hasText(key: unknown): boolean {
  return typeof key === "object" && key !== null && !Array.isArray(key) && !(key instanceof Set);
}
