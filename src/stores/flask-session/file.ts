import { Buffer } from "node:buffer";
import { mkdir, readdir } from "node:fs/promises";
import { ConfigError } from "../../errors.ts";
import type {
  LoadedRecord,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  Version,
} from "../../session/store.ts";
import { ignore } from "../file-system.ts";
import { type CacheFolder, CachedFile } from "./cached-file.ts";
import { contentOf, dataIn, hasEnded, isRecord, isRemoved, REMOVED } from "./file-content.ts";
import { FileCount } from "./file-count.ts";
import { COUNT_KEY, fileName, type FlaskFileHash, otherName } from "./file-names.ts";
import { checkedOptions, type FlaskFileStoreOptions } from "./file-options.ts";
import { FileSweep } from "./file-sweep.ts";
import { UNFINISHED } from "./file-turn.ts";
import { storeKey } from "./store-key.ts";

export type { FlaskFileHash } from "./file-names.ts";
export type { FlaskFileStoreOptions } from "./file-options.ts";

/**
 * Keeps sessions in files as Flask-Session does with `SESSION_TYPE = "filesystem"`, which is cachelib's FileSystemCache: for apps on one
 * machine, on Linux or macOS. The files hold pickles, so it goes with `format: "pickle"`.
 *
 * Among processes of ours every change is made only on what was loaded, and one that is killed holds up no other for more than 0.2
 * seconds. Against Python this layout allows no more than to look, compare and rename: what it writes or ends in that moment (some
 * 0.1 ms) is undone, and it may itself overwrite a change of ours, bring back a session that was ended, or remove one that lives. As in
 * Python, a power failure may take the last seconds.
 *
 * @throws ConfigError for an option that is not as above, and where there is no POSIX system
 * @see cachelib/file.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskFileStore({ directory: "/var/lib/my-app/flask_session" });
 */
export class FlaskFileStore implements RecordStore {
  readonly #folder: CacheFolder;
  readonly #threshold: number;
  readonly #hash: FlaskFileHash;
  readonly #prefix: string;
  readonly #count: FileCount;
  readonly #sweep: FileSweep;
  #opened: Promise<void> | undefined;

  constructor(options: FlaskFileStoreOptions = {}) {
    if (process.getuid === undefined) {
      throw new ConfigError("FlaskFileStore needs a POSIX system, such as Linux or macOS.");
    }
    const { directory: path, mode, threshold, hash, prefix } = checkedOptions(options);
    this.#folder = { path, mode };
    this.#threshold = threshold;
    this.#hash = hash;
    this.#prefix = prefix;
    this.#count = new FileCount(this.#folder, hash);
    this.#sweep = new FileSweep(this.#folder, (count) => this.#changeCount(-count));
  }

  /** Makes the folder if it is missing, and counts the files in it. The first use does so too. */
  async setup(): Promise<void> {
    this.#opened = undefined;
    await this.#open();
  }

  async create(key: SessionKey, { data, expires }: SessionRecord, now: Date): Promise<Version | undefined> {
    const content = contentOf(expires, data);
    const time = now.getTime();
    const file = await this.#file(key);
    if (!(await file.create(content))) return undefined;
    const count = await this.#changeCount(1);
    if (count > this.#threshold) await this.#sweep.glance(time).catch(ignore);
    return dataIn(content);
  }

  async load(key: SessionKey, now: Date): Promise<LoadedRecord | undefined> {
    const time = now.getTime();
    const found = live((await this.#file(key)).read(), time);
    return found && loaded(found);
  }

  async save(
    key: SessionKey,
    version: Version,
    { data, expires }: SessionRecord,
    now: Date,
  ): Promise<SaveResult<LoadedRecord>> {
    const content = contentOf(expires, data);
    const time = now.getTime();
    const file = await this.#file(key);
    for (;;) {
      const found = live(file.read(), time);
      if (found === undefined) return { outcome: "gone" };
      if (!isVersion(found, version)) return { outcome: "conflict", current: loaded(found) };
      if (await file.replace(found, content)) return { outcome: "saved", version: dataIn(content) };
    }
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const content = contentOf(expires, version as Uint8Array);
    const time = now.getTime();
    const file = await this.#file(key);
    for (;;) {
      const found = live(file.read(), time);
      if (found === undefined || !isVersion(found, version)) return false;
      if (await file.replace(found, content)) return true;
    }
  }

  async delete(key: SessionKey): Promise<LoadedRecord | undefined> {
    const file = await this.#file(key);
    let first: Uint8Array | undefined;
    // Another one of the other name might be there, from before Python got a cachelib that did not find it.
    for (let found = file.read(); found !== undefined && !isRemoved(found); found = file.read()) {
      if (!(await file.replace(found, REMOVED))) continue;
      first ??= found;
      if (await file.remove()) await this.#changeCount(-1);
    }
    return first && isRecord(first) ? loaded(first) : undefined;
  }

  async deleteExpired(limit: number, now: Date): Promise<number> {
    const time = now.getTime();
    await this.#open();
    return this.#sweep.all(limit, time);
  }

  async #file(key: SessionKey): Promise<CachedFile> {
    const name = storeKey(this.#prefix, key);
    await this.#open();
    return new CachedFile(this.#folder, fileName(name, this.#hash), () => otherName(name, this.#hash));
  }

  #changeCount(delta: number): Promise<number> {
    return this.#threshold === 0 ? Promise.resolve(0) : this.#count.add(delta);
  }

  #open(): Promise<void> {
    this.#opened ??= this.#begin().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** Counts as cachelib does when it is started. */
  async #begin(): Promise<void> {
    await mkdir(this.#folder.path, { recursive: true, mode: 0o700 });
    await this.#sweep.removeStrays();
    if (this.#threshold === 0) return;
    const names = await readdir(this.#folder.path);
    const own = fileName(COUNT_KEY, this.#hash);
    const other = otherName(COUNT_KEY, this.#hash);
    if (!names.includes(own) && other !== undefined && names.includes(other)) warnOfHash(this.#hash);
    await this.#count.set(names.filter((name) => name !== own && !name.endsWith(UNFINISHED)).length);
  }
}

/** A file's content if its session has not ended. */
function live(content: Uint8Array | undefined, now: number): Uint8Array | undefined {
  return content !== undefined && isRecord(content) && !hasEnded(content, now) ? content : undefined;
}

/** The bytes are the version, too: each gets its own, so that whoever changes the one does not change the other. */
function loaded(content: Uint8Array): LoadedRecord {
  return { data: dataIn(content), version: dataIn(content) };
}

function isVersion(content: Uint8Array, version: Version): boolean {
  return Buffer.compare(dataIn(content), version as Uint8Array) === 0;
}

/** Python would not find what this store writes, nor again what it has written itself. */
function warnOfHash(hash: FlaskFileHash): void {
  const [here, there] = hash === "sha256" ? ["0.17", "md5"] : ["0.15", "sha256"];
  process.emitWarning(
    `The folder of a FlaskFileStore was used by a cachelib that is not as ${here}. If Python still uses that one, set hash: "${there}".`,
    { type: "HipflaskWarning", code: "HIPFLASK_FILE_HASH" },
  );
}
