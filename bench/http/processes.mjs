import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** A Node process on one core (where that is possible) that answers each message with one. */
export class Worker {
  #child;

  constructor(core, script, ...args) {
    const command = [process.execPath, "--no-deprecation", script, ...args];
    if (canPin) command.unshift("taskset", "-c", String(core));
    this.#child = spawn(command[0], command.slice(1), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, NODE_ENV: "production" },
    });
  }

  /** The next message; fails when the process ends before. */
  async receive() {
    const signal = AbortSignal.timeout(60_000);
    const [message] = await Promise.race([
      once(this.#child, "message", { signal }),
      once(this.#child, "exit", { signal }).then(([code]) => {
        throw new Error(`the process ended with ${code}`);
      }),
    ]);
    if (message.error) throw new Error(message.error);
    return message;
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
