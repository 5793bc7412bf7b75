import { PyFloat } from "../encoding/py-float.ts";
import type { ContainerNumbers, NumberTypes } from "../encoding/python-json.ts";

/** What one list or dict held when it was read. */
interface Known {
  /** The keys or indexes of integral numbers that are floats in Python. */
  readonly floats: ReadonlySet<string | number>;
  readonly children: ReadonlyMap<string | number, Known>;
  /** A list's items as they were. */
  readonly items: readonly unknown[] | undefined;
}

/**
 * Which numbers of a session were floats in Python although they are integral. JavaScript cannot tell 1 from 1.0, Python
 * can, and a change of type is a change of data; so what was read is remembered beside the data.
 *
 * A container is known by its identity, so that it may move, or else by its place, so that a copy (a schema's output, a
 * spread) is known too. In a dict the type belongs to the key. In a list it belongs to the item, which is found by its
 * value; a new item is a float where all numbers were.
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

  #in(container: object, known: Known): ContainerNumbers {
    return {
      enter: (child, key) => {
        const knownChild = this.#byIdentity.get(child) ?? known.children.get(key);
        return knownChild && this.#in(child, knownChild);
      },
      isFloat: (key, value) =>
        known.items === undefined
          ? known.floats.has(key)
          : isFloatItem(known, known.items, container, key as number, value),
    };
  }

  #take(container: object): Known {
    const floats = new Set<string | number>();
    const children = new Map<string | number, Known>();
    const slots = container as Record<string | number, unknown>;
    for (const name of Object.keys(container)) {
      const key = Array.isArray(container) ? Number(name) : name;
      const value = slots[key];
      if (value instanceof PyFloat) {
        slots[key] = value.value;
        floats.add(key);
      } else if (isContainer(value)) {
        children.set(key, this.#take(value));
      }
    }
    const known = {
      floats,
      children,
      items: Array.isArray(container) ? [...(container as unknown[])] : undefined,
    };
    this.#byIdentity.set(container, known);
    return known;
  }
}

function isFloatItem(
  { floats }: Known,
  items: readonly unknown[],
  list: object,
  index: number,
  value: number,
): boolean | undefined {
  let float = false;
  let int = false;
  items.forEach((item, i) => {
    if (item !== value) return;
    if (floats.has(i)) float = true;
    else int = true;
  });
  if (float && int) return isUnmoved(list as unknown[], items, index) ? floats.has(index) : undefined;
  if (float || int) return float;
  return (
    floats.size > 0 &&
    items.every((item, i) => typeof item !== "number" || floats.has(i) || !Number.isInteger(item))
  );
}

/** Whether nothing up to `index` has changed. */
function isUnmoved(list: readonly unknown[], items: readonly unknown[], index: number): boolean {
  for (let i = 0; i <= index; i++) {
    if (!Object.is(list[i], items[i])) return false;
  }
  return true;
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
