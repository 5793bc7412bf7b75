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
    return (await this.listMarked("")).map(({ session }) => session);
  }

  /** @internal As {@link list}, each with what it has of its own under a key. @throws StoreError | ConfigError where the store cannot tell */
  async listMarked(key: string): Promise<{ session: UserSession; mark: unknown }[]> {
    const owned = await this.#stored.owned(this.#owner);
    return owned
      .map((found) => ({ session: userSession(this.#stored, found), mark: found.session.read.data[key] }))
      .toSorted((a, b) => b.session.lastSeenAt.getTime() - a.session.lastSeenAt.getTime());
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
