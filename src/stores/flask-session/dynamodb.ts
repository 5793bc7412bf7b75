import type { Buffer } from "node:buffer";
import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../../session/store.ts";
import {
  checkClient,
  type DynamodbClient,
  type Found,
  type Item,
  type Refusal,
  refusalOf,
  type TableSchema,
  unknown,
} from "../dynamodb-client.ts";
import { bytesOf } from "../dynamodb-item.ts";
import { setUp, tableSchema } from "../dynamodb-setup.ts";
import {
  CURRENT,
  current,
  EXPIRED,
  isWritten,
  liveIn,
  MOVE,
  NEW,
  recordIn,
  SAME,
  same,
  seconds,
  WRITE,
} from "./dynamodb-item.ts";
import { checkedPrefix } from "../prefix.ts";
import { storeKey } from "./store-key.ts";

export type { DynamodbClient } from "../dynamodb-client.ts";

/** What {@link FlaskDynamodbStore} is told beside its client. */
export interface FlaskDynamodbStoreOptions {
  /** What stands before each ID: `SESSION_KEY_PREFIX`. Default: `session:`. */
  readonly prefix?: string;
  /** `SESSION_DYNAMODB_TABLE`. Default: `Sessions`. */
  readonly table?: string;
}

/**
 * Keeps sessions in DynamoDB as Flask-Session does with `SESSION_TYPE = "dynamodb"`. Nothing of ours overwrites what we have not seen;
 * Python does not look before it writes, and may overwrite a change of ours or bring back a session that was ended.
 *
 * Python must run with `TZ=UTC`: elsewhere Flask-Session is wrong about a session's end by the difference from UTC.
 *
 * @param client - `DynamoDB` of @aws-sdk/client-dynamodb 3; the store never destroys it
 * @throws ConfigError for another kind of client, and for a name that no table can have
 * @see flask_session/dynamodb/dynamodb.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskDynamodbStore(new DynamoDB({ region: "eu-central-1" }));
 * await store.setup();
 */
export class FlaskDynamodbStore implements RecordStore {
  readonly #client: DynamodbClient;
  readonly #schema: TableSchema;
  readonly #prefix: string;

  constructor(
    client: DynamodbClient,
    { prefix = "session:", table = "Sessions" }: FlaskDynamodbStoreOptions = {},
  ) {
    checkClient(client, "FlaskDynamodbStore");
    this.#client = client;
    this.#schema = tableSchema(table, "id");
    this.#prefix = checkedPrefix(prefix, "FlaskDynamodbStore");
  }

  /**
   * Makes the table where it is missing, waits until it can be used, and turns on its time to live by `expiration`, which Flask-Session
   * 0.8 means to do and fails to.
   *
   * @throws ConfigError when there is a table of that name with other keys, or with another time to live
   */
  setup(): Promise<void> {
    return setUp(this.#client, this.#schema, "expiration");
  }

  /** An ID is new: where the SDK has sent the request twice, what is there to the byte is what was to be written. */
  async create(key: SessionKey, record: SessionRecord): Promise<Version | undefined> {
    const [id, data, expires] = [this.#id(key), bytesOf(record.data), new Date(record.expires)];
    const refusal = await this.#update(id, WRITE, NEW, written(data, expires));
    if (refusal === undefined) return new Uint8Array(data);
    return refusal.resent && isWritten(refusal.found, data, expires) ? new Uint8Array(data) : undefined;
  }

  async load(key: SessionKey, now: Date): Promise<LoadedRecord | undefined> {
    return liveIn(await this.#get(this.#id(key)), now);
  }

  /**
   * Where the SDK has sent the request twice, and what is there is not what was to be written with the very same end, nobody can tell
   * whether it was there in between: that is an error.
   */
  async save(
    key: SessionKey,
    version: Version,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    const [id, data, expires] = [this.#id(key), bytesOf(record.data), new Date(record.expires)];
    const [values, instant] = [{ ...written(data, expires), ...current(version, now) }, new Date(now)];
    const refusal = await this.#update(id, WRITE, CURRENT, values);
    if (refusal === undefined || (refusal.resent && isWritten(refusal.found, data, expires))) {
      return { outcome: "saved", version: new Uint8Array(data) };
    }
    if (refusal.resent) throw unknown();
    const found = liveIn(refusal.found, instant);
    return found === undefined ? { outcome: "gone" } : { outcome: "conflict", current: found };
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const values = { ":exp": { N: seconds(expires) }, ...current(version, now) };
    const refusal = await this.#update(this.#id(key), MOVE, CURRENT, values);
    if (refusal?.resent) throw unknown();
    return refusal === undefined;
  }

  /** It looks first, and deletes what it has seen: DynamoDB says what it deleted once, and the SDK may have to ask twice. */
  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    const id = this.#id(key);
    for (;;) {
      const record = recordIn(await this.#get(id));
      if (record === undefined) return undefined;
      if (await this.#delete(id, SAME, same(record.version))) return record;
    }
  }

  /** For a table without a time to live. Reads all of it, a hundred items at a time. */
  async deleteExpired(limit: number, now: Date): Promise<number> {
    const values = { ":now": { N: seconds(now) } };
    let ended = 0;
    for (let start: Item | undefined; ;) {
      const { Items = [], LastEvaluatedKey } = await this.#client.scan({
        TableName: this.#schema.TableName,
        ConsistentRead: true,
        FilterExpression: EXPIRED,
        ExpressionAttributeValues: values,
        ProjectionExpression: "id",
        Limit: PAGE,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      const ids = Items.slice(0, limit - ended).map(({ id }) => id!.S!);
      const deleted = await Promise.all(ids.map((id) => this.#delete(id, EXPIRED, values)));
      ended += deleted.filter(Boolean).length;
      if (ended >= limit) return ended;
      // Some of those were renewed in the meantime, and there is room for more of this page.
      if (ids.length < Items.length) continue;
      if (LastEvaluatedKey === undefined) return ended;
      start = keyOf(LastEvaluatedKey["id"]!.S!);
    }
  }

  async #get(id: string): Promise<Found | undefined> {
    const { TableName } = this.#schema;
    return (await this.#client.getItem({ TableName, Key: keyOf(id), ConsistentRead: true })).Item;
  }

  /** Changes an item. Undefined, or why it was not done. */
  #update(id: string, change: string, condition: string, values: Item): Promise<Refusal | undefined> {
    const input = { ...this.#conditional(id, condition, values), UpdateExpression: change } as const;
    return this.#refused(id, this.#client.updateItem({ ...input, ReturnValues: "NONE" }));
  }

  /** Deletes an item, if the condition holds. Whether it did: where the SDK has asked twice, and nothing is there, it was the first time. */
  async #delete(id: string, condition: string, values: Item): Promise<boolean> {
    const deleting = this.#client.deleteItem(this.#conditional(id, condition, values));
    const refusal = await this.#refused(id, deleting);
    return refusal === undefined || (refusal.resent && refusal.found === undefined);
  }

  #conditional(id: string, condition: string, values: Item) {
    return {
      TableName: this.#schema.TableName,
      Key: keyOf(id),
      ConditionExpression: condition,
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } as const;
  }

  async #refused(id: string, request: Promise<unknown>): Promise<Refusal | undefined> {
    try {
      await request;
      return undefined;
    } catch (error) {
      const { found, resent } = refusalOf(error);
      return { found: found ?? (await this.#get(id)), resent };
    }
  }

  #id(key: SessionKey): string {
    return storeKey(this.#prefix, key);
  }
}

/** How many items are looked at, and then deleted together, at a time. */
const PAGE = 100;

function keyOf(id: string): Item {
  return { id: { S: id } };
}

function written(data: Buffer, expires: Date): Item {
  return { ":value": { B: data }, ":exp": { N: seconds(expires) } };
}
