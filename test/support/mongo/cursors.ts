import { BSON } from "mongodb";
import { setImmediate as turn } from "node:timers/promises";
import type { Collection } from "./collection.ts";
import type { Databases } from "./databases.ts";
import { CommandError, refuse } from "./errors.ts";
import { checkFilter } from "./query.ts";
import { compare, type Doc, encode, isDoc, MAX_DOC, toNumber } from "./values.ts";

const FIRST_BATCH = 101;

interface Cursor {
  readonly name: string;
  readonly docs: AsyncIterator<Doc, void>;
  /** Found already, and not in the last batch. */
  next: Doc | undefined;
}

/** Reads: what is found leaves in batches. */
export class Cursors {
  readonly #databases: Databases;
  readonly #cursors = new Map<string, Cursor>();
  #last = 0;

  constructor(databases: Databases) {
    this.#databases = databases;
  }

  async find(name: string, command: Doc): Promise<Doc> {
    const { filter = {}, sort = {}, projection = {}, singleBatch = false } = command;
    if (!isDoc(filter) || !isDoc(sort) || !isDoc(projection)) throw new CommandError("BadValue", "No query.");
    checkFilter(filter);
    const skip = toNumber(command["skip"] ?? new BSON.Int32(0));
    const limit = toNumber(command["limit"] ?? new BSON.Int32(0)) || Infinity;
    const project = projector(projection);
    const collection = this.#databases.find(name);
    const found = collection === undefined ? [] : sorted(scan(collection, filter), sort);
    const docs = taken(found, skip, limit, project);
    return this.#batch(
      { name, docs, next: undefined },
      "firstBatch",
      command["batchSize"],
      singleBatch === true,
    );
  }

  async getMore({ getMore, batchSize = new BSON.Int32(0) }: Doc): Promise<Doc> {
    const cursor = this.#cursors.get(String(getMore));
    if (cursor === undefined)
      throw new CommandError("CursorNotFound", `cursor id ${String(getMore)} not found`);
    this.#cursors.delete(String(getMore));
    const size = toNumber(batchSize) === 0 ? new BSON.Double(Infinity) : batchSize;
    return this.#batch(cursor, "nextBatch", size, false);
  }

  kill({ cursors }: Doc): Doc {
    if (!Array.isArray(cursors)) throw new CommandError("BadValue", "No cursors.");
    const isThere = (id: unknown) => this.#cursors.delete(String(id));
    const cursorsKilled = cursors.filter(isThere);
    return {
      cursorsKilled,
      cursorsNotFound: cursors.filter((id) => !cursorsKilled.includes(id)),
      cursorsAlive: [],
      cursorsUnknown: [],
    };
  }

  async listIndexes(name: string, { cursor = {} }: Doc): Promise<Doc> {
    if (!isDoc(cursor) || Object.keys(cursor).some((field) => field !== "batchSize"))
      return refuse("this cursor");
    const collection = this.#databases.find(name);
    if (collection === undefined) throw new CommandError("NamespaceNotFound", `ns does not exist: ${name}`);
    const docs = taken(collection.indexes, 0, Infinity, (doc) => doc);
    return this.#batch({ name, docs, next: undefined }, "firstBatch", cursor["batchSize"], false);
  }

  async #batch(cursor: Cursor, field: string, batchSize: unknown, isOnly: boolean): Promise<Doc> {
    const most = batchSize === undefined ? FIRST_BATCH : toNumber(batchSize);
    const batch: Doc[] = [];
    let bytes = 0;
    for (;;) {
      cursor.next ??= (await cursor.docs.next()).value ?? undefined;
      if (cursor.next === undefined || batch.length >= most) break;
      bytes += encode(cursor.next).length;
      if (batch.length > 0 && bytes > MAX_DOC) break;
      batch.push(cursor.next);
      cursor.next = undefined;
    }
    const id = cursor.next === undefined || isOnly ? 0 : this.#keep(cursor);
    return { cursor: { id: BSON.Long.fromNumber(id), ns: cursor.name, [field]: batch } };
  }

  #keep(cursor: Cursor): number {
    this.#last++;
    this.#cursors.set(String(this.#last), cursor);
    return this.#last;
  }
}

/** The documents that match. Others work between two of them, as on a real server: a look through many is no single step. */
async function* scan(collection: Collection, filter: Doc): AsyncGenerator<Doc, void> {
  for (const doc of collection.scan(filter)) {
    yield doc;
    await turn();
  }
}

async function* taken(
  docs: AsyncIterable<Doc> | Iterable<Doc>,
  skip: number,
  limit: number,
  project: (doc: Doc) => Doc,
): AsyncGenerator<Doc, void> {
  let count = 0;
  for await (const doc of docs) {
    count++;
    if (count > skip) yield project(doc);
    if (count >= skip + limit) return;
  }
}

async function* sorted(docs: AsyncIterable<Doc>, sort: Doc): AsyncGenerator<Doc, void> {
  const order = sorter(sort);
  if (order === undefined) {
    yield* docs;
    return;
  }
  const all: Doc[] = [];
  for await (const doc of docs) all.push(doc);
  yield* all.toSorted(order);
}

/** The order that `sort` asks for, if it asks for one. */
export function sorter(sort: Doc): ((a: Doc, b: Doc) => number) | undefined {
  const fields = Object.entries(sort).map(([field, direction]): [string, number] => [
    field,
    toNumber(direction),
  ]);
  if (fields.some(([field, direction]) => /[.$]/.test(field) || Math.abs(direction) !== 1))
    return refuse("this sort");
  if (fields.length === 0) return undefined;
  return (a, b) => {
    for (const [field, direction] of fields) {
      if (Array.isArray(a[field]) || Array.isArray(b[field])) return refuse("an order of arrays");
      const difference = compare(a[field], b[field]);
      if (difference !== 0) return difference * direction;
    }
    return 0;
  };
}

/** What leaves the fields in a document that `projection` wants. */
export function projector(projection: Doc): (doc: Doc) => Doc {
  const { _id: id, ...fields } = Object.fromEntries(
    Object.entries(projection).map(([field, wanted]) => {
      if (/[.$]/.test(field) || isDoc(wanted)) return refuse("this projection");
      return [field, typeof wanted === "boolean" ? wanted : toNumber(wanted) !== 0];
    }),
  );
  const kinds = new Set(Object.values(fields));
  if (kinds.size > 1)
    throw new CommandError("BadValue", "Cannot do exclusion on some fields in inclusion projection");
  const isInclusion = kinds.size === 0 ? id === true : kinds.has(true);
  return (doc) =>
    Object.fromEntries(
      Object.entries(doc).filter(([field]) =>
        field === "_id" ? id !== false : isInclusion === Object.hasOwn(fields, field),
      ),
    );
}
