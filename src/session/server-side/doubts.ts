/** Milliseconds between two attempts. */
const RETRY = 500;

/**
 * Changes that a store has neither confirmed nor denied, of which the visitor was told that they failed. They are taken
 * back as soon as the store answers again, because nobody knows the ID that they made; until then the session is not used.
 */
export class Doubts {
  readonly #open = new Map<string, () => Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param takeBack called until it fulfils, perhaps more than once at the same time */
  add(id: string, takeBack: () => Promise<void>): void {
    this.#open.set(id, takeBack);
    if (this.#timer !== undefined) return;
    // Where it ends with the request, the session's next one settles what is in doubt.
    this.#timer = setInterval(() => void this.#settleAll(), RETRY);
    this.#timer.unref?.();
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** Takes back what is in doubt under this key, if anything is. @throws what `takeBack` does */
  async settle(id: string): Promise<void> {
    const takeBack = this.#open.get(id);
    if (takeBack === undefined) return;
    await takeBack();
    if (this.#open.get(id) === takeBack) this.#open.delete(id);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #settleAll(): Promise<void> {
    try {
      for (const id of this.#open.keys()) await this.settle(id);
    } catch {
      // A store that fails for one would fail for the others, and says so by an event. The next round goes on.
    }
  }
}
