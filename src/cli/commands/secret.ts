import type { Command } from "commander";
import { type Io, EXIT, print, readStdin, shown, UsageError } from "../io.ts";
import { nameOption } from "../key-options.ts";
import { KEY_NAMES, keysIn, type NamedKey, variablesOf } from "../keys.ts";
import { styleOf } from "../style.ts";

export function register(program: Command, io: Io): void {
  const secret = program.command("secret").description("make, check and rotate secret keys");
  secret
    .command("make")
    .description("print a new key: sk1_ and 256 random bits")
    .addHelpText("after", "\nExample:\n  echo SECRET_KEY=$(npx hipflask secret make) >> .env")
    .action(() => make(io));
  secret
    .command("check")
    .description("tell which keys are weak, short or known to everybody; never shows one")
    .argument(
      "[keys...]",
      "keys, or - to read them from the standard input, one a line; none: those of the environment",
    )
    .option("-f, --file <path>", "check the keys in an env file instead")
    .addOption(nameOption("-n, --name <name>"))
    .option("--json", "answer with JSON")
    .addHelpText(
      "after",
      "\nExample:\n  npx hipflask secret check --file .env\n\nExit code: 0 when all are good, 1 when one is weak, 2 when there is none.",
    )
    .action((keys: string[], options: CheckOptions) => check(keys, options, io));
  secret
    .command("rotate")
    .description(
      "put a new key into an env file; the one that was there is still accepted, as the first of the fallbacks",
    )
    .option("-f, --file <path>", "the env file", ".env")
    .option(
      "-n, --name <name>",
      "the variable; its fallbacks are in NAME_FALLBACKS, parted by commas",
      "SECRET_KEY",
    )
    .option("--json", "answer with JSON")
    .addHelpText("after", "\nExample:\n  npx hipflask secret rotate --file .env.production")
    .action((options: RotateOptions) => rotate(options, io));
}

async function make(io: Io): Promise<void> {
  const { makeSecretKey } = await import("../../signer/index.ts");
  await print(io.stdout, makeSecretKey());
}

interface CheckOptions {
  readonly file?: string;
  readonly name?: readonly string[];
  readonly json?: true;
}

async function check(
  keys: readonly string[],
  { file, name = KEY_NAMES, json }: CheckOptions,
  io: Io,
): Promise<void> {
  if (keys.length > 0 && file !== undefined) throw new UsageError("Give keys, or --file, but not both.");
  const named = keys.length > 0 ? await given(keys, io) : keysIn(await variablesOf(file, io), name);
  if (named.length === 0)
    throw new UsageError(
      `There is no key to check: ${file === undefined ? "the environment" : file} has no ${name.map(shown).join(" and no ")}. Make one with: npx hipflask secret make`,
    );
  const { weakness } = await import("../secret/judge.ts");
  const found = named.map(({ where, key }) => ({
    where,
    bytes: Buffer.byteLength(key),
    problem: weakness(key) ?? null,
  }));
  if (found.some(({ problem }) => problem !== null)) io.exitCode = EXIT.bad;
  if (json) return print(io.stdout, JSON.stringify(found, undefined, 2));
  const { good, bad } = styleOf(io.stdout, io.env);
  for (const { where, bytes, problem } of found) {
    const verdict = problem === null ? `${good("good")}  ${bytes} bytes` : `${bad("weak")}  ${problem}`;
    await print(io.stdout, `${where}: ${verdict}`);
  }
}

async function given(keys: readonly string[], io: Io): Promise<NamedKey[]> {
  const isPiped = keys.includes("-");
  if (isPiped && keys.length > 1)
    throw new UsageError("Give keys, or - for the standard input, but not both.");
  const all = isPiped ? (await readStdin(io)).split(/\r?\n/).filter((line) => line !== "") : keys;
  return all.map((key, i) => ({ where: `${isPiped ? "line" : "key"} ${i + 1}`, key }));
}

interface RotateOptions {
  readonly file: string;
  readonly name: string;
  readonly json?: true;
}

async function rotate({ file, name, json }: RotateOptions, io: Io): Promise<void> {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new UsageError("That is no name of a variable.");
  const [{ makeSecretKey }, { readEnv, withVariables }, { rewriteFile }, { weakness }] = await Promise.all([
    import("../../signer/index.ts"),
    import("../secret/env-file.ts"),
    import("../secret/rewrite.ts"),
    import("../secret/judge.ts"),
  ]);
  const list = `${name}_FALLBACKS`;
  let [old, count] = ["", 0];
  await rewriteFile(file, io, (text) => {
    const env = readEnv(text);
    old = env[name] ?? "";
    if (old === "") {
      const canAppend = env[name] === undefined && /(?:^|\n)$/.test(text);
      throw new UsageError(
        canAppend
          ? `${file} has no ${shown(name)}. Make one with: echo ${shown(name)}=$(npx hipflask secret make) >> ${file}`
          : `${file} has no ${shown(name)}. Write what npx hipflask secret make prints into it, as ${shown(name)}=…`,
      );
    }
    if (old.includes(","))
      throw new UsageError(
        `The key in ${name} has a comma, which a list of fallbacks cannot hold. Nothing was changed.`,
      );
    const fallbacks = [old, ...(env[list] ?? "").split(",").filter((key) => key !== "")];
    count = fallbacks.length;
    return withVariables(text, { [name]: makeSecretKey(), [list]: fallbacks.join(",") }, name);
  });
  const problem = weakness(Buffer.from(old, "latin1").toString());
  if (json)
    return print(
      io.stdout,
      JSON.stringify({ name, fallbacks: count, problem: problem ?? null }, undefined, 2),
    );
  await print(
    io.stdout,
    `${name} in ${file} is new. The one that was there is the first of ${count} in ${list}.`,
  );
  if (problem === undefined) return print(io.stdout, "Take it out when its sessions have ended.");
  const { warn } = styleOf(io.stderr, io.env);
  await print(
    io.stderr,
    `${warn("warning:")} the key that was there ${problem}: whoever has it can still make sessions. Take it out at once.`,
  );
}
