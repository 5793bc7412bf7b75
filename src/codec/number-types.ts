import { PyFloat } from "../encoding/py-float.ts";
import type { NumberTypes } from "../encoding/python-json.ts";

/**
 * Which numbers of a session were floats in Python although they are integral. JavaScript cannot tell 1 from 1.0, Python
 * can, and a change of type is a change of data; so what was read is remembered beside the data.
 *
 * A container is known by its identity, so that it may move, or else by its place, so that a copy (a schema's output, a
 * spread) is known too. In a dict the type belongs to the key. In a list it belongs to the item: found by its index, or
 * else by its value; a new item is a float where all numbers were floats.
 */
export class ContainerTypes implements NumberTypes {
  readonly #byIdentity: WeakMap<object, ContainerTypes>;
  readonly #floats = new Set<string | number>();
  readonly #children = new Map<string | number, ContainerTypes>();
  /** The numbers of a list as they were, by index. */
  #items: readonly unknown[] | undefined;

  constructor(byIdentity: WeakMap<object, ContainerTypes>) {
    this.#byIdentity = byIdentity;
  }

  enter(child: object, key: string | number): ContainerTypes | undefined {
    return this.#byIdentity.get(child) ?? this.#children.get(key);
  }

  isFloat(key: string | number, value: number): boolean | undefined {
    const items = this.#items;
    if (items === undefined || items[key as number] === value) return this.#floats.has(key);
    let float = false;
    let int = false;
    items.forEach((item, index) => {
      if (item !== value) return;
      if (this.#floats.has(index)) float = true;
      else int = true;
    });
    if (float && int) return undefined;
    return float || (!int && items.every((item, index) => typeof item !== "number" || this.#isFractional(item, index)));
  }

  #isFractional(item: number, index: number): boolean {
    return this.#floats.has(index) || !Number.isSafeInteger(item);
  }

  /** Turns the {@link PyFloat}s in `container` into numbers, in place, and remembers them. Undefined where there are none. */
  static extract(
    container: object,
    byIdentity: WeakMap<object, ContainerTypes> = new WeakMap(),
  ): ContainerTypes | undefined {
    const types = new ContainerTypes(byIdentity);
    const slots = container as Record<string | number, unknown>;
    for (const name of Object.keys(container)) {
      const key = Array.isArray(container) ? Number(name) : name;
      const value = slots[key];
      if (value instanceof PyFloat) {
        slots[key] = value.value;
        types.#floats.add(key);
      } else if (isContainer(value)) {
        const child = ContainerTypes.extract(value, byIdentity);
        if (child) types.#children.set(key, child);
      }
    }
    if (types.#floats.size === 0 && types.#children.size === 0) return undefined;
    if (Array.isArray(container)) types.#items = [...container];
    byIdentity.set(container, types);
    return types;
  }
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
