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
  checkClient,
  type DynamodbClient,
  type Found,
  type Item,
  type TableSchema,
} from "./dynamodb-client.ts";
import {
  current,
  CURRENT,
  END,
  ending,
  isLive,
  itemOf,
  keyIn,
  LIVE,
  NEW,
  nextIn,
  recordIn,
  REMOVE_AT,
  TOUCH,
  touching,
  versionIn,
} from "./dynamodb-item.ts";
import { setUp, tableSchema } from "./dynamodb-setup.ts";
import { DynamodbTable } from "./dynamodb-table.ts";
import { replaceApart } from "./replace-apart.ts";

export type { DynamodbClient } from "./dynamodb-client.ts";

/** What {@link DynamodbStore} is told beside its client. */
export interface DynamodbStoreOptions {
  /** The table. Default: `hipflask_sessions`. */
  readonly table?: string;
}

/**
 * Keeps records in a table of DynamoDB. Each operation is one request, but for `replace`, which is two: the new record,
 * then the condition. Records that have expired DynamoDB removes by its time to live, some days later.
 *
 * @param client - `DynamoDB` of @aws-sdk/client-dynamodb 3; the store never destroys it
 * @throws ConfigError for another kind of client, and for a name that no table can have
 * @example
 * import { DynamoDB } from "@aws-sdk/client-dynamodb";
 *
 * const store = new DynamodbStore(new DynamoDB({ region: "eu-central-1" }));
 * await store.setup();
 */
export class DynamodbStore implements SessionStore {
  readonly #client: DynamodbClient;
  readonly #schema: TableSchema;
  readonly #table: DynamodbTable;

  constructor(client: DynamodbClient, { table = TABLE }: DynamodbStoreOptions = {}) {
    checkClient(client, "DynamodbStore");
    this.#client = client;
    this.#schema = DynamodbStore.schema(table);
    this.#table = new DynamodbTable(client, table);
  }

  /**
   * What `createTable` takes to make the table, for whoever makes tables with a tool of their own. Its time to live goes
   * by the attribute `remove_at`.
   *
   * @throws ConfigError for a name that no table can have
   */
  static schema(table: string = TABLE): TableSchema {
    return tableSchema(table, "pk", "id");
  }

  /**
   * Makes the table where it is missing, waits until it can be used, and turns on its time to live where the server has
   * such a thing; dynalite has not, and keeps what has expired.
   *
   * @throws ConfigError when there is a table of that name that is not the store's
   */
  setup(): Promise<void> {
    return setUp(this.#client, this.#schema, REMOVE_AT);
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    return this.#create(itemOf(key, record, now));
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const found = await this.#table.get(key);
    return isLive(found, now) ? recordIn(found) : undefined;
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    return this.#save(itemOf(key, record, now), version, now);
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    const [old, next] = [itemOf(key, retired, now, nextKey), itemOf(nextKey, record, now)];
    const steps = {
      create: () => this.#create(next),
      save: () => this.#save(old, version, now),
      delete: () => this.#table.takeBack(next),
    };
    return replaceApart(steps, key, version, retired, nextKey, record, now);
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const values = { ...current(version, now), ...touching(expires, now) };
    return (await this.#table.update(key, TOUCH, CURRENT, values, "NONE")) !== undefined;
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    const found = await this.#end(key);
    return found && recordIn(found);
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const listed: OwnedRecord[] = [];
    for await (const page of this.#table.owned(owner)) {
      for (const found of page)
        if (isLive(found, now)) listed.push({ ...recordIn(found), key: keyIn(found) });
    }
    return listed;
  }

  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const { found, last } = await this.#table.page(keyAt(after), limit);
    const live = found.filter((item) => isLive(item, now));
    return {
      records: live.map((item) => ({ ...recordIn(item), key: keyIn(item) })),
      next: last && `${last.owner ?? ""}.${last.id}`,
    };
  }

  async deleteOwned(owner: string, except: readonly string[], now: Date): Promise<number> {
    const mayEnd = (key: SessionKey) => key.owner === owner && !except.includes(key.id);
    return this.#endEach(this.#table.owned(owner, FOUND), mayEnd, now);
  }

  /** Reads the whole table, a hundred items at a time. A record that is created meanwhile may be ended, too. */
  async deleteAll(now: Date): Promise<number> {
    return this.#endEach(this.#table.all(FOUND), () => true, now);
  }

  async #create(item: Item): Promise<string | undefined> {
    return (await this.#table.put(item, NEW)) === undefined ? versionIn(item) : undefined;
  }

  async #save(item: Item, version: Version, now: Date): Promise<SaveResult> {
    const refused = await this.#table.put(item, CURRENT, current(version, now));
    if (refused === undefined) return { outcome: "saved", version: versionIn(item)! };
    const { found } = refused;
    return isLive(found, now) ? { outcome: "conflict", current: recordIn(found) } : { outcome: "gone" };
  }

  /** Ends a record, and gives what there was. */
  async #end(key: SessionKey): Promise<Found | undefined> {
    return (await this.#table.update(key, END, LIVE, ending(), "ALL_OLD"))?.Attributes;
  }

  async #endEach(
    pages: AsyncIterable<Found[]>,
    mayEnd: (key: SessionKey) => boolean,
    now: Date,
  ): Promise<number> {
    let ended = 0;
    for await (const page of pages) {
      const counts = await Promise.all(page.map((found) => this.#endLine(keyIn(found), mayEnd, now)));
      for (const count of counts) ended += count;
    }
    return ended;
  }

  /**
   * Ends a record, and those that were put in its place since it was found: they may stand where the search has been already.
   * Tells how many were live.
   */
  async #endLine(first: SessionKey, mayEnd: (key: SessionKey) => boolean, now: Date): Promise<number> {
    let ended = 0;
    for (let key: SessionKey | undefined = first; key !== undefined && mayEnd(key);) {
      const found = await this.#end(key);
      if (found === undefined) break;
      if (isLive(found, now)) ended += 1;
      key = nextIn(found);
    }
    return ended;
  }
}

/** The key that a page ended with; undefined for a text that says none. */
function keyAt(text: string | undefined): SessionKey | undefined {
  const [, owner, id] = /^([\w-]{22})?\.([\w-]{43})$/.exec(text ?? "") ?? [];
  return id === undefined ? undefined : { id, owner };
}

const TABLE = "hipflask_sessions";
/** What is asked of records that are to be ended, and how many are found, and then ended together, at a time. */
const FOUND = { only: "pk, id", limit: 100 };
