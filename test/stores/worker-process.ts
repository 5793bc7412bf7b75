import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BUNDLE = here("../../node_modules/.cache/hipflask/worker.mjs");
const DRIVERS = [
  "@aws-sdk/client-dynamodb",
  "ioredis",
  "libsql",
  "lru-cache",
  "memcache-client",
  "mongodb",
  "mysql2",
  "pg",
  "redis",
];

let bundle: Promise<unknown> | undefined;

/** `worker.ts` as a process. */
export class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  readonly #closed: Promise<unknown>;
  #errors = "";

  private constructor(args: readonly string[]) {
    this.#process = fork(BUNDLE, args, { stdio: ["ignore", "inherit", "pipe", "ipc"] });
    this.#process.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      this.#errors += chunk;
    });
    this.#ready = this.#answer();
    this.#closed = once(this.#process, "close");
  }

  /** Starts one, which waits until it is told to `go`. */
  static async start(kind: string, place: string, task: string, ...more: string[]): Promise<WorkerProcess> {
    bundle ??= bundleWorker();
    await bundle;
    const worker = new WorkerProcess([kind, place, task, ...more]);
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

  /** Kills it. @throws Error when it had failed before */
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

/** Bundled, it starts in a quarter of the time. */
async function bundleWorker(): Promise<void> {
  // Under another name first, because others may do the same at the same time.
  const outfile = `${BUNDLE}.${randomUUID()}`;
  await build({
    entryPoints: [here("worker.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@hipflask/source"],
    external: DRIVERS,
  });
  await rename(outfile, BUNDLE);
}
