/**
 * dynalite as a process of its own. Its arguments: the port, the folder of its data, and "as it is" where it gets nothing
 * that DynamoDB has and it lacks: the item that is there, in the answer to a write whose condition did not hold.
 * `GET /throttle` makes it refuse writes as a table without capacity does, `GET /relieve` ends that.
 */
import { createRequire } from "node:module";
import dynalite from "dynalite";
import db from "dynalite/db/index.js";

const [port, path, kind] = process.argv.slice(2);
const require = createRequire(import.meta.url);

if (kind !== "as it is") {
  for (const action of ["putItem", "updateItem", "deleteItem"]) {
    const { types } = require(`dynalite/validations/${action}`);
    types.ReturnValuesOnConditionCheckFailure = { type: "String", enum: ["ALL_OLD", "NONE"] };
  }
  const { checkConditional } = db;
  db.checkConditional = (input, item) => {
    const error = checkConditional(input, item);
    if (error && item && input.ReturnValuesOnConditionCheckFailure === "ALL_OLD") error.body.Item = item;
    return error;
  };
}

const server = dynalite({ path, createTableMs: 20, deleteTableMs: 0, updateTableMs: 0 });
const [answer] = server.listeners("request");
const THROTTLED = JSON.stringify({
  __type: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
  message: "The level of configured provisioned throughput for the table was exceeded.",
});
let isThrottled = false;
server.removeAllListeners("request");
server.on("request", (request, response) => {
  if (request.url === "/throttle") isThrottled = true;
  if (request.url === "/relieve") isThrottled = false;
  if (!isThrottled || !/(?:Put|Update)Item$/.test(request.headers["x-amz-target"])) {
    answer(request, response);
    return;
  }
  request.resume();
  response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(THROTTLED);
});

// It throws what becomes of a request whose connection is lost.
process.on("uncaughtException", (error) => {
  if (error.code === "ECONNRESET") return;
  console.error(error);
  process.exit(1);
});
process.on("SIGTERM", () => {
  server.close(() => process.exit());
  server.closeAllConnections();
});
// A connection that is closed just when it is used again makes the client send a request twice.
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1");
