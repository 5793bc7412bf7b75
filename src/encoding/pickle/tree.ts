import { MAX_DEPTH } from "../data-path.ts";
import { setOwn } from "../plain.ts";
import { PyFloat } from "../py-float.ts";
import { pythonMap } from "../python-key.ts";
import {
  Markup,
  PyBytearray,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFrozenset,
  PyTimedelta,
  Tuple,
  Uuid,
} from "../python-values.ts";
import { malformed, MAX_SIZE, VALUE_SIZE } from "./limits.ts";

/** Sizes of containers that have not been measured, and of those that are just being. */
const UNKNOWN = -1;
const OPEN = -2;

/** What holds values while a pickle is read: it may be referred to before it is full, more than once, and by itself. */
export class Container {
  readonly kind: "list" | "tuple" | "dict" | "set" | "frozenset";
  /** Of a dict: a key, its value, the next key, its value. */
  readonly items: unknown[];
  /** What it takes with all that it holds, wherever that is repeated. */
  size = UNKNOWN;
  /** Levels of containers, itself included. */
  height = 1;

  constructor(kind: Container["kind"], items: unknown[] = []) {
    this.kind = kind;
    this.items = items;
  }
}

/** A UUID, which is pickled as an empty object and gets its number later. */
export class UnfinishedUuid {
  uuid: Uuid | undefined;
}

/**
 * The value that the root of a pickle stands for. What is referred to twice becomes two copies, so that data is a tree: a
 * pickle of a few bytes could stand for more than any memory holds, and that is found before anything is copied.
 *
 * @throws MalformedError
 */
export function toValue(root: unknown): unknown {
  measure(root, 1);
  return build(root);
}

/** The size of a node at a depth; each container is looked into once. */
function measure(node: unknown, depth: number): number {
  if (!(node instanceof Container)) return sizeOfScalar(node);
  if (node.size !== UNKNOWN) {
    if (node.size === OPEN) throw malformed("holds something that contains itself");
    if (depth + node.height - 1 > MAX_DEPTH) throw tooDeep();
    return node.size;
  }
  if (depth > MAX_DEPTH) throw tooDeep();
  node.size = OPEN;
  let size = VALUE_SIZE;
  node.items.forEach((item, index) => {
    const itemSize = measure(item, depth + 1);
    const height = item instanceof Container ? item.height : 0;
    // A key is compared with the others, for which it is gone through once for each of its levels.
    const times = node.kind === "dict" && index % 2 === 0 ? height + 1 : 1;
    size += itemSize * times;
    if (size > MAX_SIZE) throw malformed(`stands for more than ${MAX_SIZE} bytes`);
    node.height = Math.max(node.height, height + 1);
  });
  node.size = size;
  return size;
}

function sizeOfScalar(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) return VALUE_SIZE + value.length;
  if (value instanceof Markup) return VALUE_SIZE + value.html.length;
  if (value instanceof PyDecimal) return VALUE_SIZE + value.text.length;
  if (typeof value === "bigint") return VALUE_SIZE + value.toString(16).length;
  return VALUE_SIZE;
}

function tooDeep(): Error {
  return malformed(`is nested deeper than ${MAX_DEPTH} levels`);
}

function build(node: unknown): unknown {
  if (!(node instanceof Container)) return typeof node === "object" && node !== null ? scalar(node) : node;
  const { kind, items } = node;
  switch (kind) {
    case "list":
      return items.map(build);
    case "tuple":
      return new Tuple(items.map(build));
    case "dict":
      return dict(items);
    case "set":
      return new Set(items.map(buildKey));
    case "frozenset":
      return new PyFrozenset(items.map(buildKey));
  }
}

function dict(items: readonly unknown[]): Record<string, unknown> | Map<unknown, unknown> {
  if (!items.every((item, index) => index % 2 === 1 || typeof item === "string")) return map(items);
  const plain: Record<string, unknown> = {};
  for (let i = 0; i < items.length; i += 2) setOwn(plain, items[i] as string, build(items[i + 1]));
  return plain;
}

function map(items: readonly unknown[]): Map<unknown, unknown> {
  const keys = items.filter((_, index) => index % 2 === 0);
  const values = items.filter((_, index) => index % 2 === 1);
  return pythonMap(keys.map(buildKey), values.map(build));
}

function buildKey(node: unknown): unknown {
  if (!isHashable(node)) throw malformed("has a key or an item of a set that Python cannot hash");
  const value = build(node);
  // A Map or Set would take -0 for 0.
  return Object.is(value, -0) ? new PyFloat(-0) : value;
}

function isHashable(node: unknown): boolean {
  if (!(node instanceof Container)) return !(node instanceof PyBytearray);
  return node.kind === "frozenset" || (node.kind === "tuple" && node.items.every(isHashable));
}

/** Whatever may be changed in place is copied, also from the bytes that were read. */
function scalar(value: object): object {
  if (value instanceof PyBytearray) return new PyBytearray(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof PyDatetime)
    return new PyDatetime(value.getTime(), value.microsecond, value.offset, value.fold);
  if (value instanceof Date) return new Date(value);
  if (value instanceof UnfinishedUuid && value.uuid) return value.uuid;
  if (IMMUTABLE.some((type) => value instanceof type)) return value;
  throw malformed("holds a class, or a part of an object, where a value should be");
}

const IMMUTABLE = [PyFloat, Markup, Uuid, PyDecimal, PyDate, PyTimedelta];
