import { setImmediate as turn } from "node:timers/promises";
import type { Collection } from "./collection.ts";
import { projector, sorter } from "./cursors.ts";
import type { Databases } from "./databases.ts";
import { CommandError, refuse } from "./errors.ts";
import { checkFilter, equalities } from "./query.ts";
import { isReplacement, type Update, updated } from "./update.ts";
import { type Doc, documents, encode, int, isDoc, toNumber } from "./values.ts";

interface Changed {
  readonly matched: number;
  readonly modified: number;
  /** What was inserted because nothing matched. */
  readonly inserted: Doc | undefined;
}

/** Writes. A document is found and changed in one step; several are changed one after the other, and others work in between. */
export class Writes {
  readonly #databases: Databases;

  constructor(databases: Databases) {
    this.#databases = databases;
  }

  async insert(name: string, command: Doc): Promise<Doc> {
    const collection = this.#databases.open(name);
    return each(documents(command["documents"]), command, async (doc) => {
      collection.insert(doc);
      return { n: 1 };
    });
  }

  async update(name: string, command: Doc): Promise<Doc> {
    const collection = this.#databases.open(name);
    const upserted: Doc[] = [];
    let modified = 0;
    const answer = await each(documents(command["updates"]), command, async (statement, index) => {
      const { q, u, multi = false, upsert = false } = onlyWith(statement, "q", "u", "multi", "upsert");
      const filter = filterOf(q);
      const changed = await update(collection, filter, updateOf(u), multi === true, upsert === true);
      modified += changed.modified;
      if (changed.inserted !== undefined) upserted.push({ index: int(index), _id: changed.inserted["_id"] });
      return { n: changed.matched };
    });
    return { ...answer, nModified: int(modified), ...(upserted.length > 0 ? { upserted } : {}) };
  }

  async delete(name: string, command: Doc): Promise<Doc> {
    const collection = this.#databases.open(name);
    return each(documents(command["deletes"]), command, async (statement) => {
      const { q, limit } = onlyWith(statement, "q", "limit");
      const filter = filterOf(q);
      if (toNumber(limit) === 1) {
        const [doc] = collection.scan(filter);
        if (doc !== undefined) collection.delete(doc);
        return { n: Number(doc !== undefined) };
      }
      let n = 0;
      for (const doc of collection.scan(filter)) {
        collection.delete(doc);
        n++;
        await turn();
      }
      return { n };
    });
  }

  async findAndModify(name: string, command: Doc): Promise<Doc> {
    const collection = this.#databases.open(name);
    const { query = {}, fields = {}, sort = {}, remove, upsert } = command;
    if (!isDoc(fields) || !isDoc(sort)) return refuse("a findAndModify of this kind");
    const filter = filterOf(query);
    const project = projector(fields);
    const order = sorter(sort);
    const [old] =
      order === undefined ? collection.scan(filter) : [...collection.scan(filter)].toSorted(order);
    if (remove === true) {
      if (old !== undefined) collection.delete(old);
      return { lastErrorObject: { n: int(Number(old !== undefined)) }, value: old ? project(old) : null };
    }
    const change = updateOf(command["update"]);
    const next = old === undefined ? undefined : updated(old, change, false);
    if (old !== undefined && next !== undefined) collection.replace(old, next);
    const inserted = old === undefined && upsert === true ? insertBy(collection, filter, change) : undefined;
    const value = command["new"] === true ? (next ?? inserted) : old;
    return {
      lastErrorObject: {
        n: int(Number((next ?? inserted) !== undefined)),
        updatedExisting: old !== undefined,
        ...(inserted === undefined ? {} : { upserted: inserted["_id"] }),
      },
      value: value === undefined ? null : project(value),
    };
  }
}

async function update(
  collection: Collection,
  filter: Doc,
  change: Update,
  isMulti: boolean,
  isUpsert: boolean,
): Promise<Changed> {
  if (isMulti && isReplacement(change)) {
    throw new CommandError("FailedToParse", "multi update is not supported for replacement-style update");
  }
  let [matched, modified] = [0, 0];
  const apply = (doc: Doc): void => {
    const next = updated(doc, change, false);
    matched++;
    if (encode(next).equals(encode(doc))) return;
    collection.replace(doc, next);
    modified++;
  };
  for (const doc of collection.scan(filter)) {
    apply(doc);
    if (!isMulti) break;
    await turn();
  }
  if (matched > 0 || !isUpsert) return { matched, modified, inserted: undefined };
  return { matched: 1, modified, inserted: insertBy(collection, filter, change) };
}

/** Inserts what an update makes of what a filter says. */
function insertBy(collection: Collection, filter: Doc, change: Update): Doc {
  return collection.insert(updated(equalities(filter), change, true));
}

/** Does one statement after the other; `n` of the answer is their sum. After one that fails the rest is done if the order does not matter. */
async function each(
  statements: readonly Doc[],
  { ordered = true }: Doc,
  run: (statement: Doc, index: number) => Promise<{ n: number }>,
): Promise<Doc> {
  const writeErrors: Doc[] = [];
  let total = 0;
  for (const [index, statement] of statements.entries()) {
    try {
      total += (await run(statement, index)).n;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const { code, message, details } = error;
      writeErrors.push({ index: int(index), code: int(code), errmsg: message, ...details });
      if (ordered === true) break;
    }
  }
  return { n: int(total), ...(writeErrors.length > 0 ? { writeErrors } : {}) };
}

function filterOf(query: unknown): Doc {
  if (!isDoc(query)) throw new CommandError("BadValue", "The filter is no document.");
  checkFilter(query);
  return query;
}

/** @throws CommandError for an update that cannot be done, also where there is nothing to do */
function updateOf(given: unknown): Update {
  const change = isDoc(given) ? given : documents(given);
  updated({}, change, true);
  return change;
}

function onlyWith(statement: Doc, ...fields: string[]): Doc {
  for (const field of Object.keys(statement)) if (!fields.includes(field)) refuse(`${field} of a write`);
  return statement;
}
