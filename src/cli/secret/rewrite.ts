import { type FileHandle, open, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { resolve } from "node:path";
import { type Io, shown, UsageError } from "../io.ts";

/**
 * Replaces what is in a file, in one step: who reads it sees what was there or what is there now. Owner and mode stay as they are, and a
 * link goes on leading to the file. Of two who change it at once the second is refused.
 *
 * @param path from `cwd` on
 * @param change makes the new text of the old one; both have a character for each byte (Latin-1), so that no encoding is lost
 * @throws UsageError where the file is missing, or is being changed
 */
export async function rewriteFile(
  path: string,
  { cwd }: Io,
  change: (text: string) => string,
): Promise<void> {
  const file = await realpath(resolve(cwd, path)).catch(() => {
    throw new UsageError(`There is no file ${shown(path)}.`);
  });
  const draft = `${file}.hipflask`;
  const handle = await open(draft, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new UsageError(
      `Somebody else is changing ${path}. If nobody is, remove ${draft}, which a crash has left.`,
    );
  });
  try {
    await fill(handle, file, change).finally(() => handle.close());
    await rename(draft, file);
  } catch (error) {
    await unlink(draft);
    throw error;
  }
}

async function fill(handle: FileHandle, file: string, change: (text: string) => string): Promise<void> {
  const { mode, uid, gid } = await stat(file);
  const made = await handle.stat();
  await handle.writeFile(change(await readFile(file, "latin1")), "latin1");
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
  await handle.chmod(mode & 0o7777);
  await handle.sync();
}
