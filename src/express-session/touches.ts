import { LRUCache } from "lru-cache";
import { isTouched, type Session } from "./session.ts";

/** Of so many sessions it is remembered when they were stored or touched last. */
const REMEMBERED = 10_000;
/** Milliseconds between two touches, at most, of a session whose end only its store knows. */
const PAUSE = 60_000;
/** And where the store does not tell for how long it keeps a session. */
const SHORT_PAUSE = 1000;
/** The part of its time after which a session is touched. */
const TENTH = 0.1;

/** Decides when the store is told that a session is still in use: not with every request, but once per tenth of its time. */
export class Touches {
  /** When a session ends as far as this process has told its store, or when it was touched. Milliseconds since 1970. */
  readonly #told = new LRUCache<string, number>({ max: REMEMBERED });

  readonly #pause: number;

  /** @param ttl what a store tells of how long it keeps sessions: seconds, if it is a number */
  constructor(ttl: unknown) {
    this.#pause = typeof ttl === "number" ? Math.min(ttl * 1000 * TENTH, PAUSE) : SHORT_PAUSE;
  }

  /** A session is stored, or touched, as it is now. */
  told(session: Session): void {
    const { expires } = session.cookie;
    this.#told.set(session.id, expires ? expires.getTime() : Date.now());
  }

  /** @param expires when the session ended as it was loaded */
  isDue(session: Session, expires: Date | null | undefined): boolean {
    if (isTouched(session)) return true;
    const told = this.#told.get(session.id) ?? 0;
    const { originalMaxAge } = session.cookie;
    if (!expires || !originalMaxAge) return isLongFrom(told, this.#pause);
    const ends = [told, expires.getTime()];
    return ends.every((end) => isLongFrom(end - originalMaxAge, originalMaxAge * TENTH));
  }
}

/** Whether it is so long ago, or so far ahead: then a clock was ahead when it was noted, and it says nothing. */
function isLongFrom(instant: number, pause: number): boolean {
  return Math.abs(Date.now() - instant) >= pause;
}
