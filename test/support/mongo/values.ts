import { BSON } from "mongodb";
import { CommandError, refuse } from "./errors.ts";

/** A document, its values as BSON has them: numbers keep their types. */
export type Doc = Record<string, unknown>;

/** The largest document, in bytes. */
export const MAX_DOC = 16 * 1024 * 1024;
/** The largest message, in bytes. */
export const MAX_MESSAGE = 48_000_000;

const { Binary, Double, Int32, Long, ObjectId } = BSON;

// Documents that are too large must be seen to be that; by default there is room for 17 MiB.
BSON.setInternalBufferSize(MAX_MESSAGE);

export function decode(bytes: Uint8Array): Doc {
  return BSON.deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true });
}

export function encode(doc: Doc): Buffer {
  return Buffer.from(BSON.serialize(doc, { ignoreUndefined: true }));
}

/** BSON's names for the types that the stand-in knows, in the order in which BSON sorts them; the three numbers sort as one. */
const ORDER = {
  missing: 0,
  null: 0,
  int: 1,
  long: 1,
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  objectId: 6,
  bool: 7,
  date: 8,
} as const;

export type TypeName = keyof typeof ORDER;

export function typeOf(value: unknown): TypeName {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (value instanceof Int32) return "int";
  if (value instanceof Double) return "double";
  if (value instanceof Date) return "date";
  if (value instanceof Binary) return "binData";
  if (value instanceof ObjectId) return "objectId";
  // A Timestamp is a Long too.
  if (value instanceof Long && value._bsontype === "Long") return "long";
  if (Array.isArray(value)) return "array";
  if (isDoc(value)) return "object";
  return refuse(`values of the type ${(value as { _bsontype?: string })._bsontype ?? typeof value}`);
}

export function isDoc(value: unknown): value is Doc {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Types whose values `$gt` and its like compare; values of others never match. */
export function areComparable(a: unknown, b: unknown): boolean {
  return ORDER[typeOf(a)] === ORDER[typeOf(b)];
}

/** BSON's order: negative when `a` comes first, 0 when they are equal. */
export function compare(a: unknown, b: unknown): number {
  const [typeA, typeB] = [typeOf(a), typeOf(b)];
  if (ORDER[typeA] !== ORDER[typeB]) return ORDER[typeA] - ORDER[typeB];
  switch (typeA) {
    case "missing":
    case "null":
      return 0;
    case "int":
    case "long":
    case "double":
      return compareNumbers(numberOf(a), numberOf(b));
    case "string":
      return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
    case "bool":
      return Number(a) - Number(b);
    case "date":
      return (a as Date).getTime() - (b as Date).getTime();
    case "objectId":
      return Buffer.compare((a as BSON.ObjectId).id, (b as BSON.ObjectId).id);
    case "binData":
      return compareBinaries(a as BSON.Binary, b as BSON.Binary);
    case "object":
    case "array":
      return compareFields(Object.entries(a as Doc), Object.entries(b as Doc));
  }
}

/** A double or an int as a number, a long as a bigint: JavaScript compares the two exactly. */
export function numberOf(value: unknown): number | bigint {
  return value instanceof Long ? value.toBigInt() : (value as BSON.Int32 | BSON.Double).value;
}

/** The number of a command's field, whatever its type. */
export function toNumber(value: unknown): number {
  if (!["int", "long", "double"].includes(typeOf(value))) return refuse(`a ${typeOf(value)} for a number`);
  return Number(numberOf(value));
}

export function int(value: number): BSON.Int32 {
  return new Int32(value);
}

export function documents(list: unknown): Doc[] {
  if (Array.isArray(list) && list.length > 0 && list.every(isDoc)) return list;
  throw new CommandError("BadValue", "This is no list of documents.");
}

/** One text for each value that `_id` may have; values that compare as equal have the same. */
export function idText(id: unknown): string {
  const type = typeOf(id);
  switch (type) {
    case "int":
    case "long":
    case "double":
      // One text for 1, 1.0 and 1n, and for 0 and -0.
      return `number ${numberOf(id)}`;
    case "string":
      return `string ${id as string}`;
    case "date":
      return `date ${(id as Date).getTime()}`;
    case "objectId":
      return `objectId ${(id as BSON.ObjectId).toHexString()}`;
    case "binData":
      return `binData ${(id as BSON.Binary).sub_type} ${(id as BSON.Binary).toString("hex")}`;
    case "bool":
    case "null":
      return `${type} ${String(id)}`;
    default:
      return refuse(`an _id that is ${type}`);
  }
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a < b ? -1 : Number(a > b);
}

function compareBinaries(a: BSON.Binary, b: BSON.Binary): number {
  return a.length() - b.length() || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value());
}

function compareFields(a: readonly [string, unknown][], b: readonly [string, unknown][]): number {
  for (const [index, [name, value]] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const difference =
      ORDER[typeOf(value)] - ORDER[typeOf(other[1])] ||
      Buffer.compare(Buffer.from(name), Buffer.from(other[0])) ||
      compare(value, other[1]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
