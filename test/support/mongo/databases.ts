import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { Collection } from "./collection.ts";
import { type Doc, decode, encode, isDoc } from "./values.ts";

/**
 * Everything that is kept: collections by `database.name`, and the answers to writes that a client may send again. In
 * memory, and in a file of changes when there is one: what a command changed and what it answers is written down in one go before
 * the answer leaves, so that no answer outlives what it says, whenever the process is killed.
 */
export class Databases {
  readonly #collections = new Map<string, Collection>();
  /** By the session's id: the last numbered write and its answer. */
  readonly #answers = new Map<string, { number: unknown; answer: Doc }>();
  readonly #file: number | undefined;
  #changes: Buffer[] = [];

  /** @param path of the file; what is in it already is there again */
  constructor(path: string | undefined) {
    if (path === undefined) return;
    if (existsSync(path)) this.#read(path);
    this.#changes = [];
    this.#file = openSync(path, "a");
  }

  /** A collection that is there. */
  find(name: string): Collection | undefined {
    return this.#collections.get(name);
  }

  /** A collection, which is made if it is not there. */
  open(name: string): Collection {
    let collection = this.#collections.get(name);
    if (collection === undefined) {
      collection = new Collection(name, (change) => this.#note(change));
      this.#collections.set(name, collection);
    }
    return collection;
  }

  /** @returns whether there was one */
  drop(name: string): boolean {
    this.#note({ in: name, drop: true });
    return this.#collections.delete(name);
  }

  dropAll(database: string): void {
    for (const name of this.#collections.keys()) if (name.startsWith(`${database}.`)) this.drop(name);
  }

  sweep(now: number): void {
    for (const collection of this.#collections.values()) collection.sweep(now);
    this.flush();
  }

  /** The last numbered write of a session. */
  answered(session: string): { number: unknown; answer: Doc } | undefined {
    return this.#answers.get(session);
  }

  remember(session: string, number: unknown, answer: Doc): void {
    this.#answers.set(session, { number, answer });
    this.#note({ session, number, answer });
  }

  /** Writes down what has changed. A process that is killed loses nothing of it; a power cut may take it. */
  flush(): void {
    if (this.#file !== undefined) for (const change of this.#changes) writeSync(this.#file, change);
    this.#changes = [];
  }

  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #note(change: Doc): void {
    if (this.#file !== undefined) this.#changes.push(encode(change));
  }

  #read(path: string): void {
    const bytes = readFileSync(path);
    let offset = 0;
    while (offset + 4 <= bytes.length) {
      const length = bytes.readInt32LE(offset);
      if (offset + length > bytes.length) break;
      this.#repeat(decode(bytes.subarray(offset, offset + length)));
      offset += length;
    }
    // The process was killed while it wrote this, and before it answered.
    truncateSync(path, offset);
  }

  #repeat({ in: name, session, ...change }: Doc): void {
    if (typeof session === "string") {
      const { number, answer } = change;
      this.#answers.set(session, { number, answer: answer as Doc });
      return;
    }
    const collection = this.open(name as string);
    if (change["drop"] === true) this.#collections.delete(name as string);
    else if (isDoc(change["index"])) collection.createIndex(change["index"]);
    else if (isDoc(change["put"])) this.#put(collection, change["put"]);
    else for (const doc of collection.scan({ _id: change["delete"] })) collection.delete(doc);
  }

  #put(collection: Collection, doc: Doc): void {
    const [old] = collection.scan({ _id: doc["_id"] });
    if (old === undefined) collection.insert(doc);
    else collection.replace(old, doc);
  }
}
