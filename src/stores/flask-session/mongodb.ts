import { ConfigError } from "../../errors.ts";
import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../../session/store.ts";
import { bytesOf, type Fields, READ, WRITE, WRITE_AND_GIVE } from "../mongodb-document.ts";
import type { MongodbCollection } from "../mongodb.ts";
import { checkedPrefix } from "../prefix.ts";
import { storeKey } from "./store-key.ts";

/** What the store needs of a `Collection` of the official driver, `mongodb`. */
export interface FlaskMongodbCollection extends Pick<
  MongodbCollection,
  "findOne" | "findOneAndDelete" | "createIndexes"
> {
  /** Makes or changes a session, if it is still as it was. */
  updateOne(filter: Fields, update: Fields, options: Fields): Promise<Updated>;
}

interface Updated {
  readonly matchedCount: number;
  readonly upsertedCount: number;
}

/** What {@link FlaskMongodbStore} is told beside its collection. */
export interface FlaskMongodbStoreOptions {
  /** What stands before each ID: `SESSION_KEY_PREFIX`. Default: `session:`. */
  readonly prefix?: string;
}

/**
 * Keeps sessions in MongoDB as Flask-Session does with `SESSION_TYPE = "mongodb"`. Nothing of ours overwrites what we have not seen;
 * Python does not look before it writes, and may overwrite a change of ours or bring back a session that was ended.
 *
 * Reads are the primary's, and writes wait for the majority and its journal, whatever the client does by default.
 *
 * @param collection - by default Flask-Session's is `sessions` in the database `flask_session`; of mongodb 6 or newer, whose client the
 *   store never closes
 * @throws ConfigError for anything else
 * @see flask_session/mongodb/mongodb.py; docs/stores/flask-session.md
 * @example
 * const client = new MongoClient("mongodb://127.0.0.1:27017");
 * const store = new FlaskMongodbStore(client.db("flask_session").collection("sessions"));
 * await store.setup();
 */
export class FlaskMongodbStore implements RecordStore {
  readonly #sessions: FlaskMongodbCollection;
  readonly #prefix: string;

  constructor(collection: FlaskMongodbCollection, { prefix = "session:" }: FlaskMongodbStoreOptions = {}) {
    if (typeof collection?.findOneAndDelete !== "function") {
      throw new ConfigError(
        'FlaskMongodbStore takes a collection of the driver mongodb: new FlaskMongodbStore(client.db("flask_session").collection("sessions")).',
      );
    }
    this.#sessions = collection;
    this.#prefix = checkedPrefix(prefix, "FlaskMongodbStore");
  }

  /**
   * Makes the index that Flask-Session makes, by which MongoDB removes what has expired, and one of the IDs, without which each request
   * would go through the whole collection. That one is not unique: where two requests of Python's bring a session back at the same time,
   * one of them would get an error in the place of a second document.
   */
  async setup(): Promise<void> {
    await this.#sessions.createIndexes([BY_EXPIRATION], WRITE);
    try {
      await this.#sessions.createIndexes([BY_ID], WRITE);
    } catch (error) {
      if (!OTHER_INDEX.includes((error as { code?: unknown }).code)) throw error;
    }
  }

  /**
   * Looks for any document of the ID, as Python does, and makes one where there is none. Of two that find none the `_id`, which Python
   * leaves to chance, refuses the later one.
   */
  async create(key: SessionKey, record: SessionRecord): Promise<Version | undefined> {
    const id = storeKey(this.#prefix, key);
    const document = documentOf(id, record);
    const insert = { $setOnInsert: { _id: id, ...document } };
    try {
      const { upsertedCount } = await this.#sessions.updateOne({ id }, insert, { ...WRITE, upsert: true });
      return upsertedCount === 1 ? new Uint8Array(document.val) : undefined;
    } catch (error) {
      if (isTaken(error)) return undefined;
      throw error;
    }
  }

  async load(key: SessionKey, now: Date): Promise<LoadedRecord | undefined> {
    return this.#load(live(storeKey(this.#prefix, key), now));
  }

  async save(
    key: SessionKey,
    version: Version,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    const id = storeKey(this.#prefix, key);
    const [filter, document] = [live(id, now), documentOf(id, record)];
    if (await this.#update(filter, version, document)) {
      return { outcome: "saved", version: new Uint8Array(document.val) };
    }
    const current = await this.#load(filter);
    return current === undefined ? { outcome: "gone" } : { outcome: "conflict", current };
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const filter = live(storeKey(this.#prefix, key), now);
    return this.#update(filter, version, { expiration: new Date(expires) });
  }

  /** Deletes until there is none: two requests of Python's that wrote at the same time may have made two. */
  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    const filter = { id: storeKey(this.#prefix, key) };
    let record: LoadedRecord | undefined;
    let found: unknown;
    do {
      found = await this.#sessions.findOneAndDelete(filter, WRITE_AND_GIVE);
      record ??= recordIn(found);
    } while (found !== null);
    return record;
  }

  async #load(filter: Fields): Promise<LoadedRecord | undefined> {
    return recordIn(await this.#sessions.findOne(filter, READ));
  }

  /** Changes the document that `filter` finds, if it still has the bytes that were loaded. Whether it did. */
  async #update(filter: Fields, version: Version, fields: Fields): Promise<boolean> {
    const current = { ...filter, val: Buffer.from(version as Uint8Array) };
    const { matchedCount } = await this.#sessions.updateOne(current, { $set: fields }, WRITE);
    return matchedCount === 1;
  }
}

const BY_EXPIRATION = { key: { expiration: 1 }, name: "expiration_1", expireAfterSeconds: 0 } as const;
const BY_ID = { key: { id: 1 }, name: "id_1" } as const;

/** MongoDB's codes for an index that is there already, and of another kind or under another name. */
const OTHER_INDEX: readonly unknown[] = [85, 86];

/** MongoDB's error for a second document with one `_id`, or one ID where somebody has made an index of them that is unique. */
function isTaken(error: unknown): boolean {
  const { code, keyPattern } = error as { code?: unknown; keyPattern?: Fields };
  return code === 11_000 && (keyPattern?.["_id"] ?? keyPattern?.["id"]) !== undefined;
}

/** What Flask-Session writes. */
function documentOf(id: string, { data, expires }: SessionRecord) {
  return { id, val: bytesOf(data), expiration: new Date(expires) };
}

/** Flask-Session leaves it to MongoDB to end a session, which may take a minute or two. One without an end has ended. */
function live(id: string, now: Date): Fields {
  return { id, expiration: { $gt: new Date(now) } };
}

/**
 * The session in a document, if there is one. The driver's bytes are a part of the whole answer; and whoever changes the data
 * does not change the version.
 */
function recordIn(document: unknown): LoadedRecord | undefined {
  const val = (document as { readonly val?: unknown } | null)?.val;
  if (!(val instanceof Uint8Array)) return undefined;
  return { data: new Uint8Array(val), version: new Uint8Array(val) };
}
