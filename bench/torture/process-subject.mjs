import { fork } from "node:child_process";
import { join } from "node:path";

const SERVER = join(import.meta.dirname, "server.mjs");

/** Milliseconds after which a process that says nothing is ended. */
const PATIENCE = 30_000;

/**
 * Starts a row's server in a process of its own, so that its end is an observation and nothing else.
 *
 * @returns {Promise<import("./probes/probes.mjs").Subject>}
 */
export async function startProcess({ file, name }) {
  const child = fork(SERVER, [file, name], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: ["--no-deprecation"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  let ended;
  let settle;
  const answered = () =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(new Error(ended));
      const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      settle = (settled) => {
        clearTimeout(timer);
        return settled(resolve, reject);
      };
    });
  child.on("message", ({ answer }) => settle((resolve) => resolve(answer)));
  child.on("exit", (code, signal) => {
    ended = `the process ended with ${code ?? signal}`;
    settle((_, reject) => reject(new Error(ended)));
  });
  const ask = (question) => {
    const answer = answered();
    if (child.connected) child.send(question);
    return answer;
  };
  const origin = await answered();
  return {
    origin,
    ask,
    death: () => ended,
    async close() {
      if (ended !== undefined) return 0;
      const unhandled = await ask({ ask: "unhandled" });
      child.disconnect();
      return unhandled;
    },
  };
}
