import { RESERVED } from "../reserved.ts";
import type { SessionKey } from "../store.ts";
import type { FoundSession } from "./stored-sessions.ts";

/** What ends sessions. */
interface Ending {
  end(key: SessionKey): Promise<unknown>;
}

/** What is asked of the sessions of a user. */
interface UsersSessions extends Ending {
  owned(owner: string): Promise<FoundSession[]>;
}

/** How many sessions a user may have. */
export class UserLimit {
  readonly #most: number;
  readonly #sessions: UsersSessions;
  readonly #logins: Ending;
  /** The last of those who count a user's sessions, by owner. */
  readonly #turns = new Map<string, Promise<void>>();

  /** @param logins what ends sessions with what would bring their users back */
  constructor(most: number, sessions: UsersSessions, logins: Ending) {
    this.#most = most;
    this.#sessions = sessions;
    this.#logins = logins;
  }

  /**
   * Ends the sessions that a user has too many of, once the one with this key was made. Logins of one user take turns here,
   * or each of two would end the other.
   *
   * @throws StoreError
   */
  async keep(newest: SessionKey): Promise<void> {
    const { owner } = newest;
    if (owner === undefined) return;
    const result = (this.#turns.get(owner) ?? Promise.resolve()).then(() => this.#endOldest(newest, owner));
    const turn = result.catch(() => undefined);
    this.#turns.set(owner, turn);
    await turn;
    if (this.#turns.get(owner) === turn) this.#turns.delete(owner);
    return result;
  }

  async #endOldest(newest: SessionKey, owner: string): Promise<void> {
    const owned = await this.#sessions.owned(owner);
    const own = owned.find(({ key }) => key.id === newest.id);
    // Another login has ended this one already.
    if (own === undefined) return;
    // A browser that is remembered begins a session each time, and has forgotten the ones before.
    const series = seriesOf(own);
    const isForgotten = (found: FoundSession): boolean => series !== undefined && seriesOf(found) === series;
    const others = owned
      .filter((found) => found !== own)
      .toSorted(
        (a, b) =>
          Number(isForgotten(a)) - Number(isForgotten(b)) ||
          b.session.known.seen.getTime() - a.session.known.seen.getTime(),
      );
    const kept = new Set([own, ...others.slice(0, this.#most - 1)].map(seriesOf));
    for (const found of others.slice(this.#most - 1)) {
      // Of a browser that has a session here and another one that it has forgotten, the login goes on.
      const from: Ending = kept.has(seriesOf(found)) ? this.#sessions : this.#logins;
      await from.end(found.key);
    }
  }
}

function seriesOf({ session }: FoundSession): unknown {
  return session.read.data[RESERVED.series];
}
