import { Readable, Writable } from "node:stream";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/program.ts";

export interface CliOptions {
  readonly stdin?: string;
  readonly env?: Io["env"];
  readonly cwd?: string;
  /** Whether the outputs are terminals. Default: false. */
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
}

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, in a world that the test makes. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { stdin, env = {}, cwd = process.cwd(), isTTY = false, signal } = options;
  const [stdout, stderr] = [collector(isTTY), collector(isTTY)];
  const input = Object.assign(Readable.from(stdin === undefined ? [] : [stdin]), {
    isTTY: stdin === undefined,
  });
  const io: Io = { stdin: input, stdout, stderr, env, cwd, exitCode: 0, ...(signal && { signal }) };
  await run(args, io);
  return { code: io.exitCode, out: stdout.text(), err: stderr.text() };
}

function collector(isTTY: boolean): Writable & { isTTY: boolean; text(): string } {
  let text = "";
  const writable = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return Object.assign(writable, { isTTY, text: () => text });
}
