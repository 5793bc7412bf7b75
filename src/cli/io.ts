import type { Writable } from "node:stream";

/** Where a command writes; a terminal tells how wide it is. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** All that a command knows of the world around it, so that tests can be that world. */
export interface Io {
  readonly stdin: AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean };
  /** For answers alone: what another program may read. */
  readonly stdout: Output;
  /** For progress, warnings and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where files named in arguments are, and whose `node_modules` has the drivers. */
  readonly cwd: string;
  /** Aborted when somebody presses Ctrl-C; the process ends a second later, so long work has that long to say how far it came. */
  readonly signal?: AbortSignal;
  /** One of {@link EXIT}; good, until a command says something else. */
  exitCode: number;
}

export const EXIT = {
  good: 0,
  /** What was looked at is not as it should be, or the work failed. */
  bad: 1,
  /** The command was not understood, or cannot be done as it was given. */
  usage: 2,
  /** What shells say of a program that Ctrl-C has ended. */
  interrupted: 130,
} as const;

/** The user's mistake: the message says what to do, and the exit code is 2. */
export class UsageError extends Error {}

/** An argument for a message: itself where it is of words, as a name or a path, and "…" elsewhere, because it may be a key. */
export function shown(argument: string): string {
  const isWords = argument.split(/[./_-]/).every((word) => /^([A-Z]?[a-z]{0,20}|[A-Z]{0,20})$/.test(word));
  return isWords ? argument : "…";
}

/** Somebody pressed Ctrl-C before the work was done: the exit code is 130. */
export class InterruptedError extends Error {
  constructor() {
    super("It was interrupted.");
  }
}

/** Writes a line, and waits where the reader is slower than the command. */
export async function print(output: Output, line: string): Promise<void> {
  if (output.write(`${line}\n`)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      output.off("drain", done).off("close", done);
      resolve();
    };
    output.on("drain", done).on("close", done);
  });
}

/** More is no cookie, no key and no list of keys. */
const MAX_INPUT = 1024 * 1024;

/**
 * All of the standard input, as text, without a byte order mark.
 *
 * @throws UsageError where nobody pipes anything into it, or more than 1 MiB
 */
export async function readStdin({ stdin }: Io): Promise<string> {
  if (stdin.isTTY === true)
    throw new UsageError("Nothing comes from the standard input. Pipe something into it.");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > MAX_INPUT) throw new UsageError("The standard input has more than 1 MiB.");
    chunks.push(bytes);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
