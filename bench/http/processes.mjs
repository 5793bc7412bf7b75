import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** A Node process, on one core where that is possible, that says something when it is ready and then answers each message with one. */
export class Worker {
  #child;
  #resolve;
  #reject;

  constructor(core, script, ...args) {
    const command = [process.execPath, "--no-deprecation", script, ...args];
    if (canPin) command.unshift("taskset", "-c", String(core));
    this.#child = spawn(command[0], command.slice(1), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, NODE_ENV: "production" },
    });
    this.#child.on("message", (message) => (message.error ? this.#reject(new Error(message.error)) : this.#resolve(message)));
    this.#child.on("exit", (code) => this.#reject(new Error(`the process ended with ${code}`)));
  }

  /** The next message; fails when the process ends before. One at a time. */
  receive() {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  ask(question) {
    const answer = this.receive();
    this.#child.send(question);
    return answer;
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect();
  }
}
