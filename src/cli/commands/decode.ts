import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type Io, print, readStdin, UsageError } from "../io.ts";
import { withKeys } from "../key-options.ts";
import { type KeyOptions, keysOf } from "../keys.ts";
import { styleOf } from "../style.ts";

const FORMATS = `
Formats: hipflask's encrypted and signed cookies and session IDs, Flask's session cookie and other tokens of itsdangerous',
Flask-Login's remember_token, express-session, cookie-session, @fastify/session, @fastify/secure-session, iron-session, JWT.`;

export function register(program: Command, io: Io): void {
  cookieCommand(program, "decode", "tell what a cookie is, how old, who can read it, and what it holds")
    .addHelpText(
      "after",
      `
Examples:
  npx hipflask decode eyJ1c2VyIjoxfQ.aSjTdg.BErbRI7wlxq4VpC8o2GmoRAjxAw
  pbpaste | npx hipflask decode - --json
${FORMATS}

Exit code: 0 when it can be told, 1 when a key was given that did not make it, when it has expired, or its format is not known.`,
    )
    .action((text: string, options: CookieOptions) => look(text, options, io, false));
  cookieCommand(program, "verify", "tell whether a cookie is genuine and which key made it")
    .addOption(new Option("--max-age <seconds>", "refuse what was made longer ago").argParser(seconds))
    .addHelpText(
      "after",
      `
Example:
  echo "Cookie: session=..." | SECRET_KEY=... npx hipflask verify - --max-age 2678400
${FORMATS}

Exit code: 0 when it is good, 1 when it is not, 2 when there is no key.`,
    )
    .action((text: string, options: CookieOptions) => look(text, options, io, true));
}

interface CookieOptions extends KeyOptions {
  readonly cookie?: string;
  readonly application?: string;
  readonly salt?: string;
  readonly maxAge?: number;
  readonly json?: true;
}

function cookieCommand(program: Command, name: string, description: string): Command {
  const command = program
    .command(name)
    .description(description)
    .addArgument(
      new Argument(
        "<cookie>",
        "a value, name=value, a Cookie or Set-Cookie header, or - for the standard input",
      ),
    );
  return withKeys(command)
    .option("-c, --cookie <name>", "the cookie's name, where its value alone is given")
    .option("--application <name>", "the name that encryptedCookie was given, if any")
    .option("--salt <salt>", "the salt of a token of itsdangerous' that is no session")
    .option("--json", "answer with JSON");
}

function seconds(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("It is a number of seconds.");
  return Number(text);
}

async function look(text: string, options: CookieOptions, io: Io, mustBeGood: boolean): Promise<void> {
  const [{ cookiesIn }, { inspect }, { reportJson, reportText }] = await Promise.all([
    import("../cookie/given.ts"),
    import("../cookie/inspect.ts"),
    import("../cookie/report.ts"),
  ]);
  const cookies = cookiesIn(text === "-" ? await readStdin(io) : text).map(
    ({ name = options.cookie, value }) => ({ name, value }),
  );
  if (cookies.length === 0) throw new UsageError("There is no cookie in what was given.");
  const keys = await keysOf(options, io);
  if (mustBeGood && keys.length === 0)
    throw new UsageError(
      "There is no key to verify it with. Give one: SECRET_KEY in the environment, --keys-file, or --key.",
    );
  const now = Math.floor(Date.now() / 1000);
  const { application, salt, maxAge, json } = options;
  const found = await Promise.all(
    cookies.map(async (cookie) => {
      const inspection = { ...cookie, cookies, keys, now, application, salt, cwd: io.cwd };
      return (await inspect(inspection, maxAge)) ?? { name: cookie.name };
    }),
  );
  const verdicts = found.map((one) => ("isGood" in one ? one.isGood : undefined));
  const isKnown = found.some((one) => "format" in one);
  const isFine = mustBeGood ? verdicts.includes(true) : isKnown;
  if (verdicts.includes(false) || !isFine) io.exitCode = EXIT.bad;
  if (json) {
    const { indented } = await import("../json-text.ts");
    return print(io.stdout, indented(`[${found.map((one) => reportJson(one, now)).join(",")}]`));
  }
  const style = styleOf(io.stdout, io.env);
  await print(io.stdout, found.map((one) => reportText(one, now, style)).join("\n\n"));
}
