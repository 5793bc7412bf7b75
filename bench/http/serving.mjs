/** The servers that are measured: a process for each variant. */
import { join } from "node:path";
import { Worker } from "./processes.mjs";

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** The name of a variant begins with its framework, whose bare variant does the same without a session. */
export function bareOf(name) {
  return `${name.split(" ", 1)[0]} bare`;
}

/** Whether it has sessions, so that the count rises. */
export function isCounting(name) {
  return name !== bareOf(name) && !name.includes("constant");
}

/** Starts a variant's server. `backends` is what its store may need: URLs of servers, and a folder. */
export function startServer(name, backends = {}) {
  return Worker.start(SERVER_CORE, join(import.meta.dirname, "server.mjs"), name, JSON.stringify(backends));
}

/** Starts a process beside the servers: who sends the load, and what they keep their sessions in. */
export function startBeside(script) {
  return Worker.start(LOAD_CORE, script);
}

export function startLoad() {
  return startBeside(join(import.meta.dirname, "load.mjs"));
}
