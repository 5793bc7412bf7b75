import { BSON } from "mongodb";
import { CommandError, refuse } from "./errors.ts";
import { compare, type Doc, encode, isDoc, MAX_DOC, numberOf, toNumber, typeOf } from "./values.ts";

const { Double, Int32, Long } = BSON;

/** What an update does, told apart by its form. */
export type Update = Doc | readonly Doc[];

/** Whether the update is a whole document that takes the old one's place. */
export function isReplacement(update: Update): boolean {
  return !Array.isArray(update) && !Object.keys(update)[0]?.startsWith("$");
}

/** The document that an update makes of `doc`. `inserting`: there was none, and `doc` is what the filter says of it. */
export function updated(doc: Doc, update: Update, inserting: boolean): Doc {
  const result = isReplacement(update)
    ? { ...("_id" in doc ? { _id: doc["_id"] } : {}), ...(update as Doc) }
    : Array.isArray(update)
      ? update.reduce<Doc>(applyStage, { ...doc })
      : applyOperators({ ...doc }, update as Doc, inserting);
  if (doc["_id"] !== undefined && compare(doc["_id"], result["_id"]) !== 0) {
    throw new CommandError("ImmutableField", "Performing an update on the path '_id' would modify it.");
  }
  return result;
}

/** @throws CommandError for what MongoDB would not keep, and for what the stand-in would not keep as it is */
export function checkDocument(doc: Doc): void {
  checkNames(doc);
  const size = encode(doc).length;
  if (size > MAX_DOC) {
    throw new CommandError("BSONObjectTooLarge", `The document has ${size} bytes and may have ${MAX_DOC}.`);
  }
}

function checkNames(doc: Doc): void {
  for (const [name, value] of Object.entries(doc)) {
    if (name.startsWith("$")) {
      throw new CommandError("DollarPrefixedFieldName", `The field '${name}' must not begin with '$'.`);
    }
    if (name.includes(".")) refuse("names of fields with a dot");
    // JavaScript's objects put them first, and give the last one another prototype.
    if (/^\d+$/.test(name) || name === "__proto__") refuse("names of fields that are numbers");
    for (const one of Array.isArray(value) ? value : [value]) if (isDoc(one)) checkNames(one);
    typeOf(value);
  }
}

type Operator = (doc: Doc, name: string, operand: unknown, inserting: boolean) => void;

const OPERATORS: Readonly<Record<string, Operator>> = {
  $set: (doc, name, operand) => {
    doc[name] = operand;
  },
  $unset: (doc, name) => {
    delete doc[name];
  },
  $inc: (doc, name, operand) => {
    doc[name] = sum(doc[name] ?? new Int32(0), operand);
  },
  $setOnInsert: (doc, name, operand, inserting) => {
    if (inserting) doc[name] = operand;
  },
};

function applyOperators(doc: Doc, update: Doc, inserting: boolean): Doc {
  const changed = new Set<string>();
  for (const [name, fields] of Object.entries(update)) {
    const operator = OPERATORS[name];
    if (operator === undefined) throw new CommandError("FailedToParse", `Unknown modifier: ${name}`);
    if (!isDoc(fields)) throw new CommandError("FailedToParse", `${name} needs a document.`);
    for (const [field, operand] of Object.entries(fields)) {
      checkTarget(field);
      if (changed.has(field)) {
        const message = `Updating the path '${field}' would create a conflict at '${field}'`;
        throw new CommandError("ConflictingUpdateOperators", message);
      }
      changed.add(field);
      operator(doc, field, operand, inserting);
    }
  }
  return doc;
}

/** One stage of an update that is a pipeline. Every expression of a stage sees the document as the stage found it. */
function applyStage(doc: Doc, stage: Doc): Doc {
  const [[name, operand] = [], ...more] = Object.entries(stage);
  if ((name !== "$set" && name !== "$addFields") || more.length > 0 || !isDoc(operand)) {
    return refuse(`the stage ${name} in an update`);
  }
  const result = { ...doc };
  for (const [field, expression] of Object.entries(operand)) {
    checkTarget(field);
    result[field] = evaluate(expression);
  }
  return result;
}

function evaluate(expression: unknown): unknown {
  if (expression === "$$NOW") return new Date();
  if (typeof expression === "string" && expression.startsWith("$")) return refuse("paths in expressions");
  if (Array.isArray(expression)) return refuse("arrays in expressions");
  if (!isDoc(expression)) return expression;
  const [[name, operand] = [], ...more] = Object.entries(expression);
  if (name === "$literal" && more.length === 0) return operand;
  if (name !== "$add" || more.length > 0 || !Array.isArray(operand)) {
    return refuse(`the expression ${name ?? "{}"}`);
  }
  const parts = operand.map(evaluate);
  const dates = parts.filter((part) => part instanceof Date);
  if (dates.length !== 1) return refuse("an $add without a date, or of several");
  const numbers = parts.filter((part) => part !== dates[0]).map(toNumber);
  return new Date(numbers.reduce((total, one) => total + Math.round(one), dates[0]!.getTime()));
}

function checkTarget(field: string): void {
  if (field.includes(".")) refuse("paths into documents");
}

function sum(value: unknown, operand: unknown): unknown {
  const types = [typeOf(value), typeOf(operand)];
  if (!types.every((type) => ["int", "long", "double"].includes(type))) {
    throw new CommandError("TypeMismatch", "Cannot increment with, or apply $inc to, what is no number.");
  }
  if (types.includes("double")) return new Double(Number(numberOf(value)) + Number(numberOf(operand)));
  const total = BigInt(numberOf(value)) + BigInt(numberOf(operand));
  if (total !== BigInt.asIntN(64, total)) throw new CommandError("BadValue", "The sum is no 64-bit number.");
  // An int that is no longer one becomes a long.
  return types.includes("long") || total !== BigInt.asIntN(32, total)
    ? Long.fromBigInt(total)
    : new Int32(Number(total));
}
