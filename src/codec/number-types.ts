import { isDict } from "../encoding/plain.ts";
import { PyFloat } from "../encoding/py-float.ts";
import type { ContainerNumbers, NumberTypes } from "../encoding/python-json.ts";

/** Whether a number is a Python float; undefined where it may be either. */
type IsFloat = boolean | undefined;

/** What one list or dict held when it was read. */
interface Known {
  /** The integral numbers, by key or index. */
  readonly numbers: ReadonlyMap<string | number, IsFloat>;
  readonly children: ReadonlyMap<string | number, Known>;
  /** The items of a list as they were. */
  readonly items: readonly unknown[] | undefined;
}

/**
 * Which numbers of a session were floats in Python although they are integral. JavaScript cannot tell 1 from 1.0, Python
 * can, and a change of type is a change of data; so what was read is remembered beside the data.
 *
 * In a dict the type belongs to the key; in a list it belongs to the item, which is found by its value, and a new item is a
 * float where all numbers were. A container is known by its identity, so that it may move. A copy is known by its key in a
 * dict; in a list, where places shift, it is taken for any of the items, which must agree.
 */
export class ReadNumbers implements NumberTypes {
  readonly #byIdentity = new WeakMap<object, Known>();
  readonly #root: Known;

  /** Takes the {@link PyFloat}s out of `data`, in place, and remembers where numbers have taken their place. */
  constructor(data: object) {
    this.#root = this.#take(data);
  }

  of(container: object): ContainerNumbers {
    return this.#in(container, this.#byIdentity.get(container) ?? this.#root);
  }

  adopt(copy: object): void {
    this.#adopt(copy, this.#root);
  }

  #adopt(copy: object, known: Known): void {
    this.#byIdentity.set(copy, known);
    for (const [key, child] of known.children) {
      const value: unknown = (copy as Record<string | number, unknown>)[key];
      if (isContainer(value)) this.#adopt(value, child);
    }
  }

  #in(container: object, known: Known): ContainerNumbers {
    const items = known.items && new ListNumbers(known, known.items, container as unknown[]);
    return {
      enter: (child, key) => {
        const knownChild =
          this.#byIdentity.get(child) ?? (items ? items.anyChild() : known.children.get(key));
        return knownChild && this.#in(child, knownChild);
      },
      isFloat: (key, value) => (items ? items.isFloat(key as number, value) : isFloatAt(known, key)),
    };
  }

  #take(container: object): Known {
    const numbers = new Map<string | number, IsFloat>();
    const children = new Map<string | number, Known>();
    const slots = container as Record<string | number, unknown>;
    for (const name of Object.keys(container)) {
      const key = Array.isArray(container) ? Number(name) : name;
      const value = slots[key];
      if (value instanceof PyFloat) {
        slots[key] = value.value;
        numbers.set(key, true);
      } else if (Number.isInteger(value)) {
        numbers.set(key, false);
      } else if (isContainer(value)) {
        children.set(key, this.#take(value));
      }
    }
    const items = Array.isArray(container) ? [...(container as unknown[])] : undefined;
    const known = { numbers, children, items };
    this.#byIdentity.set(container, known);
    return known;
  }
}

/** A new key holds an int. */
function isFloatAt({ numbers }: Known, key: string | number): IsFloat {
  return numbers.has(key) ? numbers.get(key) : false;
}

/** The numbers of a list that is being written, from its first item to its last. */
class ListNumbers {
  readonly #known: Known;
  readonly #items: readonly unknown[];
  readonly #list: readonly unknown[];
  #byValue: Map<number, IsFloat> | undefined;
  #allFloats = false;
  #anyChild: Known | undefined;
  /** How many items from the first on are what and where they were. */
  #unmoved = 0;

  constructor(known: Known, items: readonly unknown[], list: readonly unknown[]) {
    this.#known = known;
    this.#items = items;
    this.#list = list;
  }

  isFloat(index: number, value: number): IsFloat {
    this.#byValue ??= this.#collect();
    const float = this.#byValue.has(value) ? this.#byValue.get(value) : this.#allFloats;
    return float === undefined && this.#isUnmoved(index) ? isFloatAt(this.#known, index) : float;
  }

  /** What is known of an item that is a copy of one of the items, nobody knows which. */
  anyChild(): Known {
    return (this.#anyChild ??= merge([...this.#known.children.values()]));
  }

  #collect(): Map<number, IsFloat> {
    const byValue = new Map<number, IsFloat>();
    for (const [index, float] of this.#known.numbers) {
      const value = this.#items[index as number] as number;
      byValue.set(value, byValue.has(value) && byValue.get(value) !== float ? undefined : float);
    }
    const types = [...this.#known.numbers.values()];
    this.#allFloats = types.length > 0 && types.every((float) => float === true);
    return byValue;
  }

  #isUnmoved(index: number): boolean {
    while (this.#unmoved <= index && Object.is(this.#list[this.#unmoved], this.#items[this.#unmoved]))
      this.#unmoved++;
    return this.#unmoved > index;
  }
}

/** What is true of each of several containers. */
function merge(all: readonly Known[]): Known {
  const numbers = new Map<string | number, IsFloat>();
  const children = new Map<string | number, Known[]>();
  for (const known of all) {
    for (const [key, float] of known.numbers) {
      numbers.set(key, numbers.has(key) && numbers.get(key) !== float ? undefined : float);
    }
    for (const [key, child] of known.children) children.set(key, [...(children.get(key) ?? []), child]);
  }
  return {
    numbers,
    children: new Map([...children].map(([key, list]) => [key, merge(list)])),
    items: undefined,
  };
}

function isContainer(value: unknown): value is object {
  return Array.isArray(value) || isDict(value);
}
