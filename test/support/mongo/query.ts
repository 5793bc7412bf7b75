import { CommandError, refuse } from "./errors.ts";
import { areComparable, compare, type Doc, isDoc, numberOf, toNumber, typeOf } from "./values.ts";

type Test = (value: unknown, operand: unknown) => boolean;

/** What may be asked of a field. Equality holds between a field that is missing and null, as in MongoDB. */
const OPERATORS: Readonly<Record<string, Test>> = {
  $eq: (value, operand) => isEqual(value, operand),
  $ne: (value, operand) => !isEqual(value, operand),
  $gt: (value, operand) => order(value, operand, (difference) => difference > 0),
  $gte: (value, operand) => order(value, operand, (difference) => difference >= 0),
  $lt: (value, operand) => order(value, operand, (difference) => difference < 0),
  $lte: (value, operand) => order(value, operand, (difference) => difference <= 0),
  $in: (value, operand) => listOf(operand, "$in").some((one) => isEqual(value, one)),
  $nin: (value, operand) => !listOf(operand, "$nin").some((one) => isEqual(value, one)),
  $exists: (value, operand) => (value !== undefined) === isTrue(operand),
  $type: (value, operand) =>
    (Array.isArray(operand) ? operand : [operand]).some((one) => typeNames(one).includes(typeOf(value))),
};

/** Whether a document is what a filter asks for. */
export function matches(doc: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    switch (name) {
      case "$and":
        return filtersOf(name, condition).every((one) => matches(doc, one));
      case "$or":
        return filtersOf(name, condition).some((one) => matches(doc, one));
      default:
        return meets(valueOf(doc, name), condition);
    }
  });
}

/** Looks through a filter as if it were used, so that one that cannot be used fails also where there are no documents. */
export function checkFilter(filter: Doc): void {
  for (const name of ["$and", "$or"]) {
    if (filter[name] !== undefined) filtersOf(name, filter[name]).forEach(checkFilter);
  }
  for (const [name, condition] of Object.entries(filter)) {
    if (name === "$and" || name === "$or") continue;
    valueOf({}, name);
    for (const [test, operand] of conditionsOf(condition)) test(undefined, operand);
  }
}

/** What a filter wants a field to be equal to: a document that an upsert makes begins with that. */
export function equalities(filter: Doc): Doc {
  const found: Doc = {};
  for (const [name, condition] of Object.entries(filter)) {
    if (name === "$and") {
      for (const one of filtersOf(name, condition)) Object.assign(found, equalities(one));
    } else if (name !== "$or") {
      if (!isOperators(condition)) found[name] = condition;
      else if ("$eq" in condition) found[name] = condition["$eq"];
    }
  }
  return found;
}

/** A field at the top of a document. */
export function valueOf(doc: Doc, name: string): unknown {
  if (name.startsWith("$")) return refuse(`the top-level operator ${name}`);
  if (name.includes(".")) return refuse("paths into documents");
  const value = Object.hasOwn(doc, name) ? doc[name] : undefined;
  if (Array.isArray(value)) return refuse("conditions on arrays");
  return value;
}

function meets(value: unknown, condition: unknown): boolean {
  return conditionsOf(condition).every(([test, operand]) => test(value, operand));
}

function conditionsOf(condition: unknown): [Test, unknown][] {
  if (!isOperators(condition)) return [[OPERATORS["$eq"]!, checked(condition)]];
  return Object.entries(condition).map(([name, operand]) => {
    const test = OPERATORS[name];
    if (test === undefined) throw new CommandError("BadValue", `unknown operator: ${name}`);
    return [test, checked(operand)];
  });
}

/** Whether it is `{$gt: …}` and the like. Both kinds of names in one document are neither a value nor a condition. */
function isOperators(condition: unknown): condition is Doc {
  if (!isDoc(condition)) return false;
  const dollars = Object.keys(condition).filter((name) => name.startsWith("$")).length;
  if (dollars > 0 && dollars < Object.keys(condition).length) return refuse("operators among fields");
  return dollars > 0;
}

function checked(operand: unknown): unknown {
  if (typeOf(operand) === "double" && Number.isNaN(numberOf(operand))) return refuse("NaN in a filter");
  return operand;
}

function isEqual(value: unknown, operand: unknown): boolean {
  if (typeOf(operand) === "array") return refuse("arrays in a filter");
  return compare(value, operand) === 0;
}

function order(value: unknown, operand: unknown, holds: (difference: number) => boolean): boolean {
  if (["array", "object"].includes(typeOf(operand))) return refuse(`an order of ${typeOf(operand)}s`);
  // Of NaN nothing is true.
  if (typeOf(value) === "double" && Number.isNaN(numberOf(value))) return false;
  return areComparable(value, operand) && holds(compare(value, operand));
}

function listOf(operand: unknown, name: string): unknown[] {
  if (!Array.isArray(operand)) throw new CommandError("BadValue", `${name} needs an array`);
  return operand.map(checked);
}

function filtersOf(name: string, condition: unknown): Doc[] {
  if (Array.isArray(condition) && condition.length > 0 && condition.every(isDoc)) return condition;
  throw new CommandError("BadValue", `${name} must be a nonempty array of documents`);
}

function isTrue(operand: unknown): boolean {
  return typeof operand === "boolean" ? operand : toNumber(operand) !== 0;
}

const NUMBERS = ["int", "long", "double"];
const TYPE_NUMBERS: Readonly<Record<number, string>> = {
  1: "double",
  2: "string",
  3: "object",
  4: "array",
  5: "binData",
  7: "objectId",
  8: "bool",
  9: "date",
  10: "null",
  16: "int",
  18: "long",
};

function typeNames(operand: unknown): string[] {
  if (operand === "number") return NUMBERS;
  const name = typeof operand === "string" ? operand : TYPE_NUMBERS[toNumber(operand)];
  if (name !== undefined && Object.values(TYPE_NUMBERS).includes(name)) return [name];
  return refuse(`the type ${String(operand)}`);
}
