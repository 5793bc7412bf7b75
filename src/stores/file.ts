import { mkdir, rmdir } from "node:fs/promises";
import { lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ConfigError } from "../errors.ts";
import type {
  OwnedRecord,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { Cell, type Value } from "./file-cell.ts";
import { FileCleaner, removeTree } from "./file-cleaner.ts";
import { Layout } from "./file-layout.ts";
import { ignore, moved, sync, unique } from "./file-system.ts";

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
 * setInterval(() => store.deleteExpired(1000, new Date()).catch(report), 60_000).unref();
 *
 * @throws ConfigError when the folder is no path, or `durability` something else than above. Methods reject with it when the folder
 *   is somebody else's, or others may write there.
 */
export class FileStore implements SessionStore {
  readonly #folder: string;
  readonly #durable: boolean;
  #opened: Promise<Open> | undefined;

  constructor(folder: string, options: FileStoreOptions = {}) {
    const { durability = "sync" } = options;
    if (typeof folder !== "string" || folder === "") {
      throw new ConfigError('FileStore takes the path of a folder: new FileStore("/var/lib/my-app/sessions").');
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
}
