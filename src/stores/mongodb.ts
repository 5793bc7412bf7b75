import { ConfigError } from "../errors.ts";
import type {
  OwnedRecord,
  RecordPage,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import {
  byKey,
  byOwner,
  checkedOwner,
  type Fields,
  INDEXES,
  lasting,
  live,
  ownedRecordIn,
  READ,
  recordIn,
  WRITE,
  WRITE_AND_GIVE,
  writing,
} from "./mongodb-document.ts";
import { newVersion } from "./new-version.ts";
import { idAfter, pageById } from "./record-page.ts";
import { replaceApart } from "./replace-apart.ts";

/** What the store needs of a `Collection` of the official driver, `mongodb`. */
export interface MongodbCollection {
  /** Reads a record. */
  findOne(filter: Fields, options: Fields): Promise<unknown>;
  /** Reads an owner's records, or a page of all. */
  find(filter: Fields, options: Fields): { toArray(): Promise<unknown[]> };
  /** Makes or changes a record, if it is still as it was. */
  updateOne(filter: Fields, update: Fields[], options: Fields): Promise<{ readonly matchedCount: number }>;
  /** Ends a record. */
  findOneAndDelete(filter: Fields, options: Fields): Promise<unknown>;
  /** Ends an owner's records, or all. */
  deleteMany(filter: Fields, options: Fields): Promise<{ readonly deletedCount: number }>;
  /** Makes the indexes: `setup`. */
  createIndexes(indexes: { key: Record<string, 1>; name: string }[], options: Fields): Promise<unknown>;
}

/**
 * Keeps records as documents of a collection of MongoDB, one each. Each method is one command, and a second one where a
 * `save` has to tell what it met; `replace` is a `create` and a `save`. Documents of records that have expired MongoDB
 * removes by itself.
 *
 * Reads are the primary's, and writes wait for the majority and its journal, whatever the client does by default.
 *
 * @param collection - the store's alone, and not sharded; of mongodb 6 or newer, whose client the store never closes
 * @throws ConfigError for anything else
 * @example
 * import { MongoClient } from "mongodb";
 *
 * const client = new MongoClient("mongodb://127.0.0.1:27017");
 * const store = new MongodbStore(client.db("app").collection("sessions"));
 * await store.setup();
 */
export class MongodbStore implements SessionStore {
  readonly #records: MongodbCollection;

  constructor(collection: MongodbCollection) {
    if (typeof collection?.findOneAndDelete !== "function") {
      throw new ConfigError(
        'MongodbStore takes a collection of the driver mongodb: new MongodbStore(client.db("app").collection("sessions")).',
      );
    }
    this.#records = collection;
  }

  /** Makes the collection's indexes where they are missing: by owner, and by the time at which MongoDB removes a document. */
  async setup(): Promise<void> {
    await this.#records.createIndexes(INDEXES, WRITE);
  }

  /**
   * The new version is part of what is looked for: where there is a record nothing is found, and the insertion fails. Were
   * the command to come twice, the second one would find what the first one made.
   */
  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const { _id, owner } = byKey(key);
    const version = newVersion();
    const fields = { ...(owner === null ? {} : { owner }), version, ...writing(record, now) };
    try {
      await this.#records.updateOne({ _id, version }, [{ $set: fields }], { ...WRITE, upsert: true });
      return version;
    } catch (error) {
      if (isTaken(error)) return undefined;
      throw error;
    }
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    return recordIn(await this.#records.findOne(live(key, now), READ));
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const instant = new Date(now);
    const saved = newVersion();
    const fields = { version: saved, ...writing(record, now) };
    for (;;) {
      if (await this.#update(key, version, fields, instant)) return { outcome: "saved", version: saved };
      const current = await this.load(key, instant);
      if (current === undefined) return { outcome: "gone" };
      // The command came twice, and this was its second time.
      if (current.version === saved) return { outcome: "saved", version: saved };
      if (current.version !== version) return { outcome: "conflict", current };
      // It had expired, and was touched in between by a process whose clock is behind.
    }
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    byKey(key); // what is no key is refused before anything is done
    return replaceApart(this, key, version, retired, nextKey, record, now);
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    return this.#update(key, version, lasting(expires, now), now);
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    return recordIn(await this.#records.findOneAndDelete(byKey(key), WRITE_AND_GIVE));
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const filter = { owner: checkedOwner(owner), expires: { $gt: new Date(now) } };
    return (await this.#records.find(filter, READ).toArray()).map(ownedRecordIn);
  }

  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const options = { ...READ, sort: { _id: 1 }, limit };
    const found = await this.#records.find({ _id: { $gt: idAfter(after) } }, options).toArray();
    return pageById(found.map(ownedRecordIn), limit, now);
  }

  async deleteOwned(owner: string, except: readonly string[]): Promise<number> {
    return this.#end(byOwner(owner, except));
  }

  /** A record that is created meanwhile may be ended, too. */
  deleteAll(): Promise<number> {
    return this.#end({});
  }

  /** Changes the live record of this version. Whether there was one. */
  async #update(key: SessionKey, version: Version, fields: Fields, now: Date): Promise<boolean> {
    const filter = { ...live(key, now), version: String(version) };
    const { matchedCount } = await this.#records.updateOne(filter, [{ $set: fields }], WRITE);
    return matchedCount === 1;
  }

  /**
   * Deleting many documents is no single step, so a record may be replaced in its course. MongoDB goes through one owner's
   * documents, and through all, in the order of their insertion: from a record to the next one, which was made of it. Where
   * it deletes the first before it could be replaced, `replace` takes the next one back; otherwise the next one is still to
   * come. The second time is for a server that goes another way.
   */
  async #end(filter: Fields): Promise<number> {
    const first = await this.#records.deleteMany(filter, WRITE);
    const second = await this.#records.deleteMany(filter, WRITE);
    return first.deletedCount + second.deletedCount;
  }
}

/** MongoDB's error for a second document with one `_id`. A unique index of somebody else's on another field is something else. */
function isTaken(error: unknown): boolean {
  const { code, keyPattern } = error as { code?: unknown; keyPattern?: Fields };
  return code === 11_000 && keyPattern?.["_id"] !== undefined;
}
