import { type Command, InvalidArgumentError, Option } from "commander";
import type { Fault } from "../doctor/fault.ts";
import { EXIT, type Io, print, UsageError } from "../io.ts";
import { styleOf } from "../style.ts";

/** The site did not answer. */
const UNREACHABLE = 3;

export function register(program: Command, io: Io): void {
  program
    .command("doctor")
    .description("look for what is wrong with a site's cookies and sessions, or with their configuration")
    .argument("[url]", "the page to begin with; it is requested as a browser would, some ten times")
    .addOption(
      new Option(
        "--config <file>",
        "an env file, or a module that exports a SessionManager or the options of createSessions",
      ).conflicts(["insecure", "connectTo"]),
    )
    .option("--json", "answer with JSON")
    .option("-k, --insecure", "take a certificate that nobody vouches for")
    .addOption(
      new Option(
        "--connect-to <host:port:address:port>",
        "connect there instead, as curl does; may be given several times",
      ).argParser(addPlace),
    )
    .addHelpText(
      "after",
      `
Examples:
  npx hipflask doctor https://example.com/login
  npx hipflask doctor https://example.com/ --json | jq -r '.[].code'
  npx hipflask doctor --config .env

Exit code: 0 when nothing is wrong, 1 when something is, 2 for wrong usage, 3 when the site does not answer.`,
    )
    .action((url: string | undefined, options: DoctorOptions) => doctor(url, options, io));
}

interface DoctorOptions {
  readonly config?: string;
  readonly json?: true;
  readonly insecure?: true;
  readonly connectTo?: Places;
}

type Places = ReadonlyMap<string, { readonly host: string; readonly port: number }>;

function addPlace(text: string, before: Places = new Map()): Places {
  // An address of IPv6 is in brackets, as in a URL.
  const [, from, fromPort, to, port] =
    /^(\[[^\]]+\]|[^:[]+):(\d+):(\[[^\]]+\]|[^:[]+):(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) {
    throw new InvalidArgumentError("Write it like example.com:443:127.0.0.1:8443.");
  }
  const bare = (host: string) => host.replace(/^\[|\]$/g, "");
  const place = { host: bare(to), port: Number(port) };
  return new Map([...before, [`${bare(from.toLowerCase())}:${fromPort}`, place]]);
}

async function doctor(url: string | undefined, options: DoctorOptions, io: Io): Promise<void> {
  if ((url === undefined) === (options.config === undefined)) {
    throw new UsageError("Give a URL, or --config and a file.");
  }
  const subject = options.config ?? withoutSecrets(url!);
  const faults = await (url === undefined ? ofConfig(subject, io) : ofSite(url, options, io));
  if (faults === undefined) return;
  const { reportText } = await import("../doctor/report.ts");
  const text = options.json
    ? JSON.stringify(faults)
    : reportText(subject, faults, styleOf(io.stdout, io.env));
  await print(io.stdout, text);
  if (faults.length > 0) io.exitCode = EXIT.bad;
}

/** A query may hold what is nobody's business. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*/s, "");
}

async function ofConfig(file: string, io: Io): Promise<readonly Fault[]> {
  const { examineConfig } = await import("../doctor/config.ts");
  return examineConfig(file, io);
}

/** Undefined where the site does not answer, which is told. */
async function ofSite(
  url: string,
  { insecure, connectTo: places = new Map() }: DoctorOptions,
  io: Io,
): Promise<readonly Fault[] | undefined> {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError("The URL must be a whole one, as in https://example.com/.");
  }
  if (/^\w+:\/\/[^/?#]*@/.test(url)) {
    throw new UsageError("The doctor logs in nowhere. Give the URL without a name and a password.");
  }
  const { examine } = await import("../doctor/examine.ts");
  const { UnreachableError } = await import("../doctor/request.ts");
  try {
    return await examine(new URL(url), { insecure: insecure === true, places }, io.cwd);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    io.exitCode = UNREACHABLE;
    await print(io.stderr, `${styleOf(io.stderr, io.env).bad("error:")} ${error.message}`);
    return undefined;
  }
}
