import { BSON } from "mongodb";
import { CommandError, refuse } from "./errors.ts";
import { equalities, matches } from "./query.ts";
import { checkDocument } from "./update.ts";
import { compare, type Doc, idText, int, isDoc, toNumber } from "./values.ts";

/** Where changes are written down before they are answered. */
export type Note = (change: Doc) => void;

interface Index {
  readonly spec: Doc;
  readonly name: string;
  readonly fields: readonly string[];
  readonly isUnique: boolean;
  readonly isSparse: boolean;
  /** Milliseconds after the date in its field at which a document goes. */
  readonly ttl: number | undefined;
}

const ID_INDEX: Doc = { v: int(2), key: { _id: int(1) }, name: "_id_" };

/**
 * Documents in the order of their insertion, which is the order in which a real server's scans see those that an index does not
 * tell apart. Each method is one step; only a {@link scan} goes on while others work.
 */
export class Collection {
  readonly name: string;
  readonly #note: Note;
  readonly #docs = new Map<string, Doc>();
  readonly #indexes: Index[] = [];

  constructor(name: string, note: Note) {
    this.name = name;
    this.#note = note;
  }

  get indexes(): Doc[] {
    return [ID_INDEX, ...this.#indexes.map(({ spec }) => spec)];
  }

  /** The documents that match, those too that come while it goes on. */
  *scan(filter: Doc): Generator<Doc, void> {
    const { _id } = equalities(filter);
    const found = _id === undefined ? this.#docs.values() : [this.#docs.get(idText(_id))];
    for (const doc of found) if (doc !== undefined && matches(doc, filter)) yield doc;
  }

  /** Keeps a document, with an `_id` if it has none, and gives it as it is kept. */
  insert(doc: Doc): Doc {
    const { _id = new BSON.ObjectId(), ...rest } = doc;
    const kept = { _id, ...rest };
    if (this.#docs.has(idText(_id))) throw this.#duplicate("_id_", { _id });
    this.#keep(kept, undefined);
    return kept;
  }

  /** Puts `next` in the place of `doc`, with the same `_id`. */
  replace(doc: Doc, next: Doc): void {
    this.#keep(next, doc);
  }

  delete(doc: Doc): void {
    this.#docs.delete(idText(doc["_id"]));
    this.#note({ in: this.name, delete: doc["_id"] });
  }

  /** Makes an index; nothing is done when there is the very same. */
  createIndex(wanted: Doc): void {
    const spec: Doc = { v: int(2), ...wanted };
    const index = indexOf(spec);
    const same = (other: Doc) => compare(other["key"], spec["key"]) === 0;
    for (const other of this.indexes) {
      if (same(other) !== (other["name"] === index.name)) {
        const code = same(other) ? "IndexOptionsConflict" : "IndexKeySpecsConflict";
        throw new CommandError(code, `There is another index ${String(other["name"])}.`);
      }
      if (!same(other)) continue;
      if (!haveSameOptions(other, spec)) {
        throw new CommandError("IndexOptionsConflict", `The index ${index.name} has other options.`);
      }
      return;
    }
    const seen: Doc[] = [];
    for (const doc of this.#docs.values()) {
      this.#checkUnique(index, doc, seen);
      seen.push(doc);
    }
    this.#indexes.push(index);
    this.#note({ in: this.name, index: spec });
  }

  /** Removes what its TTL indexes say is over. */
  sweep(now: number): void {
    for (const { fields, ttl } of this.#indexes) {
      if (ttl === undefined) continue;
      for (const doc of this.#docs.values()) {
        const date = doc[fields[0]!];
        if (date instanceof Date && date.getTime() + ttl <= now) this.delete(doc);
      }
    }
  }

  #keep(doc: Doc, old: Doc | undefined): void {
    checkDocument(doc);
    for (const index of this.#indexes) this.#checkUnique(index, doc, this.#docs.values(), old);
    this.#docs.set(idText(doc["_id"]), doc);
    this.#note({ in: this.name, put: doc });
  }

  #checkUnique(index: Index, doc: Doc, others: Iterable<Doc>, old?: Doc): void {
    const { fields, isSparse, isUnique, name } = index;
    if (fields.some((field) => Array.isArray(doc[field]))) refuse("arrays in an index");
    if (!isUnique || (isSparse && fields.every((field) => doc[field] === undefined))) return;
    for (const other of others) {
      if (other === old || fields.some((field) => compare(doc[field], other[field]) !== 0)) continue;
      throw this.#duplicate(name, Object.fromEntries(fields.map((field) => [field, doc[field] ?? null])));
    }
  }

  #duplicate(index: string, keyValue: Doc): CommandError {
    const keyPattern = Object.fromEntries(Object.keys(keyValue).map((field) => [field, int(1)]));
    const values = BSON.EJSON.stringify(keyValue);
    return new CommandError(
      "DuplicateKey",
      `E11000 duplicate key error collection: ${this.name} index: ${index} dup key: ${values}`,
      { keyPattern, keyValue },
    );
  }
}

const INDEX_OPTIONS = ["v", "key", "name", "unique", "sparse", "expireAfterSeconds", "background"];

function indexOf(spec: Doc): Index {
  const unknown = Object.keys(spec).find((option) => !INDEX_OPTIONS.includes(option));
  if (unknown !== undefined) refuse(`the option ${unknown} of an index`);
  const { key, name } = spec;
  if (!isDoc(key) || Object.keys(key).length === 0 || typeof name !== "string") {
    throw new CommandError("FailedToParse", "An index needs a key and a name.");
  }
  const fields = Object.keys(key);
  if (fields.some((field) => /[.$]/.test(field))) refuse("paths in an index");
  if (fields.some((field) => Math.abs(toNumber(key[field])) !== 1)) refuse("another order of an index");
  const seconds = spec["expireAfterSeconds"];
  if (seconds !== undefined && fields.length > 1) {
    throw new CommandError("InvalidOptions", "TTL indexes are single-field indexes.");
  }
  return {
    spec,
    name,
    fields,
    isUnique: spec["unique"] === true,
    isSparse: spec["sparse"] === true,
    ttl: seconds === undefined ? undefined : toNumber(seconds) * 1000,
  };
}

function haveSameOptions(a: Doc, b: Doc): boolean {
  const plain = (spec: Doc) =>
    ["unique", "sparse", "expireAfterSeconds"].map((option) =>
      spec[option] === undefined || spec[option] === false ? null : spec[option],
    );
  return compare(plain(a), plain(b)) === 0;
}
