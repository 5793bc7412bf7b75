import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Io, shown, UsageError } from "./io.ts";

/** A key, and what it is called without being shown. */
export interface NamedKey {
  readonly where: string;
  readonly key: string;
}

/** Where keys are looked for, if nothing else is said. */
export const KEY_NAMES = ["SECRET_KEY", "SECRET_KEY_FALLBACKS"];

/** The variables of an env file; without one, those of the environment. @throws UsageError */
export async function variablesOf(file: string | undefined, io: Io): Promise<Io["env"]> {
  if (file === undefined) return io.env;
  const { readEnv } = await import("./secret/env-file.ts");
  const text = await readFile(resolve(io.cwd, file), "utf8").catch(() => {
    throw new UsageError(`The file ${shown(file)} cannot be read.`);
  });
  return readEnv(text);
}

/** The keys in variables. One whose name ends in `_FALLBACKS` may have several, parted by commas. */
export function keysIn(env: Io["env"], names: readonly string[]): NamedKey[] {
  return names.flatMap((name) => {
    const text = (Object.hasOwn(env, name) && env[name]) || "";
    const keys = (name.endsWith("_FALLBACKS") ? text.split(",") : [text]).filter((key) => key !== "");
    return keys.map((key, i) => ({ where: keys.length > 1 ? `${name}, key ${i + 1}` : name, key }));
  });
}

/** How a command is given keys. */
export interface KeyOptions {
  readonly key?: readonly string[];
  readonly keysFile?: string;
  readonly keyName?: readonly string[];
}

/** The keys that a command was given: as arguments, or in the variables of a file or of the environment. @throws UsageError */
export async function keysOf(
  { key, keysFile, keyName = KEY_NAMES }: KeyOptions,
  io: Io,
): Promise<NamedKey[]> {
  if (key === undefined) return keysIn(await variablesOf(keysFile, io), keyName);
  if (key.includes("")) throw new UsageError("A key is empty.");
  return key.map((one, i) => ({ where: key.length > 1 ? `key ${i + 1}` : "the key given", key: one }));
}
