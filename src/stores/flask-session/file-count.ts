import { type CacheFolder, CachedFile } from "./cached-file.ts";
import { dataIn, endlessContent } from "./file-content.ts";
import { COUNT_KEY, fileName, type FlaskFileHash } from "./file-names.ts";
import { pickleNumber, unpickleNumber } from "./file-number.ts";

/**
 * The file in which cachelib keeps how many others there are, by which it decides when there are too many. Python counts without
 * turns, so what it says is about right at best. A failure is nobody's: cachelib counts anew whenever it starts.
 */
export class FileCount {
  readonly #file: CachedFile;
  /** What is to be added. */
  #delta = 0;
  #last: Promise<number> = Promise.resolve(0);
  #next: Promise<number> | undefined;

  constructor(folder: CacheFolder, hash: FlaskFileHash) {
    this.#file = new CachedFile(folder, fileName(COUNT_KEY, hash));
  }

  /** Adds to the count. How many there are then, as far as is known. Those who come while it is being written are written together. */
  add(delta: number): Promise<number> {
    this.#delta += delta;
    this.#next ??= this.#last = this.#last.then(() => {
      const sum = this.#delta;
      this.#delta = 0;
      this.#next = undefined;
      return this.#write((count) => count + sum);
    });
    return this.#next;
  }

  async set(count: number): Promise<void> {
    await this.#write(() => count);
  }

  async #write(change: (count: number) => number): Promise<number> {
    try {
      for (;;) {
        const current = this.#file.read();
        // What cannot be read counts nothing, as in cachelib.
        const count = change((current && unpickleNumber(dataIn(current))) ?? 0);
        const content = endlessContent(pickleNumber(count));
        const isWritten = await (current === undefined
          ? this.#file.create(content)
          : this.#file.replace(current, content));
        if (isWritten) return count;
      }
    } catch {
      return 0;
    }
  }
}
