import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const START_TIMEOUT = 15_000;
/**
 * Holds a server's folder: when the pipe to it is closed, also by the end of the process that held it, it kills what runs
 * in there, frozen or not, and removes it.
 */
const KEEPER = `read -r _; if [ -s "$1/pid" ]; then kill -9 "$(cat "$1/pid")"; fi; rm -rf "$1"`;

/**
 * A server of one process on a port of this machine, with its files in a temporary folder. Nothing of it is left after
 * `close`, or after the process that started it has ended, however that was.
 */
export abstract class KeptServer {
  readonly port: number;
  /** Where it runs, and keeps its files. */
  protected readonly folder: string;
  readonly #keeper: ChildProcess;
  #process: ChildProcess | undefined;

  /** `folder` is the server's own from now on. */
  constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
    // In a process group of its own, so that Ctrl-C ends the tests and leaves the keeper to clean up.
    this.#keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
  }

  get isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** The program and its arguments. */
  protected abstract command(): [program: string, ...args: string[]];

  /** Whether it answers. */
  protected abstract answers(): Promise<boolean>;

  /** Starts it, or starts it again on the same port after `stop` or `kill`. What it held is lost, unless it was told to keep it. */
  async start(): Promise<void> {
    const [program, ...args] = this.command();
    const child = spawn(program, args, { cwd: this.folder, stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    writeFileSync(this.#pidFile, `${child.pid}`);
    let output = "";
    child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-10_000);
    });
    await until(`an answer on port ${this.port}`, async () => {
      if (!this.isRunning) throw new Error(`${program} did not start:\n${output}`);
      return this.answers();
    });
  }

  /** Shuts it down in order; whoever is connected loses the connection. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Kills it as a power cut would. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops it in its tracks: connections stay open and are even made, and nothing answers. */
  freeze(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  /** Lets it go on after `freeze`. */
  thaw(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Ends it and removes its files. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    const exit = once(this.#keeper, "exit");
    this.#keeper.stdin!.end();
    await exit;
  }

  get #pidFile(): string {
    return join(this.folder, "pid");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const child = this.#process!;
    const exit = once(child, "exit");
    child.kill(signal);
    child.kill("SIGCONT");
    await exit;
    await rm(this.#pidFile, { force: true });
  }
}

/** Starts a server; one that does not come to answer is closed. */
export async function started<Server extends KeptServer>(server: Server): Promise<Server> {
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** When `condition` holds. @throws Error when it does not within 15 seconds */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`There is still not ${what}.`);
    await delay(20);
  }
}
