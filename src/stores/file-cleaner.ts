import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Cell } from "./file-cell.ts";
import { Layout } from "./file-layout.ts";
import { SLOT, VERSION } from "./file-slot.ts";
import { ignore, missing, moved, sync, unique } from "./file-system.ts";

/** After how many milliseconds a lease, or something unfinished, is taken to be a killed process's. */
const LEASE = 60 * 1000;
const STRAY = 60 * 60 * 1000;

/** Removes what has expired and what killed processes left, one record at a time, with other work of the process in between. */
export class FileCleaner {
  /** Where to go on: each call goes round all shards once at most, from where the last one stopped. */
  #shard = "";

  /** See `SessionStore`. While another cleaner works in this folder it does nothing. */
  async deleteExpired(layout: Layout, limit: number, now: number): Promise<number> {
    const lease = await Lease.take(layout.work);
    if (lease === undefined) return 0;
    try {
      await removeStrays(layout, lease.time - STRAY);
      return await this.#removeExpired(layout, limit, now, lease);
    } finally {
      await lease.release();
    }
  }

  async #removeExpired(layout: Layout, limit: number, now: number, lease: Lease): Promise<number> {
    let removed = 0;
    const shards = await layout.shards();
    const before = shards.filter((shard) => shard < this.#shard);
    for (const shard of [...shards.slice(before.length), ...before]) {
      this.#shard = shard;
      if (!(await lease.renew())) break;
      for (const group of await layout.groups(shard)) {
        let empty = true;
        for (const path of await layout.cells(group)) {
          if (removed >= limit) return removed;
          await nextTurn();
          const cell = new Cell(path, layout.work, false);
          const slot = cell.slot();
          if (slot === undefined) {
            await cell.removeEmpty();
          } else if (now < slot.expires) {
            empty = false;
            await cell.tidy(slot, lease.time - STRAY);
          } else if (await cell.take(slot)) {
            removed += 1;
          }
        }
        if (empty) await rmdir(group).catch(ignore);
      }
    }
    return removed;
  }
}

/** Ends all records in one instant, and then removes them. How many there were. */
export async function removeAll(layout: Layout, durable: boolean): Promise<number> {
  const taken = join(layout.work, unique());
  await mkdir(taken, 0o700);
  const ended = await moved(layout.sessions, join(taken, basename(layout.sessions)));
  if (ended && durable) await sync(layout.folder);
  return removeTree(taken);
}

async function removeStrays({ work }: Layout, then: number): Promise<void> {
  for (const name of await readdir(work)) {
    const path = join(work, name);
    const stats = Layout.isOwn(name) ? await lstat(path).catch(missing) : undefined;
    if (stats === undefined || stats.mtimeMs >= then) continue;
    // Whoever made it may only be slow: under another name it cannot be put in its place half removed.
    const taken = join(work, unique());
    if (!(await moved(path, taken))) continue;
    if (stats.isDirectory()) await removeTree(taken);
    else await unlink(taken).catch(ignore);
  }
}

/** Removes what is a FileStore's in a folder, and each folder that is empty then. How many slots it found. */
async function removeTree(folder: string): Promise<number> {
  let slots = SLOT.test(basename(folder)) ? 1 : 0;
  for (const entry of (await readdir(folder, { withFileTypes: true }).catch(missing)) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (SLOT.test(entry.name) || Layout.isOwn(entry.name)) slots += await removeTree(path);
    } else if (VERSION.test(entry.name)) {
      await unlink(path).catch(ignore);
    }
  }
  await rmdir(folder).catch(ignore);
  return slots;
}

/**
 * The right to clean, for one at a time. It only spares work: for a moment, after one was killed, two may have it, and
 * nothing goes wrong. Ages are told by the file system's clock.
 */
class Lease {
  /** When it was taken, in milliseconds since 1970. */
  readonly time: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #inode: number;

  private constructor(path: string, file: FileHandle, inode: number, time: number) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
    this.time = time;
  }

  /** Undefined while another one has it. */
  static async take(work: string): Promise<Lease | undefined> {
    const path = join(work, "cleaner");
    const own = join(work, unique());
    const file = await open(own, "wx", 0o600);
    let lease: Lease | undefined;
    try {
      const { mtimeMs, ino } = await file.stat();
      const held = await lstat(path).catch(missing);
      if (held === undefined || Math.abs(mtimeMs - held.mtimeMs) >= LEASE) {
        await rename(own, path);
        lease = new Lease(path, file, ino, mtimeMs);
      }
      return lease;
    } finally {
      if (lease === undefined) {
        await file.close();
        await unlink(own).catch(ignore);
      }
    }
  }

  /** Whether it is still this one's. */
  async renew(): Promise<boolean> {
    await this.#file.write(".", 0);
    return (await lstat(this.#path).catch(missing))?.ino === this.#inode;
  }

  async release(): Promise<void> {
    const held = await this.renew().catch(ignore);
    await this.#file.close();
    if (held === true) await unlink(this.#path).catch(ignore);
  }
}
