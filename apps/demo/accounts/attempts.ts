import { LRUCache } from "lru-cache";

const MOST = 10;
const MINUTES = 15;

/** Counts how often somebody has tried to log in under a name, so that nobody tries all passwords. */
export class Attempts {
  readonly #counts = new LRUCache<string, number>({ max: 10_000, ttl: MINUTES * 60_000 });

  /** Counts one before the password is looked at. False: there were too many of late. */
  begin(name: string): boolean {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count, { noUpdateTTL: true });
    return count <= MOST;
  }

  /** The password was right. */
  forget(name: string): void {
    this.#counts.delete(name);
  }
}
