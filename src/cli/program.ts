import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { COMMANDS } from "./commands.ts";
import { EXIT, InterruptedError, type Io, UsageError } from "./io.ts";
import { printable } from "./json-text.ts";
import { hasColors, styleOf } from "./style.ts";

/** The same way up from here and from where the bundle is. */
const MANIFEST = new URL("../../package.json", import.meta.url);

/** Does what the arguments say; never rejects. `io.exitCode` tells how it went. */
export async function run(args: readonly string[], io: Io): Promise<void> {
  try {
    await createProgram(io).parseAsync(args, { from: "user" });
  } catch (error) {
    io.exitCode = report(error, io);
  }
}

/** The program with all its commands. */
export function createProgram(io: Io): Command {
  const { version } = JSON.parse(readFileSync(MANIFEST, "utf8")) as { version: string };
  const program = new Command("hipflask")
    .description("Secrets, cookies and sessions of hipflask, Flask and their relatives.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .showHelpAfterError("Run it with --help to see how it is used.")
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(withoutValues(text)),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => hasColors(io.stdout, io.env),
      getErrHasColors: () => hasColors(io.stderr, io.env),
    });
  for (const register of COMMANDS) register(program, io);
  return program;
}

/** A key or a cookie that stands in the place of a command or an option is not to be shown. */
function withoutValues(text: string): string {
  return text
    .replace(/unknown option '(.*)'/s, (whole, option: string) =>
      /^--?[a-z][a-z-]{0,19}$/.test(option)
        ? whole
        : "unknown option. Put what begins with - behind --, as in: decode -- -abc",
    )
    .replace(/unknown command '(.*)'/s, (whole, command: string) =>
      /^[a-z-]{1,20}$/.test(command) ? whole : "unknown command",
    )
    .replace(/argument '.*' is invalid/s, "argument is invalid")
    .replace(/command-argument value '.*' is invalid/s, "a value is invalid");
}

/** Tells what went wrong, where nobody has yet; the exit code. */
function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  const { bad } = styleOf(io.stderr, io.env);
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`${bad("error:")} ${printable(message)}\n`);
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return error instanceof UsageError ? EXIT.usage : EXIT.bad;
}
