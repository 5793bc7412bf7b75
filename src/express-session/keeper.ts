import { storedCookie } from "./cookie.ts";
import { mergeJson } from "./merge.ts";
import { progressOf } from "./progress.ts";
import type { SessionRequest } from "./request.ts";
import type { Session, SessionData } from "./session.ts";
import { MERGES, type Store, type StoredSession, type Told } from "./store-shape.ts";
import { Turns } from "./turns.ts";

/**
 * Keeps sessions in a store so that nothing is lost, as far as the store lets it.
 *
 * Stores of ours merge by themselves. One that somebody else made writes whatever it is given: before each write of a session that it had, it
 * is asked what it has now; what others changed meanwhile stays, and a session that has ended is not brought back. In one
 * process that is exact; of two processes one may come between the question and the write.
 */
export class Keeper {
  readonly #store: Store;
  readonly #turns = new Turns();

  constructor(store: Store) {
    this.#store = store;
  }

  get(sid: string): Promise<StoredSession | undefined> {
    return ask<StoredSession>((done) => this.#store.get(sid, done as Told<SessionData>)).catch(
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException | null)?.code === "ENOENT") return undefined;
        throw error;
      },
    );
  }

  set(sid: string, session: Session): Promise<void> {
    return this.#store[MERGES] === true
      ? ask((done) => this.#store.set(sid, session, done))
      : this.#turns.take(sid, () => this.#setMerged(sid, session));
  }

  async #setMerged(sid: string, session: Session): Promise<void> {
    const progress = progressOf(session);
    const { base } = progress;
    const text = JSON.stringify(session);
    let written = session;
    if (base !== undefined) {
      const stored = await this.get(sid);
      progress.gone = !stored;
      if (!stored) return;
      const theirs = JSON.stringify(stored);
      if (theirs !== base) written = withCookie(mergeJson(base, text, theirs), [session, stored]);
    }
    await ask((done) => this.#store.set(sid, written, done));
    progress.base = text;
  }

  /** Moves the end of a session. A store that cannot do so does nothing. */
  touch(sid: string, session: Session): Promise<void> {
    if (this.#store.touch === undefined) return Promise.resolve();
    return this.#turn(sid, (done) => this.#store.touch?.(sid, session, done));
  }

  destroy(sid: string): Promise<void> {
    return this.#turn(sid, (done) => this.#store.destroy(sid, done));
  }

  regenerate(request: SessionRequest): Promise<void> {
    return this.#turn(request.sessionID, (done) => this.#store.regenerate(request, done));
  }

  #turn(sid: string, work: (done: (error?: unknown) => void) => void): Promise<void> {
    return this.#store[MERGES] === true ? ask(work) : this.#turns.take(sid, () => ask(work));
  }
}

const keepers = new WeakMap<Store, Keeper>();

/** The one keeper of a store. */
export function keeperOf(store: Store): Keeper {
  const present = keepers.get(store);
  if (present !== undefined) return present;
  const keeper = new Keeper(store);
  keepers.set(store, keeper);
  return keeper;
}

/**
 * What stores look at of a session: its data, and a cookie that knows when it ends.
 *
 * @param sides whose values it has; some stores keep dates and bytes as such, which JSON does not
 */
function withCookie(text: string, sides: readonly object[]): Session {
  const data = JSON.parse(text) as StoredSession;
  const entries = Object.entries(data).map(([key, value]) => [key, nativeValue(key, value, sides)]);
  return { ...Object.fromEntries(entries), cookie: storedCookie(data.cookie) } as Session;
}

function nativeValue(key: string, value: unknown, sides: readonly object[]): unknown {
  const text = JSON.stringify(value);
  const values = sides.map((side) => (side as Record<string, unknown>)[key]);
  return values.find((native) => JSON.stringify(native) === text) ?? value;
}

/** What a store calls back with, or throws. */
function ask<T = void>(
  work: (done: (error?: unknown, result?: T | null) => void) => void,
): Promise<T extends void ? void : T | undefined> {
  return new Promise((resolve, reject) => {
    work((error, result) => {
      if (error) reject(error as Error);
      else resolve((result ?? undefined) as never);
    });
  });
}
