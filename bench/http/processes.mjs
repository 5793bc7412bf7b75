import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** A Node process, on one core where that is possible. It says something once it is ready, and then answers each message. */
export class Worker {
  #child;
  #settle;

  /** What the process said when it was ready. */
  greeting;

  static async start(core, script, ...args) {
    const worker = new Worker(core, script, args);
    worker.greeting = await worker.#answer();
    return worker;
  }

  constructor(core, script, args) {
    const command = [process.execPath, "--no-deprecation", "--expose-gc", script, ...args];
    if (canPin) command.unshift("taskset", "-c", String(core));
    this.#child = spawn(command[0], command.slice(1), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, NODE_ENV: "production" },
    });
    this.#child.on("message", (message) => this.#settle?.(message));
    this.#child.on("exit", (code) => this.#settle?.({ error: `the process ended with ${code}` }));
  }

  /** Sends a question and gives the answer to it. One at a time. */
  ask(question) {
    this.#child.send(question);
    return this.#answer();
  }

  async #answer() {
    const message = await new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (message.error) throw new Error(message.error);
    return message;
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect();
  }
}
