import { type UserSession, userSession } from "./listed-session.ts";
import { ownerTag } from "./session-id.ts";
import type { StoredSessions } from "./stored-sessions.ts";

const NAME = /^[\w-]{43}$/;

/** All sessions of one user. */
export class UserSessions {
  readonly #stored: StoredSessions;
  readonly #owner: string;

  /** @internal Use `sessions.forUser`. */
  constructor(stored: StoredSessions, user: string) {
    this.#stored = stored;
    this.#owner = ownerTag(user);
  }

  /** The user's sessions, the last used first. @throws StoreError | ConfigError where the store cannot tell */
  async list(): Promise<UserSession[]> {
    const owned = await this.#stored.owned(this.#owner);
    const sessions = owned.map((found) => userSession(this.#stored, found));
    return sessions.toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime());
  }

  /** @internal Ends those that have `value` among what is the session's own. @throws StoreError | ConfigError where the store cannot tell */
  async revokeMarked(key: string, value: string): Promise<void> {
    for (const { key: name, session } of await this.#stored.owned(this.#owner)) {
      if (session.read.data[key] === value) await this.#stored.end(name);
    }
  }

  /**
   * Ends all of the user's sessions: on every device, at once, and for good. A login that comes later is not concerned.
   *
   * @param options.except the `session.id` of the one that stays; undefined: none does
   * @returns how many were ended, as far as the store knows
   * @throws StoreError when the store fails | ConfigError where the store cannot do it
   */
  async revokeAll(options: { except?: string | undefined } = {}): Promise<number> {
    const { except } = options;
    if (except !== undefined && (typeof except !== "string" || !NAME.test(except)))
      throw new TypeError("Pass the session's id: revokeAll({ except: session.id }).");
    return this.#stored.endOwned(this.#owner, except === undefined ? [] : [except]);
  }
}
