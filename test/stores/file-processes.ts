import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BUNDLE = here("../../node_modules/.cache/hipflask/file-process.mjs");

let bundle: Promise<unknown> | undefined;

export interface FileTask {
  readonly folder: string;
  /** Of a FileStore; or that it is a FlaskFileStore. */
  readonly durability: "sync" | "fast" | "flask";
  readonly task: string;
  /** Before which step on the file system the process is killed, or stopped. Default: none. */
  readonly kill?: number;
  readonly stop?: number;
  /** The user that it runs as. Default: this one. */
  readonly uid?: number;
  /** How many files it may have open. Default: as many as this process. */
  readonly files?: number;
}

/** `file-process.ts` as a process. */
export class FileProcess {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #output = { stdout: "", stderr: "" };

  private constructor({ folder, durability, task, kill, stop, uid, files }: FileTask) {
    const action = kill !== undefined ? "kill" : stop !== undefined ? "stop" : "go on";
    const args = [BUNDLE, folder, durability, task, action, String(kill ?? stop ?? 0)];
    const limited = ["-c", `ulimit -n ${files} && exec "$0" "$@"`, process.execPath, ...args];
    const options = {
      stdio: ["ignore", "pipe", "pipe"] as ("ignore" | "pipe")[],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    };
    this.#process =
      files === undefined ? spawn(process.execPath, args, options) : spawn("/bin/sh", limited, options);
    for (const name of ["stdout", "stderr"] as const) {
      this.#process[name]!.setEncoding("utf8").on("data", (chunk: string) => {
        this.#output[name] += chunk;
      });
    }
    this.#closed = once(this.#process, "close");
  }

  static async start(task: FileTask): Promise<FileProcess> {
    bundle ??= build({
      entryPoints: [here("file-process.ts")],
      outfile: BUNDLE,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["@hipflask/source"],
    });
    await bundle;
    return new FileProcess(task);
  }

  /** Whether it has stopped, and not ended. */
  async stopped(): Promise<boolean> {
    const ended = this.#closed.then(() => true);
    while (!this.#output.stdout.includes("stopped\n")) {
      const more = once(this.#process.stdout!, "data").then(() => false);
      if (await Promise.race([ended, more])) return this.#output.stdout.includes("stopped\n");
    }
    return true;
  }

  /** Lets it go on, also if it is only about to stop. */
  goOn(): void {
    const timer = setInterval(() => this.#process.kill("SIGCONT"), 20);
    void this.#closed.then(() => clearInterval(timer));
  }

  /** What its task came to; undefined when it was killed before. */
  async result(): Promise<{ readonly value: any } | undefined> {
    await this.#closed;
    if (this.#output.stderr !== "") throw new Error(this.#output.stderr);
    const line = this.#output.stdout.split("\n").at(-2);
    return line === undefined ? undefined : { value: JSON.parse(line) };
  }
}
