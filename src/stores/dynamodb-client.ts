import { ConfigError } from "../errors.ts";

/**
 * What the store needs of `DynamoDB` of @aws-sdk/client-dynamodb 3, the client that has a method for each operation.
 * The methods are properties, so that TypeScript holds each input against the SDK's.
 */
export interface DynamodbClient {
  /** Reads a record. */
  readonly getItem: (input: GetItem) => Promise<{ Item?: Found | undefined }>;
  /** Makes a record, where there is none. */
  readonly putItem: (input: PutItem) => Promise<unknown>;
  /** Changes a record, if it is still as it was. */
  readonly updateItem: (input: UpdateItem) => Promise<{ Attributes?: Found | undefined }>;
  /** Ends a record. */
  readonly deleteItem: (input: DeleteItem) => Promise<unknown>;
  /** Finds the records of an owner. */
  readonly query: (input: Query) => Promise<Page>;
  /** Goes through all records. */
  readonly scan: (input: Scan) => Promise<Page>;
  /** Makes the table: `setup`. */
  readonly createTable: (input: TableSchema) => Promise<unknown>;
  /** Tells whether the table is there: `setup`. */
  readonly describeTable: (input: Named) => Promise<{ Table?: TableDescription | undefined }>;
  /** Tells whether the table forgets what has expired: `setup`. */
  readonly describeTimeToLive: (
    input: Named,
  ) => Promise<{ TimeToLiveDescription?: TimeToLiveDescription | undefined }>;
  /** Makes the table forget what has expired: `setup`. */
  readonly updateTimeToLive: (input: UpdateTimeToLive) => Promise<unknown>;
}

/** An item, or its key, as it is sent. */
export type Item = Record<string, { S: string } | { N: string } | { B: Uint8Array }>;

/** An item, or its key, as it is received. */
export type Found = Record<
  string,
  { readonly S?: string; readonly N?: string; readonly B?: Uint8Array } | undefined
>;

interface Named {
  TableName: string;
}

interface GetItem extends Named {
  Key: Item;
  ConsistentRead: true;
}

interface Conditional extends Named {
  ConditionExpression: string;
  ExpressionAttributeValues?: Item;
  ReturnValuesOnConditionCheckFailure: "ALL_OLD";
}

interface PutItem extends Conditional {
  Item: Item;
}

interface UpdateItem extends Conditional {
  Key: Item;
  UpdateExpression: string;
  ReturnValues: "ALL_OLD" | "NONE";
}

interface DeleteItem extends Conditional {
  Key: Item;
}

export interface Scan extends Named {
  ConsistentRead: true;
  FilterExpression: string;
  ExpressionAttributeValues?: Item;
  ProjectionExpression?: string;
  Limit?: number;
  ExclusiveStartKey?: Item;
}

interface Query extends Scan {
  KeyConditionExpression: string;
  ExpressionAttributeValues: Item;
}

export interface Page {
  Items?: Found[] | undefined;
  LastEvaluatedKey?: Found | undefined;
}

/** What makes a table, for `createTable`. */
export interface TableSchema extends Named {
  AttributeDefinitions: { AttributeName: string; AttributeType: "S" }[];
  KeySchema: { AttributeName: string; KeyType: "HASH" | "RANGE" }[];
  BillingMode: "PAY_PER_REQUEST";
}

export interface TableDescription {
  TableStatus?: string | undefined;
  KeySchema?: { AttributeName?: string | undefined; KeyType?: string | undefined }[] | undefined;
}

interface TimeToLiveDescription {
  TimeToLiveStatus?: string | undefined;
  AttributeName?: string | undefined;
}

interface UpdateTimeToLive extends Named {
  TimeToLiveSpecification: { AttributeName: string; Enabled: true };
}

/** What the SDK adds to DynamoDB's errors. */
interface SdkError extends Error {
  readonly $metadata?: { readonly attempts?: number };
  /** What is there, where a condition does not hold. dynalite leaves it out. */
  readonly Item?: Found;
}

/** @throws ConfigError when it is not the client above; `store` is what it was given to */
export function checkClient(client: DynamodbClient, store: string): void {
  const methods = client as unknown as Record<string, unknown> | null | undefined;
  if (typeof methods?.["getItem"] === "function") return;
  const hint =
    typeof methods?.["send"] === "function"
      ? " A DynamoDB is a DynamoDBClient with more methods, and can take its place everywhere."
      : "";
  throw new ConfigError(
    `${store} takes a DynamoDB of @aws-sdk/client-dynamodb: new ${store}(new DynamoDB({ region })).${hint}`,
  );
}

/** A write that DynamoDB did not do, because its condition did not hold. */
export interface Refusal {
  /** What is there, as far as DynamoDB said. */
  readonly found: Found | undefined;
  /** The SDK had sent it before and got no answer, so it may have been done that time. */
  readonly resent: boolean;
}

/** How DynamoDB refused a write. @throws the error, when that is not what it says */
export function refusalOf(error: unknown): Refusal {
  if (!isNamed(error, "ConditionalCheckFailedException")) throw error;
  return { found: error.Item, resent: (error.$metadata?.attempts ?? 1) > 1 };
}

/** What a write comes to that the SDK sent more than once, and that was refused the last time. */
export function unknown(): Error {
  return new Error(
    "The request was sent again because there was no answer: whether it was done the first time nobody can tell.",
  );
}

export function isNamed(error: unknown, name: string): error is SdkError {
  return error instanceof Error && error.name === name;
}
