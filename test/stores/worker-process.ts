import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BUNDLE = here("../../node_modules/.cache/hipflask/worker.mjs");
const DRIVERS = ["ioredis", "libsql", "lru-cache", "pg", "redis"];

let bundle: Promise<unknown> | undefined;

/** `worker.ts` as a process. */
export class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  readonly #closed: Promise<unknown>;
  /** What it printed so far, line by line. */
  readonly lines: string[] = [];
  #errors = "";

  private constructor(args: readonly string[]) {
    this.#process = fork(BUNDLE, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    let rest = "";
    this.#process.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
    });
    this.#process.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      this.#errors += chunk;
    });
    this.#ready = this.#answer();
    this.#closed = once(this.#process, "close");
  }

  /** Starts one, which waits until it is told to `go`. Bundled, it is there in a quarter of the time. */
  static async start(kind: string, place: string, task: string, name: string): Promise<WorkerProcess> {
    bundle ??= build({
      entryPoints: [here("worker.ts")],
      outfile: BUNDLE,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["@hipflask/source"],
      external: DRIVERS,
    });
    await bundle;
    const worker = new WorkerProcess([kind, place, task, name]);
    await worker.#ready;
    return worker;
  }

  go(): void {
    this.#process.send("go");
  }

  /** What its task comes to. */
  result(): Promise<unknown> {
    return this.#answer();
  }

  /**
   * Kills it. Afterwards `lines` is complete.
   *
   * @throws Error when it had failed before
   */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#closed;
    if (this.#process.exitCode !== null) throw new Error(`The worker ended:\n${this.#errors}`);
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#process.once("message", resolve);
      this.#process.once("close", () => reject(new Error(`The worker ended:\n${this.#errors}`)));
    });
  }
}
