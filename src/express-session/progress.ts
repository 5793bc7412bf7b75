import type { Session } from "./session.ts";

/**
 * What is known of a session while a request works on it: from what it began, and what was stored of it. It stands beside
 * the session, because every property of that is data.
 */
export interface Progress {
  /** The whole session, as JSON, from which the next changes are found; undefined where it was never in the store. */
  base: string | undefined;
  /** Its data without the cookie, as it was last stored; undefined where it was not. */
  saved: string | undefined;
  /** Milliseconds that its cookie lasted as it was last stored; undefined where it was not. */
  duration: number | undefined;
  /** The record that our own stores know it by. */
  known: unknown;
  /** Somebody has ended it in the meantime. */
  gone: boolean;
}

const known = new WeakMap<object, Progress>();

/** What is known of a session, or of what a store gave back. */
export function progressOf(session: object): Progress {
  const present = known.get(session);
  if (present !== undefined) return present;
  const progress: Progress = {
    base: undefined,
    saved: undefined,
    duration: undefined,
    known: undefined,
    gone: false,
  };
  known.set(session, progress);
  return progress;
}

/** A session begins with what a store gave back. */
export function begin(session: Session, stored: object): void {
  const progress = progressOf(session);
  progress.base = JSON.stringify(stored);
  progress.known = progressOf(stored).known;
  progress.duration = durationOf(session);
}

/** Milliseconds that a session's cookie lasts; less than nothing where it ends with the browser's session. */
export function durationOf({ cookie }: Session): number {
  return cookie.originalMaxAge ?? -1000;
}

/** A session's data without its cookie, as JSON: what is compared to see whether it has changed. */
export function dataText(session: Session): string {
  return JSON.stringify(session, function (this: unknown, key: string, value: unknown) {
    return this === session && key === "cookie" ? undefined : value;
  });
}
