import { Buffer } from "node:buffer";
import type { Dirent } from "node:fs";
import { lstat, readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { randomBytes } from "../../crypto/random.ts";
import { ignore, missing, readFile } from "../file-system.ts";
import { type CacheFolder, CachedFile } from "./cached-file.ts";
import { hasEnded, HEADER, isRemoved, REMOVED } from "./file-content.ts";
import { isHashed, isSession } from "./file-names.ts";
import { endTurns, UNFINISHED, WAITING } from "./file-turn.ts";

/** Milliseconds after which what is unfinished is taken to be a killed process's. */
const STRAY = 60 * 60 * 1000;

/** Of how many files a glance looks at the end. */
const GLANCE = 20;

/** Removes files of sessions that have ended, and what killed processes of ours left. Whatever has another name is somebody else's. */
export class FileSweep {
  readonly #folder: CacheFolder;
  /** Is told how many files were removed. */
  readonly #removed: (count: number) => Promise<unknown>;
  /** What glances have still to look at. */
  #names: string[] = [];

  constructor(folder: CacheFolder, removed: (count: number) => Promise<unknown>) {
    this.#folder = folder;
    this.#removed = removed;
  }

  /** Removes up to `limit` files, and tells how many. Other work of the process goes on in between. */
  async all(limit: number, now: number): Promise<number> {
    await this.removeStrays();
    return this.#removeEnded(await this.#files(), limit, now);
  }

  /** Looks at the next few files, round and round, so that whoever makes one file removes more than one, in the end. */
  async glance(now: number): Promise<void> {
    if (this.#names.length === 0) this.#names = await this.#files();
    await this.#removeEnded(this.#names.splice(-GLANCE), Infinity, now);
  }

  /**
   * Removes what killed processes have left. Whose it is may only be slow: that one finds it gone, and begins anew. Ages are told by the file
   * system's own clock, which was what the folder says when something was last made in it.
   */
  async removeStrays(): Promise<void> {
    const { path: folder } = this.#folder;
    const { mtimeMs: now } = await lstat(folder);
    for (const { name } of (await this.#list()).filter(isUnfinished)) {
      const stats = await lstat(join(folder, name)).catch(missing);
      if (stats === undefined || stats.mtimeMs >= now - STRAY) continue;
      await endTurns(join(folder, name)).catch(ignore);
      await rmdir(join(folder, name)).catch(ignore);
    }
  }

  async #files(): Promise<string[]> {
    const names = (await this.#list()).filter(isFile).map(({ name }) => name);
    // Not all begin at the same one, so that several who remove files do not wait for each other.
    const start = Buffer.from(randomBytes(4)).readUInt32LE() % (names.length || 1);
    return [...names.slice(start), ...names.slice(0, start)];
  }

  #list(): Promise<Dirent[]> {
    return readdir(this.#folder.path, { withFileTypes: true });
  }

  async #removeEnded(names: readonly string[], limit: number, now: number): Promise<number> {
    let count = 0;
    try {
      for (const name of names) {
        if (count >= limit) break;
        await nextTurn();
        if (await this.#remove(name, now)) count += 1;
      }
      return count;
    } finally {
      if (count > 0) await this.#removed(count);
    }
  }

  async #remove(name: string, now: number): Promise<boolean> {
    const header = readFile(join(this.#folder.path, name), HEADER, Infinity);
    if (header === undefined || !hasEnded(header, now)) return false;
    const file = new CachedFile(this.#folder, name);
    const found = file.read();
    if (found === undefined || !hasEnded(found, now)) return false;
    // What is marked already, a process that was killed may have left.
    return (isRemoved(found) || (await file.replace(found, REMOVED))) && file.remove();
  }
}

function isFile(entry: Dirent): boolean {
  return entry.isFile() && isSession(entry.name);
}

/** Whether a folder is for turns, whether they wait or have begun. */
function isUnfinished(entry: Dirent): boolean {
  if (!entry.isDirectory() || !entry.name.endsWith(UNFINISHED)) return false;
  const name = entry.name.slice(0, -UNFINISHED.length);
  return isHashed(name.startsWith(WAITING) ? name.slice(WAITING.length) : name);
}
