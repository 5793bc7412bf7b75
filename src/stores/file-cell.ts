import { readdirSync } from "node:fs";
import { lstat, mkdir, rename, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  code,
  find,
  ignore,
  isThere,
  missing,
  moved,
  readOwn,
  sync,
  syncNearest,
  syncUp,
  unique,
  writeNew,
} from "./file-system.ts";
import { newVersion, type Slot, slotIn, slotOf, VERSION } from "./file-slot.ts";

/**
 * A folder that keeps one value, which many processes change at once and none ever locks:
 *
 *     <cell>/<moves>.<version>.<expires>.<seen>/<version>
 *
 * A cell holds one folder, its slot, whose name says what is true now; the file in it that is named like the version holds
 * the data. Every change is one rename(2) of the slot: to its next name or, to end the value, out of the cell. That works
 * because
 *
 * 1. The name of a slot never comes back: `moves` grows with each rename, and versions are random. A path through a
 *    slot leads somewhere only while that very state is the current one.
 * 2. So the rename is the compare-and-set, and the instant of the change. Of all who start from one state the kernel lets
 *    one succeed, and the others find nothing to rename; whoever is late by any number of changes finds nothing either. A
 *    process that is killed before has changed nothing, after it everything. Nobody holds what could stay locked.
 * 3. A value begins when a whole cell, made elsewhere, is renamed to its place, which must be absent or empty. A cell without
 *    a slot has no value, and nothing makes a slot in a cell that has none.
 * 4. A file of data is whole (and on the disk, if it has to be) before a slot's name points at it. It is never changed, and
 *    removed only when the slot has moved on. So a reader gets the bytes of one state, or finds nothing and looks again.
 * 5. A reader lists a folder of one name: the kernel lets nobody rename in a folder while it is being listed. Files that
 *    are being written are in the slot, which nobody lists to find the state.
 * 6. A version begins with the number of the move that is to publish it, and only that move can. Once `moves` has got
 *    there, every file of that number or below but the current one is dead, however late its writer wakes up: what killed
 *    processes leave is told from what is in work without a clock.
 *
 * Looking something up blocks for as long as the page cache takes, about 20 us. That is a tenth of what handing each step to
 * Node's threads costs, and it does not queue behind an fsync there. Whatever writes never blocks.
 */
export class Cell {
  readonly #path: string;
  readonly #work: string;
  readonly #durable: boolean;

  /** `work` is a folder beside the one that all cells are in; `durable`: a change is on the disk when its promise is fulfilled. */
  constructor(path: string, work: string, durable: boolean) {
    this.#path = path;
    this.#work = work;
    this.#durable = durable;
  }

  /** What is true now. Undefined when there is no value. */
  slot(): Slot | undefined {
    let before: string | undefined;
    for (;;) {
      const slot = slotIn(find(() => readdirSync(this.#path)) ?? []);
      if (slot === undefined || isThere(join(this.#path, slot.name))) return slot;
      if (slot.name === before) return undefined;
      before = slot.name;
    }
  }

  /** The value. Undefined when there is none, also when a power failure took its data. */
  read(): Value | undefined {
    let before: string | undefined;
    for (;;) {
      const slot = this.slot();
      if (slot === undefined || slot.name === before) return undefined;
      const data = readOwn(join(this.#path, slot.name, slot.version));
      if (data !== undefined) return { ...slot, data };
      before = slot.name;
    }
  }

  /** Begins a value. Its version; undefined when there is one already. */
  async create(data: Uint8Array, expires: number, seen: number): Promise<string | undefined> {
    const prepared = join(this.#work, unique());
    const { name, version } = slotOf(1, newVersion(1), expires, seen);
    let placed = false;
    try {
      await mkdir(prepared, 0o700);
      await mkdir(join(prepared, name), 0o700);
      await writeNew(join(prepared, name, version), data, this.#durable);
      if (this.#durable) await sync(prepared);
      placed = await this.#place(prepared);
    } finally {
      if (!placed) {
        await unlink(join(prepared, name, version)).catch(ignore);
        await rmdir(join(prepared, name)).catch(ignore);
        await rmdir(prepared).catch(ignore);
      }
    }
    if (!placed) return undefined;
    if (this.#durable) await syncUp(dirname(this.#path), dirname(this.#work));
    return version;
  }

  /** Puts another value in the place of what `slot` was. Its version; undefined when the slot has moved since. */
  async write(slot: Slot, data: Uint8Array, expires: number, seen: number): Promise<string | undefined> {
    const version = newVersion(slot.moves + 1);
    let written = false;
    try {
      await writeNew(join(this.#path, slot.name, version), data, this.#durable);
      written = (await this.#move(slot, { version, expires, seen })) !== undefined;
    } catch (error) {
      missing(error);
    } finally {
      if (!written) await this.#drop(version).catch(ignore);
    }
    if (!written) return undefined;
    if (this.#durable) await syncNearest(this.#path);
    await this.#drop(slot.version).catch(ignore);
    return version;
  }

  /** Changes the dates and not the version. False when the slot has moved since. */
  async date(slot: Slot, expires: number, seen: number): Promise<boolean> {
    if ((await this.#move(slot, { expires, seen })) === undefined) return false;
    if (this.#durable) await syncNearest(this.#path);
    return true;
  }

  /** Ends the value. False when the slot has moved since. */
  async take(slot: Slot): Promise<boolean> {
    const taken = join(this.#work, unique());
    if (!(await moved(join(this.#path, slot.name), taken))) return false;
    await this.removeEmpty();
    if (this.#durable) await syncNearest(this.#path);
    await unlink(join(taken, slot.version)).catch(ignore);
    await rmdir(taken).catch(ignore);
    return true;
  }

  /** Removes the cell if it is empty, as one is whose value was taken. */
  async removeEmpty(): Promise<void> {
    await rmdir(this.#path).catch(ignore);
  }

  /**
   * Removes what killed processes left in the slot: what is dead, and what has been waiting to be published since before
   * `then` (milliseconds since 1970). For that it makes the next move itself, and whoever is still at work starts anew.
   */
  async tidy(slot: Slot, then: number): Promise<void> {
    const names = find(() => readdirSync(join(this.#path, slot.name))) ?? [];
    const others = names.filter((name) => name !== slot.version && VERSION.test(name));
    if (others.length > 0) await syncNearest(this.#path);
    let now = slot;
    for (const file of others) {
      const move = Number.parseInt(file, 10);
      if (move > now.moves) {
        const stats = await lstat(join(this.#path, now.name, file)).catch(missing);
        if (stats !== undefined && stats.mtimeMs < then) now = (await this.#move(slot, {})) ?? slot;
      }
      if (move <= now.moves) await unlink(join(this.#path, now.name, file)).catch(ignore);
    }
  }

  async #place(prepared: string): Promise<boolean> {
    const parent = dirname(this.#path);
    for (let attempts = 10; ; attempts--) {
      try {
        if (isThere(parent)) {
          await rename(prepared, this.#path);
          return true;
        }
        await mkdir(parent, { recursive: true, mode: 0o700 });
      } catch (error) {
        if (code(error) === "ENOTEMPTY" || code(error) === "EEXIST") return false;
        // Parents that are empty are removed; another process may just have done that.
        if (code(error) !== "ENOENT" || attempts === 0) throw error;
      }
    }
  }

  async #move(slot: Slot, change: Partial<Slot>): Promise<Slot | undefined> {
    const { version, expires, seen } = { ...slot, ...change };
    const next = slotOf(slot.moves + 1, version, expires, seen);
    return (await moved(join(this.#path, slot.name), join(this.#path, next.name))) ? next : undefined;
  }

  /** Removes the file of a version that is not the current one, wherever the slot has moved. */
  async #drop(version: string): Promise<void> {
    let before: string | undefined;
    for (;;) {
      const slot = this.slot();
      if (slot === undefined || slot.name === before || slot.version === version) return;
      before = slot.name;
      const dropped = await unlink(join(this.#path, slot.name, version)).then(() => true, ignore);
      if (dropped === true) return;
    }
  }
}

export interface Value extends Slot {
  readonly data: Uint8Array;
}
