import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ConfigError } from "../errors.ts";
import type {
  OwnedRecord,
  RecordPage,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { Cell, type Value } from "./file-cell.ts";
import { FileCleaner, removeAll } from "./file-cleaner.ts";
import { Layout } from "./file-layout.ts";
import { cellsAfter, placeOf } from "./file-list.ts";

/** What {@link FileStore} is told beside its folder. */
export interface FileStoreOptions {
  /**
   * What an acknowledged write survives. `"sync"`: a power failure, because each write waits for the disk (fsync of the file and its
   * folder). `"fast"`: the death of the process by any means, but a power failure may take the last seconds. Default: `"sync"`.
   */
  readonly durability?: "sync" | "fast";
}

/**
 * Keeps records as files in a folder of a local disk: for an app on one machine, in one process or many. Nothing is ever
 * locked, so a process that is killed at any instant holds up no other one and leaves no record half written.
 *
 * The folder must belong to the user of the process, and nobody else may write there. Files that are not the store's are left alone.
 * For Linux and macOS; not for network file systems.
 *
 * @example
 * const store = new FileStore("/var/lib/my-app/sessions");
 * await store.setup();
 * const sessions = createSessions({ secretKey, storage: serverSide(store, { cleanEvery: 15 * 60 }) });
 *
 * @throws ConfigError when the folder is no path, or `durability` something else than above. Methods reject with it when the folder
 *   is somebody else's, or others may write there.
 */
export class FileStore implements SessionStore {
  readonly #folder: string;
  readonly #durable: boolean;
  readonly #cleaner = new FileCleaner();
  #opened: Promise<Layout> | undefined;

  constructor(folder: string, options: FileStoreOptions = {}) {
    const { durability = "sync" } = options;
    if (typeof folder !== "string" || folder === "") {
      throw new ConfigError(
        'FileStore takes the path of a folder: new FileStore("/var/lib/my-app/sessions").',
      );
    }
    if (process.getuid === undefined) {
      throw new ConfigError("FileStore needs a POSIX system, such as Linux or macOS. Take SqliteStore here.");
    }
    if (durability !== "sync" && durability !== "fast") {
      throw new ConfigError('durability of a FileStore must be "sync" or "fast".');
    }
    this.#folder = resolve(folder);
    this.#durable = durability === "sync";
  }

  /** Makes the folder if it is missing, and checks whose it is. The first use does so too. */
  async setup(): Promise<void> {
    this.#opened = undefined;
    await this.#open();
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const [data, expires, seen] = values(record, now);
    return (await this.#cell(key)).create(data, expires, seen);
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const time = now.getTime();
    return live((await this.#cell(key)).read(), time);
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const [data, expires, seen] = values(record, now);
    const cell = await this.#cell(key);
    for (;;) {
      const slot = cell.slot();
      if (slot === undefined || slot.expires <= seen) return { outcome: "gone" };
      if (slot.version !== version) {
        const current = live(cell.read(), seen);
        return current ? { outcome: "conflict", current } : { outcome: "gone" };
      }
      const saved = await cell.write(slot, data, expires, seen);
      if (saved !== undefined) return { outcome: "saved", version: saved };
    }
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    const kept = { data: new Uint8Array(retired.data), expires: new Date(retired.expires) };
    const next = await this.create(nextKey, record, now);
    if (next === undefined) throw new TypeError("There is a record under the next key already.");
    let saved = false;
    try {
      const result = await this.save(key, version, kept, now);
      saved = result.outcome === "saved";
      return saved ? { outcome: "saved", version: next } : result;
    } finally {
      if (!saved) await this.delete(nextKey);
    }
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const [until, seen] = [expires.getTime(), now.getTime()];
    const cell = await this.#cell(key);
    for (;;) {
      const slot = cell.slot();
      if (slot?.version !== version || slot.expires <= seen) return false;
      if (await cell.date(slot, until, seen)) return true;
    }
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    const cell = await this.#cell(key);
    for (;;) {
      const value = cell.read();
      if (value === undefined || (await cell.take(value))) return value && stored(value);
    }
  }

  /** One cleaner at a time, over all processes: while another one works the answer is 0. */
  async deleteExpired(limit: number, now: Date): Promise<number> {
    const time = now.getTime();
    return this.#cleaner.deleteExpired(await this.#open(), limit, time);
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const time = now.getTime();
    const records: OwnedRecord[] = [];
    for await (const { key, cell } of this.#owned(owner)) {
      const record = live(cell.read(), time);
      if (record !== undefined) records.push({ ...record, key });
    }
    return records;
  }

  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const time = now.getTime();
    const layout = await this.#open();
    const records: OwnedRecord[] = [];
    let looked = 0;
    for await (const path of cellsAfter(layout, after ?? "")) {
      const record = live(new Cell(path, layout.work, this.#durable).read(), time);
      if (record !== undefined) records.push({ ...record, key: layout.key(path) });
      looked += 1;
      if (looked >= limit) return { records, next: placeOf(layout, path) };
      await nextTurn();
    }
    return { records, next: undefined };
  }

  /**
   * Goes over the owner's records until there is none left. Twice is not enough: the next record of a `replace` exists before
   * the one that it retires is changed, so it is there when that one is looked at again, but its own next one may follow.
   */
  async deleteOwned(owner: string, except: readonly string[]): Promise<number> {
    const spared = new Set(except);
    let ended = 0;
    for (let left = true; left;) {
      left = false;
      for await (const { key, cell } of this.#owned(owner)) {
        const slot = spared.has(key.id) ? undefined : cell.slot();
        if (slot === undefined) continue;
        left = true;
        if (await cell.take(slot)) ended += 1;
      }
    }
    return ended;
  }

  /** Ends all records in one instant, by renaming their folder; removing the files then takes its time. */
  async deleteAll(): Promise<number> {
    return removeAll(await this.#open(), this.#durable);
  }

  async #open(): Promise<Layout> {
    this.#opened ??= Layout.open(this.#folder).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    const layout = await this.#opened;
    // A disk that is not mounted any more is a failure, and not the end of all sessions.
    lstatSync(layout.work);
    return layout;
  }

  async #cell(key: SessionKey): Promise<Cell> {
    const layout = await this.#open();
    return new Cell(layout.cell(key), layout.work, this.#durable);
  }

  async *#owned(owner: string): AsyncGenerator<{ key: SessionKey; cell: Cell }> {
    const layout = await this.#open();
    for (const path of await layout.cells(layout.owned(owner))) {
      await nextTurn();
      yield { key: layout.key(path), cell: new Cell(path, layout.work, this.#durable) };
    }
  }
}

/** What is to be kept, copied before anything is waited for. */
function values(record: SessionRecord, now: Date): [data: Uint8Array, expires: number, seen: number] {
  return [new Uint8Array(record.data), record.expires.getTime(), now.getTime()];
}

function stored({ data, version, expires, seen }: Value): StoredRecord {
  return { data, version, expires: new Date(expires), seen: new Date(seen) };
}

function live(value: Value | undefined, now: number): StoredRecord | undefined {
  return value !== undefined && now < value.expires ? stored(value) : undefined;
}
