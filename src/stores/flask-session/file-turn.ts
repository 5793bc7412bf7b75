import { lstatSync, readdirSync } from "node:fs";
import { chmod, mkdir, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { code, find, ignore, moved, readFile, unique, writeNew } from "../file-system.ts";

/** How the names end of what cachelib neither reads nor counts nor removes, because it is being written. */
export const UNFINISHED = ".__wz_cache";

/** How the names of desks begin. */
export const DESK = "hipflask-";

/** Milliseconds between two looks at a turn that is not over, and after which it is taken to be a killed process's. */
const PAUSE = 2;
const PATIENCE = 200;

/** How many desks are kept for the next turns. */
const KEPT = 4;

/** What one whose turn it is may do. Both fail with ENOENT when the turn was ended from outside. */
export interface Turn {
  /** Puts what was written in the place of a file, or where there is none. */
  put(path: string): Promise<void>;
  /** Takes a file away. Its bytes as they were in that moment; undefined when the turn was ended right after it. */
  take(path: string): Promise<Uint8Array | undefined>;
}

/**
 * Turns at the files of a folder: at each file one at a time has its turn, over all processes of ours. That is where a folder
 * beside the file is:
 *
 *     <file>.__wz_cache/<desk>/new
 *
 * 1. It is a desk, at which one turn at a time is prepared, what it is to write included. The turn begins with the rename(2) of the desk
 *    to the place above, which the kernel refuses while there is one that is not empty, and ends when it is renamed back.
 * 2. A turn changes the file by a rename(2) into or out of its desk, along the path above, which has the desk's own name in it. So it
 *    can change it only while it lasts, and what it has seen of the file cannot have been changed by another turn since.
 * 3. So anybody may end a turn at any time, by renaming its desk away: whoever had it finds no such path any more, has
 *    changed nothing, and begins anew at another desk. That is done to one that does not end. Nothing depends on
 *    whether its process is dead: were it only asleep, it would do no harm when it wakes up.
 */
export class Turns {
  readonly #folder: string;
  /** Those that nobody sits at. */
  readonly #desks: Desk[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Does `work` when it is its turn at the file `name`; it may be called again when the turn was ended from outside. */
  async at<T>(
    name: string,
    written: { readonly content: Uint8Array; readonly mode: number } | undefined,
    work: (turn: Turn) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      let desk: Desk | undefined;
      try {
        desk = this.#desks.pop() ?? (await Desk.make(this.#folder));
        if (written !== undefined) await desk.write(written.content, written.mode);
        return await desk.turn(join(this.#folder, name + UNFINISHED), work);
      } catch (error) {
        // The turn was ended, or the desk was taken for a killed process's; unless the whole folder is gone.
        if (code(error) !== "ENOENT") throw error;
        lstatSync(this.#folder);
      } finally {
        if (this.#desks.length < KEPT && (await desk?.clear()) === true) this.#desks.push(desk!);
        else await desk?.remove();
      }
    }
  }
}

class Desk {
  readonly #folder: string;
  readonly #id: string;
  readonly #path: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#id = unique();
    this.#path = join(folder, DESK + this.#id + UNFINISHED);
  }

  static async make(folder: string): Promise<Desk> {
    const desk = new Desk(folder);
    await mkdir(desk.#path, 0o700);
    await mkdir(join(desk.#path, desk.#id), 0o700);
    return desk;
  }

  async write(content: Uint8Array, mode: number): Promise<void> {
    const path = join(this.#path, this.#id, NEW);
    await writeNew(path, content, false);
    // A umask takes from more than that.
    if (mode !== 0o600) await chmod(path, mode);
  }

  async turn<T>(place: string, work: (turn: Turn) => Promise<T>): Promise<T> {
    await this.#begin(place);
    const own = join(place, this.#id);
    try {
      return await work({
        put: (path) => rename(join(own, NEW), path),
        take: async (path) => {
          await rename(path, join(own, OLD));
          return readFile(join(own, OLD), Infinity, Infinity);
        },
      });
    } finally {
      await moved(place, this.#path).catch(ignore);
    }
  }

  /** Whether it is as good as new. It is not when somebody ended its turn. */
  async clear(): Promise<boolean> {
    const own = join(this.#path, this.#id);
    try {
      for (const file of readdirSync(own)) await unlink(join(own, file));
      return true;
    } catch {
      return false;
    }
  }

  async remove(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true }).catch(ignore);
  }

  async #begin(place: string): Promise<void> {
    let state: string | undefined;
    let since = 0;
    while (!(await isPut(this.#path, place))) {
      const current = stateOf(place);
      if (current !== state) [state, since] = [current, performance.now()];
      if (performance.now() - since >= PATIENCE) await this.#breakTurn(place);
      else await delay(PAUSE);
    }
  }

  /** Ends the turn of whoever has it. */
  async #breakTurn(place: string): Promise<void> {
    const [id] = find(() => readdirSync(place)) ?? [];
    if (id === undefined) return;
    const broken = join(this.#folder, DESK + unique() + UNFINISHED);
    if (await moved(join(place, id), broken)) await rm(broken, { recursive: true, force: true });
  }
}

const NEW = "new";
const OLD = "old";

/** Whether a desk could be put in its place. */
async function isPut(desk: string, place: string): Promise<boolean> {
  try {
    await rename(desk, place);
    return true;
  } catch (error) {
    if (code(error) === "ENOTEMPTY" || code(error) === "EEXIST") return false;
    throw error;
  }
}

/** What is another with each turn. */
function stateOf(place: string): string | undefined {
  const stats = find(() => lstatSync(place));
  return stats && `${stats.ino} ${stats.ctimeMs}`;
}
