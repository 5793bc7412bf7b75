import { Buffer } from "node:buffer";
import { lstatSync } from "node:fs";
import { rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { missing, readFile } from "../file-system.ts";
import { inTurn } from "./file-turn.ts";

/** A folder of cachelib's. */
export interface CacheFolder {
  readonly path: string;
  /** Of its files. */
  readonly mode: number;
}

/**
 * A file of cachelib's, as bytes: every change is made only on top of what was read. That holds among processes of ours. Python takes no turns,
 * so what it writes between the last look and the rename is lost: some 0.1 ms, more where the disk is busy.
 *
 * Where a file may still have another name from before, it is read under that one, and gets its own when it is changed: by a
 * rename, so that there are never two of them.
 */
export class CachedFile {
  readonly #folder: CacheFolder;
  readonly #name: string;
  readonly #path: string;
  readonly #former: () => string | undefined;

  /** @param former - makes the other name, which is seldom looked for */
  constructor(folder: CacheFolder, name: string, former: () => string | undefined = () => undefined) {
    this.#folder = folder;
    this.#name = name;
    this.#path = join(folder.path, name);
    this.#former = former;
  }

  /** Undefined where there is none. @throws when the whole folder is missing */
  read(): Uint8Array | undefined {
    const found = read(this.#path) ?? this.#readFormer();
    // A disk that is not mounted any more is a failure, and not the end of all sessions.
    if (found === undefined) lstatSync(this.#folder.path);
    return found;
  }

  /** Makes it. False, and nothing is changed, where there is one. */
  create(content: Uint8Array): Promise<boolean> {
    return this.#put(content, (found) => found === undefined);
  }

  /** Puts `content` in the place of what was read. False, and nothing is changed, where something else is there now. */
  replace(current: Uint8Array, content: Uint8Array): Promise<boolean> {
    return this.#put(content, (found) => found !== undefined && Buffer.compare(current, found) === 0);
  }

  /** Removes it, whatever it is: for one that was marked, so that nobody changes it any more. Whether it was there. */
  async remove(): Promise<boolean> {
    return (await unlink(this.#path).then(() => true, missing)) ?? false;
  }

  #put(content: Uint8Array, isExpected: (found: Uint8Array | undefined) => boolean): Promise<boolean> {
    const { path, mode } = this.#folder;
    return inTurn(path, this.#name, { content, mode }, async (put) => {
      if (!isExpected(await this.#own())) return false;
      await put(this.#path);
      return true;
    });
  }

  /** What is there, under its own name from now on. */
  async #own(): Promise<Uint8Array | undefined> {
    const found = read(this.#path);
    const former = found === undefined ? this.#formerPath() : undefined;
    if (former === undefined) return found;
    await rename(former, this.#path).catch(missing);
    return read(this.#path);
  }

  /** In the end once more under its own name, which it may have got just now. */
  #readFormer(): Uint8Array | undefined {
    const former = this.#formerPath();
    return former === undefined ? undefined : (read(former) ?? read(this.#path));
  }

  #formerPath(): string | undefined {
    const name = this.#former();
    return name === undefined ? undefined : join(this.#folder.path, name);
  }
}

function read(path: string): Uint8Array | undefined {
  return readFile(path, Infinity, Infinity);
}
