import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Debian's, which has Flask; the `python3` on PATH may be another one. */
export const PYTHON = "/usr/bin/python3";

const FOLDER = fileURLToPath(new URL("../interop/", import.meta.url));
const START_TIMEOUT = 15_000;

/** `test/interop/flask_app.py` under gunicorn, on a free port of this machine. */
export class FlaskServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** @returns when Flask answers; a server that does not come to that is killed and its log is thrown */
  static async start(secretKey: string, fallbacks: readonly string[] = []): Promise<FlaskServer> {
    const child = spawn(PYTHON, ["-m", "gunicorn", "-b", "127.0.0.1:0", "-w", "1", "flask_app:app"], {
      cwd: FOLDER,
      env: {
        SECRET_KEY: secretKey,
        SECRET_KEY_FALLBACKS: fallbacks.join(","),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    const signal = AbortSignal.timeout(START_TIMEOUT);
    try {
      const url = await new Promise<string>((resolve, reject) => {
        child.stderr.on("data", (chunk) => {
          log += chunk;
          const listening = /Listening at: (http:\S+)/.exec(log);
          if (listening) resolve(listening[1]!);
        });
        child.once("error", reject);
        child.once("exit", () => reject(new Error("It ended.")));
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      // The port is open before the application is loaded.
      await fetch(`${url}/data`, { signal });
      return new FlaskServer(url, child);
    } catch (cause) {
      child.kill("SIGKILL");
      throw new Error(`Flask did not start:\n${log}`, { cause });
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}
