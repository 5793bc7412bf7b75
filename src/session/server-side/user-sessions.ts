import { RESERVED } from "../reserved.ts";
import { type UserSession, userSession } from "./listed-session.ts";
import { ownerTag } from "./session-id.ts";
import type { StoredSessions } from "./stored-sessions.ts";

const NAME = /^[\w-]{43}$/;

/** All sessions of one user. */
export class UserSessions {
  readonly #stored: StoredSessions;
  readonly #user: string;
  readonly #owner: string;

  /** @internal Use `sessions.forUser`. */
  constructor(stored: StoredSessions, user: string) {
    this.#stored = stored;
    this.#user = user;
    this.#owner = ownerTag(user);
  }

  /** The user's sessions, the last used first. @throws StoreError | ConfigError where the store cannot tell */
  async list(): Promise<UserSession[]> {
    const owned = await this.#stored.owned(this.#owner);
    return owned
      .map((found) => userSession(this.#stored, found))
      .toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime());
  }

  /** @internal Ends the sessions that came from a remembered login, and not that one. @throws StoreError | ConfigError where the store cannot tell */
  async endFrom(login: string, except: string | undefined): Promise<void> {
    for (const { key, session } of await this.#stored.owned(this.#owner))
      if (session.read.data[RESERVED.series] === login && key.id !== except) await this.#stored.end(key);
  }

  /**
   * Ends all of the user's sessions: on every device, at once, and for good, with the remembered logins of every `createLogin` that
   * was given these sessions. A login that comes later is not concerned.
   *
   * @param options.except the `session.id` of the one that stays, remembered if it was; undefined: none does
   * @returns how many were ended, as far as the store knows
   * @throws StoreError when the store fails | ConfigError where the store cannot do it
   */
  async revokeAll(options: { except?: string | undefined } = {}): Promise<number> {
    const { except } = options;
    if (except !== undefined && (typeof except !== "string" || !NAME.test(except)))
      throw new TypeError("Pass the session's id: revokeAll({ except: session.id }).");
    return this.#stored.logins.endOf(this.#user, this.#owner, except);
  }
}
