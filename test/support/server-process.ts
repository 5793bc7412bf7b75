import { spawn } from "node:child_process";
import { once } from "node:events";

/** A server on a free port of this machine. */
export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Finds, as its first group, the address in what the server prints when its port is open. */
  readonly announcement: RegExp;
}

const START_TIMEOUT = 15_000;

/**
 * Starts a server as a process of its own.
 *
 * @returns when it answers
 * @throws Error with all that it printed, after killing it, when it does not come to that
 */
export async function startServer({
  program,
  args,
  cwd,
  env,
  announcement,
}: ServerCommand): Promise<RunningServer> {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const exit = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const signal = AbortSignal.timeout(START_TIMEOUT);
  let output = "";
  const announced = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        const url = announcement.exec(output)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
    child.once("error", reject);
    void exit.then(() => reject(new Error("The process ended.")));
    void once(signal, "abort").then(() => reject(signal.reason));
  });
  try {
    const url = await announced;
    // The port can be open before the application is loaded.
    await fetch(url, { signal });
    return {
      url,
      stop() {
        child.kill("SIGTERM");
        return exit;
      },
    };
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`${program} ${args.join(" ")} did not start:\n${output}`, { cause });
  }
}
