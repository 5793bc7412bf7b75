import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "../errors.ts";
import { type DynamodbClient, isNamed, type TableDescription, type TableSchema } from "./dynamodb-client.ts";

/** Milliseconds between two looks at a table that is being made: each wait is twice as long as the one before. */
const [SHORTEST, LONGEST] = [25, 1000];

/**
 * A table whose keys have these names.
 *
 * @throws ConfigError when DynamoDB takes no such name for a table
 */
export function tableSchema(table: string, hash: string, range?: string): TableSchema {
  if (!/^[\w.-]{3,255}$/.test(table)) {
    throw new ConfigError(
      'A table\'s name is 3 to 255 letters, digits, underscores, hyphens and dots: table: "my_sessions".',
    );
  }
  const keys = range === undefined ? [hash] : [hash, range];
  return {
    TableName: table,
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: keys.map((AttributeName, index) => ({
      AttributeName,
      KeyType: index === 0 ? "HASH" : "RANGE",
    })),
    BillingMode: "PAY_PER_REQUEST",
  };
}

/** Makes the table where it is missing, waits until it can be used, and turns on its time to live, which goes by `attribute`. */
export async function setUp(client: DynamodbClient, schema: TableSchema, attribute: string): Promise<void> {
  const table = schema.TableName;
  for (let wait = SHORTEST; ; wait = Math.min(2 * wait, LONGEST)) {
    const found = await describe(client, schema);
    if (found === undefined) await create(client, schema);
    else if (found.TableStatus !== "CREATING" && found.TableStatus !== "DELETING") break;
    await delay(wait);
  }
  if (await expires(client, table, attribute)) return;
  try {
    const TimeToLiveSpecification = { AttributeName: attribute, Enabled: true } as const;
    await client.updateTimeToLive({ TableName: table, TimeToLiveSpecification });
  } catch (error) {
    // dynalite, which stands in for DynamoDB in tests, knows no such operation.
    if (isNamed(error, "UnknownOperationException")) return;
    // DynamoDB says so when another process has just done it.
    if (isNamed(error, "ValidationException") && (await expires(client, table, attribute))) return;
    throw error;
  }
}

async function describe(client: DynamodbClient, { TableName, KeySchema }: TableSchema) {
  const keys = keysOf(KeySchema);
  try {
    const { Table: found } = await client.describeTable({ TableName });
    if (keysOf(found?.KeySchema) === keys) return found;
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
  throw new ConfigError(`The table has other keys than ${keys}: give the store a table of its own.`);
}

function keysOf(schema: TableDescription["KeySchema"]): string | undefined {
  return schema?.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(" and ");
}

async function create(client: DynamodbClient, schema: TableSchema): Promise<void> {
  try {
    await client.createTable(schema);
  } catch (error) {
    // Another process has done it.
    if (!isNamed(error, "ResourceInUseException")) throw error;
  }
}

/** Whether DynamoDB removes what has expired. @throws ConfigError when it goes by something else */
async function expires(client: DynamodbClient, table: string, attribute: string): Promise<boolean> {
  const { TimeToLiveDescription: found } = await client.describeTimeToLive({ TableName: table });
  if (found?.TimeToLiveStatus !== "ENABLED" && found?.TimeToLiveStatus !== "ENABLING") return false;
  if (found.AttributeName === attribute) return true;
  throw new ConfigError(`The table's time to live must go by ${attribute}, and goes by another attribute.`);
}
