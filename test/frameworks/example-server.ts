import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { build, type Compiler, newerNode, production } from "./build.ts";

export interface ExampleServer {
  readonly origin: string;
  stop(): Promise<void>;
}

const NEXT = fileURLToPath(new URL("node_modules/next/dist/bin/next", import.meta.url));

/** How each framework's own server is started, in the folder that it was built in. */
const SERVERS: Readonly<Record<Compiler, readonly [program: string, ...args: string[]]>> = {
  next: [process.execPath, NEXT, "start", "--hostname", "127.0.0.1", "--port", "0"],
  nitro: [process.execPath, ".output/server/index.mjs"],
  sveltekit: [newerNode, "build"],
};

/** Builds an example, and starts its server on a free port. @throws Error with what it printed, when it ends before it listens */
export async function startExample(compiler: Compiler): Promise<ExampleServer> {
  const cwd = await build(compiler, `examples/${compiler}`);
  const [program, ...args] = SERVERS[compiler];
  const child = spawn(program, args, {
    cwd,
    env: { ...production, HOST: "127.0.0.1", PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = once(child, "exit");
  let output = "";
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const origin = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(output)?.[0];
        if (origin !== undefined) resolve(origin);
      });
    }
  });
  const origin = await Promise.race([listening, exit.then(() => undefined)]);
  if (origin === undefined) throw new Error(`The example for ${compiler} did not start: ${output}`);
  return {
    origin,
    async stop() {
      child.kill("SIGTERM");
      await exit;
    },
  };
}
