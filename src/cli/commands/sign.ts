import { type Command, Option } from "commander";
import { MAX_COOKIE_BYTES } from "../../cookie/attributes.ts";
import { type Io, print, readStdin, UsageError } from "../io.ts";
import { withKeys } from "../key-options.ts";
import { type KeyOptions, keysOf } from "../keys.ts";

export function register(program: Command, io: Io): void {
  const command = program
    .command("sign")
    .description("make a session's cookie of JSON, with the first key; prints its value")
    .argument("<json>", "an object, as Flask's tagged JSON has it, or - for the standard input");
  withKeys(command)
    .addOption(
      new Option(
        "-s, --storage <kind>",
        "what reads it: signed (Flask, signedCookie) or encrypted (encryptedCookie)",
      )
        .choices(["signed", "encrypted"])
        .default("signed"),
    )
    .option(
      "-c, --cookie <name>",
      "the cookie's name, which an encrypted value is bound to",
      "__Host-session",
    )
    .option("--application <name>", "the name that encryptedCookie was given, if any", "")
    .addHelpText(
      "after",
      `
Examples:
  SECRET_KEY=... npx hipflask sign '{"user_id": 1}'
  npx hipflask sign '{"_user_id": "42"}' --storage encrypted --keys-file .env

Who is logged in is _user_id, whether the session outlives the browser _permanent.`,
    )
    .action((json: string, options: SignOptions) => sign(json, options, io));
}

interface SignOptions extends KeyOptions {
  readonly storage: "signed" | "encrypted";
  readonly cookie: string;
  readonly application: string;
}

async function sign(
  json: string,
  { storage, cookie, application, ...options }: SignOptions,
  io: Io,
): Promise<void> {
  const { EncryptedCookie, FlaskCookie, TaggedJson } = await import("../../codec/index.ts");
  const { MalformedError } = await import("../../errors.ts");
  const text = json === "-" ? await readStdin(io) : json;
  const [newest] = await keysOf(options, io);
  if (newest === undefined)
    throw new UsageError(
      "There is no key to sign with. Give one: SECRET_KEY in the environment, --keys-file, or --key.",
    );
  const codec =
    storage === "encrypted"
      ? new EncryptedCookie([newest.key], { application })
      : new FlaskCookie(newest.key, { compressAbove: 0 });
  try {
    const { data, numberTypes } = new TaggedJson().parse(text);
    const value = codec.seal(codec.stringify(data, numberTypes), cookie);
    await print(io.stdout, value);
    const size = cookie.length + value.length;
    if (size > MAX_COOKIE_BYTES)
      await print(
        io.stderr,
        `Browsers keep no cookie of ${size} bytes, name and value: ${MAX_COOKIE_BYTES} are the most.`,
      );
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new UsageError("That is no JSON of an object. Write it like '{\"user_id\": 1}'.");
  }
}
