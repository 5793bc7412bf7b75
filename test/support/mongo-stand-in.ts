/**
 * A stand-in for a MongoDB server, as a process: what it takes to run the official drivers against it, where there is no real one.
 * It keeps to MongoDB's manual in what it knows, and refuses everything else with an error.
 *
 * `--port`, `--file` to keep what is written over restarts, `--replica-set NAME` to be the only member of one.
 */
import { parseArgs } from "node:util";
import { StandIn } from "./mongo/server.ts";

const { values } = parseArgs({
  options: { port: { type: "string" }, file: { type: "string" }, "replica-set": { type: "string" } },
});

const standIn = new StandIn({
  port: Number(values.port),
  file: values.file,
  replicaSet: values["replica-set"],
});
process.once("SIGTERM", () => {
  standIn.close();
  process.exit();
});
standIn.listen();
