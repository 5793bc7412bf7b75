import type { SessionManager } from "../../session/index.ts";

/** How many sessions are asked for at a time ... */
const PAGE = 500;
/** ... and how many times as long as that took it rests, so that nobody has to wait for it. */
const REST = 2;
/** How many results are kept. */
const KEPT = 24;

/** How many sessions there were. One that was changed meanwhile may have been counted twice. */
export interface Count {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly sessions: number;
  /** Of them, those of users. */
  readonly ofUsers: number;
  /** By how many secret keys are newer than the one that they are encrypted with; empty where they are not. */
  readonly byKeyAge: ReadonlyMap<number, number>;
  /** Milliseconds. */
  readonly took: number;
}

/** Counts the sessions of a store by going through all of them: one page after the other, with rests between. */
export class Census {
  readonly #sessions: SessionManager;
  #done: Count[] = [];
  #progress: number | undefined;
  #failure: string | undefined;

  constructor(sessions: SessionManager) {
    this.#sessions = sessions;
  }

  /** The last counts, the newest first. */
  get done(): readonly Count[] {
    return this.#done;
  }

  /** How many have been counted so far; undefined while nobody counts. */
  get progress(): number | undefined {
    return this.#progress;
  }

  /** Why the last count came to nothing. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Begins to count, unless somebody does. Resolves when that is done, whatever comes of it. */
  async begin(): Promise<void> {
    if (this.#progress !== undefined) return;
    this.#progress = 0;
    this.#failure = undefined;
    try {
      const count = await this.#count();
      this.#done = [count, ...this.#done].slice(0, KEPT);
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : "The store failed.";
    } finally {
      this.#progress = undefined;
    }
  }

  async #count(): Promise<Count> {
    const { clock } = this.#sessions.settings.timing;
    const at = clock.now();
    const byKeyAge = new Map<number, number>();
    let ofUsers = 0;
    let sessions = 0;
    let after: string | undefined;
    do {
      const begun = performance.now();
      const page = await this.#sessions.list({ after, limit: PAGE });
      for (const { loggedIn, keyAge } of page.sessions) {
        if (loggedIn) ofUsers += 1;
        if (keyAge !== undefined) byKeyAge.set(keyAge, (byKeyAge.get(keyAge) ?? 0) + 1);
      }
      sessions += page.sessions.length;
      this.#progress = sessions;
      after = page.next;
      await rest(REST * (performance.now() - begun));
    } while (after !== undefined);
    return { at, sessions, ofUsers, byKeyAge, took: clock.now() - at };
  }
}

/** Keeps no process alive. */
function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref?.();
  });
}
