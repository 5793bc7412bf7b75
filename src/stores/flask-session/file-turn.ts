import { lstatSync, readdirSync } from "node:fs";
import { chmod, mkdir, rename, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { code, find, ignore, missing, unique, writeNew } from "../file-system.ts";

/** How the names end of what cachelib neither reads nor counts nor removes, because it is being written. */
export const UNFINISHED = ".__wz_cache";

/** How the names begin of what waits for its turn. */
export const WAITING = "hipflask-";

/** Milliseconds between two looks at a turn that is not over, and after which it is taken to be a killed process's. */
const PAUSE = 2;
const PATIENCE = 200;

/** What a turn writes. */
interface Written {
  readonly content: Uint8Array;
  /** The mode of the file. */
  readonly mode: number;
}

/** Puts what was written in the place of a file, or where there is none. Fails with ENOENT when the turn was ended from outside. */
export type Put = (path: string) => Promise<void>;

/**
 * Gives one at a time its turn at the file `name` of a folder, over all processes of ours, by means of a folder beside it:
 *
 *     <name>.__wz_cache/<turn>
 *
 * 1. A turn is a file with a name that no other one ever has, which holds what is to be written. It is made in a folder elsewhere, and begins with
 *    the rename(2) of that folder to the one above, which the kernel refuses while there is one that is not empty.
 * 2. The change is the rename(2) of the turn to the file, out of that folder. So it can only be made while the turn lasts, it
 *    ends the turn, and what was seen of the file before cannot have been changed by another turn since.
 * 3. So anybody may end a turn at any time, by removing it: whoever had it finds nothing to rename any more, has changed nothing,
 *    and begins anew. That is done to one that does not end. Nothing depends on whether its process is dead: were it only asleep,
 *    it would do no harm when it wakes up.
 *
 * `work` is called when the turn has begun, and once more in a new turn when that one was ended from outside.
 */
export async function inTurn<T>(
  folder: string,
  name: string,
  written: Written,
  work: (put: Put) => Promise<T>,
): Promise<T> {
  const place = join(folder, name + UNFINISHED);
  for (;;) {
    const turn = unique();
    let holder = join(folder, WAITING + turn + UNFINISHED);
    let isOver = false;
    try {
      await mkdir(holder, 0o700);
      await write(join(holder, turn), written);
      await begin(holder, place);
      holder = place;
      return await work(async (path) => {
        await rename(join(place, turn), path);
        isOver = true;
      });
    } catch (error) {
      // The turn was ended, or what waited was taken for a killed process's; unless the whole folder is gone.
      if (code(error) !== "ENOENT") throw error;
      lstatSync(folder);
    } finally {
      if (!isOver) await unlink(join(holder, turn)).catch(ignore);
      // Where another turn has begun already, it is not empty.
      await rmdir(holder).catch(ignore);
    }
  }
}

/** Ends whatever turns are in a folder from outside. @throws Error when there is something else in it */
export async function endTurns(holder: string): Promise<void> {
  for (const turn of turnsIn(holder)) await unlink(join(holder, turn)).catch(missing);
}

async function write(path: string, { content, mode }: Written): Promise<void> {
  await writeNew(path, content, false);
  // A umask takes from more than that.
  if (mode !== 0o600) await chmod(path, mode);
}

async function begin(holder: string, place: string): Promise<void> {
  let turn: string | undefined;
  let since = 0;
  while (!(await isBegun(holder, place))) {
    const [current] = turnsIn(place);
    if (current !== turn) [turn, since] = [current, performance.now()];
    const isStuck = turn !== undefined && performance.now() - since >= PATIENCE;
    if (isStuck) await unlink(join(place, turn!)).catch(missing);
    else await delay(PAUSE);
  }
}

async function isBegun(holder: string, place: string): Promise<boolean> {
  try {
    await rename(holder, place);
    return true;
  } catch (error) {
    if (code(error) === "ENOTEMPTY" || code(error) === "EEXIST") return false;
    throw error;
  }
}

function turnsIn(holder: string): string[] {
  const names = find(() => readdirSync(holder)) ?? [];
  if (names.every((name) => /^[0-9a-f]{32}$/.test(name))) return names;
  throw new Error(
    `In the folder of the sessions, something that is not FlaskFileStore's is in a folder whose name ends with ${UNFINISHED}. Look who else writes there.`,
  );
}
