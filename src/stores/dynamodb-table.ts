import type { SessionKey } from "../session/store.ts";
import {
  type DynamodbClient,
  type Found,
  type Item,
  type Page,
  refusalOf,
  type Scan,
  unknown,
} from "./dynamodb-client.ts";
import { keyIn, keyItem, LIVE, SAME, versionIn } from "./dynamodb-item.ts";

/** Which items to look for. */
interface Look {
  /** The attributes to bring. Default: all. */
  readonly only?: string;
  /** How many items to look at for a page. Default: 1 MB of them. */
  readonly limit?: number;
}

/** The requests to one table. Every read is consistent: it shows each write that was answered before. */
export class DynamodbTable {
  readonly #client: DynamodbClient;
  readonly #name: string;

  constructor(client: DynamodbClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  get(key: SessionKey): Promise<Found | undefined> {
    return this.#get(keyItem(key));
  }

  /**
   * Writes a whole item, where the condition holds; otherwise gives what is there. That it is there already, because the SDK
   * sent it before and got no answer, is as good.
   */
  async put(item: Item, condition: string, values?: Item): Promise<{ found: Found | undefined } | undefined> {
    try {
      await this.#client.putItem({ ...this.#conditional(condition, values), Item: item });
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      const found = refusal.found ?? (await this.#get(keyPart(item)));
      if (found !== undefined && versionIn(found) === versionIn(item)) return undefined;
      if (refusal.resent) throw unknown();
      return { found };
    }
  }

  /** Takes an item away without a trace, if it is still the one that was put; its key is as good as new. */
  async takeBack(item: Item): Promise<void> {
    const values = { ":version": item["version"]! };
    try {
      await this.#client.deleteItem({ ...this.#conditional(SAME, values), Key: keyPart(item) });
    } catch (error) {
      refusalOf(error);
    }
  }

  /** Changes a part of an item, where the condition holds; otherwise undefined. */
  async update(
    key: SessionKey,
    change: string,
    condition: string,
    values: Item,
    returned: "ALL_OLD" | "NONE",
  ): Promise<{ Attributes?: Found | undefined } | undefined> {
    const input = { Key: keyItem(key), UpdateExpression: change, ReturnValues: returned } as const;
    try {
      return await this.#client.updateItem({ ...this.#conditional(condition, values), ...input });
    } catch (error) {
      if (refusalOf(error).resent) throw unknown();
      return undefined;
    }
  }

  /** The records that were not ended among `limit` of all, those after a key, if there is one; and the last key that was looked at. */
  async page(
    after: SessionKey | undefined,
    limit: number,
  ): Promise<{ found: Found[]; last: SessionKey | undefined }> {
    const start = after === undefined ? {} : { ExclusiveStartKey: keyItem(after) };
    const { Items = [], LastEvaluatedKey } = await this.#client.scan({
      ...this.#looking({ limit }),
      ...start,
    });
    return { found: Items, last: LastEvaluatedKey && keyIn(LastEvaluatedKey) };
  }

  /** The records of an owner that were not ended, page by page. */
  owned(owner: string, look: Look = {}): AsyncGenerator<Found[]> {
    const query = {
      ...this.#looking(look),
      KeyConditionExpression: "pk = :owner",
      ExpressionAttributeValues: { ":owner": { S: owner } },
    };
    return pages(query, (input) => this.#client.query(input));
  }

  /** All records that were not ended, page by page. */
  all(look: Look): AsyncGenerator<Found[]> {
    return pages(this.#looking(look), (input) => this.#client.scan(input));
  }

  async #get(key: Item): Promise<Found | undefined> {
    return (await this.#client.getItem({ TableName: this.#name, Key: key, ConsistentRead: true })).Item;
  }

  #conditional(condition: string, values: Item | undefined) {
    return {
      TableName: this.#name,
      ConditionExpression: condition,
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    } as const;
  }

  #looking({ only, limit }: Look): Scan {
    return {
      TableName: this.#name,
      ConsistentRead: true,
      FilterExpression: LIVE,
      ...(only === undefined ? {} : { ProjectionExpression: only }),
      ...(limit === undefined ? {} : { Limit: limit }),
    };
  }
}

function keyPart(item: Item): Item {
  return { pk: item["pk"]!, id: item["id"]! };
}

async function* pages<Input extends Scan>(
  first: Input,
  ask: (input: Input) => Promise<Page>,
): AsyncGenerator<Found[]> {
  let input = first;
  for (;;) {
    const { Items = [], LastEvaluatedKey } = await ask(input);
    yield Items;
    if (LastEvaluatedKey === undefined) return;
    input = { ...first, ExclusiveStartKey: keyItem(keyIn(LastEvaluatedKey)) };
  }
}
