import { type Command, Option } from "commander";
import { KEY_NAMES } from "./keys.ts";

/** The options of all commands that take keys. */
export function withKeys(command: Command): Command {
  return (
    command
      .addOption(
        repeatable(
          "-k, --key <key>",
          "a secret key, or several by several -k; other users of the machine may see it, so prefer the environment",
        ),
      )
      // Node would take --env-file for one of its own, also behind the script.
      .addOption(new Option("-f, --keys-file <path>", "read the keys from an env file").conflicts("key"))
      .addOption(nameOption("-n, --key-name <name>"))
  );
}

/** Which variables hold keys. */
export function nameOption(flags: string): Option {
  return repeatable(
    flags,
    `a variable that holds a key, or several by several -n; where its name ends in _FALLBACKS it holds several keys, parted by commas (default: ${KEY_NAMES.join(", ")})`,
  );
}

/** An option that may be given several times, each time with one value, so that it swallows no argument. */
function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before?: readonly string[]) => [
    ...(before ?? []),
    value,
  ]);
}
