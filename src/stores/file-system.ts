import { Buffer } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { lstat, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { randomBytes } from "../crypto/random.ts";
import { ConfigError } from "../errors.ts";

/** A name that nobody else has: 32 hexadecimal digits. */
export function unique(): string {
  return Buffer.from(randomBytes(16)).toString("hex");
}

/** Which failure the operating system reported. */
export function code(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}

/** Handles the failure of what only tidies up: the cleaner comes by again. */
export function ignore(): undefined {}

/** Handles the failure of what may be missing. */
export function missing(error: unknown): undefined {
  if (code(error) !== "ENOENT") throw error;
}

/** What `look` finds; undefined when it is missing. */
export function find<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    return missing(error);
  }
}

/** Whether there is something at `path`, which must be canonical. @throws ConfigError when a link leads there */
export function isThere(path: string): boolean {
  const real = find(() => realpathSync.native(path));
  if (real !== undefined && real !== path) throw linked();
  return real !== undefined;
}

/** The bytes of a file; undefined when it is missing. @throws ConfigError when it has a second name or is no file */
export function readOwn(path: string): Uint8Array | undefined {
  return readFile(path, Infinity, 1);
}

/** The first bytes of a file that may have `names` names; undefined when it is missing. @throws ConfigError when it has more, or is no file */
export function readFile(path: string, most: number, names: number): Uint8Array | undefined {
  const file = find(() => openSync(path, READ));
  if (file === undefined) return undefined;
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.nlink > names) throw linked();
    const bytes = new Uint8Array(Math.min(stats.size, most));
    let length = 0;
    for (let more = -1; more !== 0 && length < bytes.length; length += more) {
      more = readSync(file, bytes, length, bytes.length - length, length);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

// Opening a pipe without O_NONBLOCK waits for somebody who writes to it.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Writes a file that nobody but its owner may read; `durable`: its bytes and its name are on the disk then. Fails when
 * there is anything in its place, a link too.
 */
export async function writeNew(path: string, data: Uint8Array, durable: boolean): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(data);
    if (durable) await Promise.all([file.sync(), sync(dirname(path))]);
  } finally {
    await file.close();
  }
}

/** Renames. False when there is nothing at `from`; a missing folder of `to` is an error. */
export async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (code(error) !== "ENOENT" || (await lstat(from).catch(missing)) !== undefined) throw error;
    return false;
  }
}

/** Brings the names in a folder to the disk. False when it is missing. */
export async function sync(path: string): Promise<boolean> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch(missing);
  if (folder === undefined) return false;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}

/** Brings to the disk what changed in a folder; where it is missing, that it is. */
export async function syncNearest(path: string): Promise<void> {
  let folder = path;
  while (!(await sync(folder))) folder = dirname(folder);
}

/** Brings the names in a folder and in all above it, up to `top`, to the disk. */
export async function syncUp(path: string, top: string): Promise<void> {
  const folders = [top];
  for (let folder = path; folder !== top; folder = dirname(folder)) folders.push(folder);
  await Promise.all(folders.map(sync));
}

function linked(): ConfigError {
  return new ConfigError(
    "Something in the folder of the sessions is a link, has a second name, or is no file. It is not read, because nobody who keeps sessions there made it: look who else writes there.",
  );
}
