/** What is under way for one key. */
interface Lane {
  users: number;
  /** How many writes are not answered yet. */
  writing: number;
  /** How many writes began since the lane is there. */
  begun: number;
  /** The last change of the cache that is under way or waits. */
  tail: Promise<unknown>;
}

/** Changes the cache. Gets what the store answered: undefined when it failed, or when that may be out of date by now. */
type Change<T> = (answer: T | undefined) => Promise<void>;

/**
 * Keeps the changes of a cache in order with what the store is asked meanwhile. The store is asked at once; what follows for
 * the cache happens in turn, key by key, and is told the answer only if no other write of that key was under way:
 * nothing else tells which of the two the store did first.
 */
export class CachingLanes {
  readonly #lanes = new Map<string, Lane>();
  /** Writes of many keys at once: how many are not answered yet, and how many began so far. */
  #writing = 0;
  #begun = 0;

  /** Whether a write of this key is under way, so that the cache may be behind what somebody has already seen. */
  isWriting(id: string): boolean {
    return this.#writing > 0 || (this.#lanes.get(id)?.writing ?? 0) > 0;
  }

  /** Asks the store for one record, then changes the cache. */
  async read<T>(id: string, ask: () => Promise<T>, change: Change<T>): Promise<T> {
    return this.#run(id, 0, ask, change);
  }

  /** Has the store write one record, then changes the cache, also when the store failed: it may have done it all the same. */
  async write<T>(id: string, ask: () => Promise<T>, change: Change<T>): Promise<T> {
    return this.#run(id, 1, ask, change);
  }

  /** Has the store write many records, then changes the cache when nothing that began before can change it any more. */
  async writeAll<T>(ask: () => Promise<T>, change: () => Promise<unknown>): Promise<T> {
    this.#writing += 1;
    this.#begun += 1;
    try {
      return await askAndFollow(ask, async () => {
        await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.tail));
        await change();
      });
    } finally {
      this.#writing -= 1;
    }
  }

  async #run<T>(id: string, writes: 0 | 1, ask: () => Promise<T>, change: Change<T>): Promise<T> {
    const alone = !this.isWriting(id);
    const lane = this.#lanes.get(id) ?? { users: 0, writing: 0, begun: 0, tail: Promise.resolve() };
    this.#lanes.set(id, lane);
    lane.users += 1;
    lane.writing += writes;
    lane.begun += writes;
    const [begun, allBegun] = [lane.begun, this.#begun];
    const isCurrent = (): boolean => alone && lane.begun === begun && this.#begun === allBegun;
    try {
      return await askAndFollow(ask, async (answer) => {
        if (writes === 0 && !isCurrent()) return;
        const changed = lane.tail.then(() => change(isCurrent() ? answer : undefined));
        lane.tail = changed.catch(() => undefined);
        await changed;
      });
    } finally {
      lane.writing -= writes;
      lane.users -= 1;
      if (lane.users === 0) this.#lanes.delete(id);
    }
  }
}

async function askAndFollow<T>(ask: () => Promise<T>, follow: Change<T>): Promise<T> {
  let answer: T;
  try {
    answer = await ask();
  } catch (error) {
    await follow(undefined);
    throw error;
  }
  await follow(answer);
  return answer;
}
