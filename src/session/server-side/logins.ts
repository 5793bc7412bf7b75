import { RESERVED } from "../reserved.ts";
import type { SessionKey } from "../store.ts";
import { successorOf } from "./record-text.ts";
import type { StoredSession } from "./stored-sessions.ts";

/** What brings users back when their sessions have ended, as the remember-me cookies of `hipflask/login` do. */
export interface RememberedLogins {
  /** Ends the one that a session names. @throws StoreError */
  endNamed(name: string): Promise<unknown>;
  /** Ends a user's, but those that are named. @throws StoreError */
  endOf(user: string, except: readonly string[]): Promise<unknown>;
  /** @throws ConfigError where {@link endAll} cannot be done */
  checkEndAll(): void;
  /** Ends all there are; how many, as far as the store knows. @throws StoreError */
  endAll(): Promise<number>;
}

/** What is asked of the sessions in a store. */
interface Sessions {
  trace(key: SessionKey): Promise<StoredSession | undefined>;
  end(key: SessionKey): Promise<boolean>;
  endOwned(owner: string, except: readonly string[]): Promise<number>;
  endAll(): Promise<number>;
}

/**
 * Ends sessions together with what would bring their users back. That comes first: where the store fails behind it, whoever asks
 * again finds the session that names it.
 */
export class Logins {
  readonly #sessions: Sessions;
  /** By the store that they are in. */
  readonly #remembered = new Map<object, RememberedLogins>();

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** From now on these end, too. They take the place of those that were in the same store. */
  remember(store: object, logins: RememberedLogins): void {
    this.#remembered.set(store, logins);
  }

  /** Ends a session. Whether there was one. @throws StoreError */
  async end(key: SessionKey): Promise<boolean> {
    for (const name of await this.#namesIn(key))
      for (const logins of this.#remembered.values()) await logins.endNamed(name);
    return this.#sessions.end(key);
  }

  /**
   * Ends a user's sessions, but for one.
   *
   * @returns how many sessions, as far as the store knows
   * @throws StoreError | ConfigError
   */
  async endOf(user: string, owner: string, except: string | undefined): Promise<number> {
    const names = except === undefined ? [] : await this.#namesIn({ id: except, owner });
    for (const logins of this.#remembered.values()) await logins.endOf(user, names);
    return this.#sessions.endOwned(owner, except === undefined ? [] : [except]);
  }

  /** Ends everything. @throws StoreError | ConfigError */
  async endAll(): Promise<number> {
    for (const logins of this.#remembered.values()) logins.checkEndAll();
    let count = 0;
    for (const logins of this.#remembered.values()) count += await logins.endAll();
    // Also where both are in one store: a visitor may have come back in the meantime.
    return count + (await this.#sessions.endAll());
  }

  /** The remembered logins that a session names, and what it has become since. */
  async #namesIn(key: SessionKey): Promise<string[]> {
    const names: string[] = [];
    let next: SessionKey | undefined = this.#remembered.size === 0 ? undefined : key;
    while (next !== undefined) {
      const session: StoredSession | undefined = await this.#sessions.trace(next);
      const name = session?.read.data[RESERVED.series];
      if (typeof name === "string") names.push(name);
      next = session && successorOf(session.known.text);
    }
    return names;
  }
}
