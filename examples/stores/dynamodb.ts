// In a table of DynamoDB. `setup` makes it, which an application leaves to its own deployment.
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { DynamodbStore } from "hipflask/stores/dynamodb";
import { visit } from "./visit.ts";

const client = new DynamoDB({}); // region, credentials and endpoint by the environment, as AWS has them
await visit(new DynamodbStore(client));
client.destroy();
