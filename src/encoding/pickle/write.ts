import { HipflaskError } from "../../errors.ts";
import { DataPath, type Key } from "../data-path.ts";
import { isDict } from "../plain.ts";
import { PyFloat } from "../py-float.ts";
import { type ContainerNumbers, isFloat, MAX_INT_DIGITS, nameOf, type NumberTypes } from "../python-json.ts";
import { checkKeys, pythonKey } from "../python-key.ts";
import { PyFrozenset, Tuple } from "../python-values.ts";
import { isShowable } from "./numbers.ts";
import { OP } from "./opcodes.ts";
import { PickleSink } from "./sink.ts";
import { writeObject } from "./write-object.ts";

/**
 * A pickle of plain data, in protocol 4, which every Python since 3.4 reads. Numbers that are integral are ints, unless
 * `numberTypes` knows better; a Map is a dict and a Set a set, in both of which a list can only be a tuple.
 *
 * @example writePickle({ a: 1 }) // pickle.loads gives {'a': 1}
 * @throws DataError that names the path of what is no plain data, contains itself, or what Python could not hold
 * @throws TooLargeError for more than 8 MiB, counted as by the reader
 */
export function writePickle(value: unknown, numberTypes?: NumberTypes): Uint8Array {
  const path = new DataPath();
  const sink = new PickleSink();
  try {
    sink.op(OP.PROTO);
    sink.uint8(4);
    const own = typeof value === "object" && value !== null ? numberTypes?.of(value) : undefined;
    new Writer(sink, path).value(value, undefined, undefined, own);
    sink.op(OP.STOP);
    return sink.finish();
  } catch (error) {
    throw error instanceof HipflaskError ? error : path.unreadable(error);
  }
}

class Writer {
  readonly #sink: PickleSink;
  readonly #path: DataPath;
  /** How many keys and sets we are in: lists are tuples there. */
  #hashed = 0;

  constructor(sink: PickleSink, path: DataPath) {
    this.#sink = sink;
    this.#path = path;
  }

  /** `holder` knows the numbers of the container that has `value` at `key`; `own` those of `value`, when it is known already. */
  value(value: unknown, key: Key, holder?: ContainerNumbers, own?: ContainerNumbers): void {
    switch (typeof value) {
      case "string":
        return this.#sink.str(value);
      case "number":
        return this.#number(value, key, holder);
      case "bigint":
        return this.#bigint(value, key);
      case "boolean":
        return this.#sink.op(value ? OP.NEWTRUE : OP.NEWFALSE);
      case "object":
        return value === null
          ? this.#sink.op(OP.NONE)
          : this.#object(value, key, own ?? holder?.enter(value, key!));
      default:
        return this.#path.refuse(key, nameOf(value));
    }
  }

  #number(value: number, key: Key, holder: ContainerNumbers | undefined): void {
    const float = isFloat(value, key, holder);
    if (float === undefined) this.#path.refuseUnclear(key);
    if (float) this.#sink.float(value);
    else this.#sink.int(value);
  }

  #bigint(value: bigint, key: Key): void {
    if (!isShowable(value)) this.#path.refuse(key, `an integer of more than ${MAX_INT_DIGITS} digits`);
    this.#sink.int(value);
  }

  #object(value: object, key: Key, own: ContainerNumbers | undefined): void {
    this.#path.enter(key);
    if (value instanceof PyFloat) this.#sink.float(value.value);
    else if (Array.isArray(value)) this.#array(value, own);
    else if (isDict(value)) this.#dict(value, own);
    else if (value instanceof Map) this.#map(value);
    else if (value instanceof Set) this.#set(value);
    else if (!this.#try(() => writeObject(value, this.#sink))) this.#path.refuse(undefined, nameOf(value));
    this.#path.leave(key);
  }

  /** @param work throws a TypeError for what Python could not have */
  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof HipflaskError ? error : this.#path.unwritable(undefined, error);
    }
  }

  #array(items: readonly unknown[], own: ContainerNumbers | undefined): void {
    const isTuple = items instanceof Tuple || this.#hashed > 0;
    if (!isTuple) this.#sink.op(OP.EMPTY_LIST);
    this.#items(items, own);
    this.#sink.op(isTuple ? OP.TUPLE : OP.APPENDS);
  }

  /** A mark and the items above it. */
  #items(items: readonly unknown[], own: ContainerNumbers | undefined): void {
    this.#path.open();
    this.#sink.op(OP.MARK);
    for (let i = 0; i < items.length; i++) {
      this.#path.at = i;
      this.value(items[i], i, own);
    }
    this.#path.close();
  }

  #dict(dict: Record<string, unknown>, own: ContainerNumbers | undefined): void {
    this.#path.open();
    this.#sink.op(OP.EMPTY_DICT);
    this.#sink.op(OP.MARK);
    for (const key of Object.keys(dict)) {
      this.#path.at = key;
      const value = dict[key];
      // As in JSON.stringify, a property that is undefined is absent.
      if (value === undefined) continue;
      this.#sink.str(key);
      this.value(value, key, own);
    }
    this.#sink.op(OP.SETITEMS);
    this.#path.close();
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#try(() => checkKeys(map));
    this.#path.open();
    this.#sink.op(OP.EMPTY_DICT);
    this.#sink.op(OP.MARK);
    let index = 0;
    for (const [key, value] of map) {
      const place = typeof key === "string" || typeof key === "number" ? key : `key ${index}`;
      this.#hashable(() => this.value(key, place));
      this.value(value, place);
      index++;
    }
    this.#sink.op(OP.SETITEMS);
    this.#path.close();
  }

  #set(set: ReadonlySet<unknown>): void {
    const items = [...set];
    const index = items.findIndex((item) => pythonKey(item) === undefined);
    if (index !== -1) this.#path.refuse(index, "an item of a set that Python cannot hash");
    const isFrozen = set instanceof PyFrozenset;
    if (!isFrozen) this.#sink.op(OP.EMPTY_SET);
    this.#hashable(() => this.#items(items, undefined));
    this.#sink.op(isFrozen ? OP.FROZENSET : OP.ADDITEMS);
  }

  #hashable(write: () => void): void {
    this.#hashed++;
    write();
    this.#hashed--;
  }
}
