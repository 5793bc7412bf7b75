import { Tuple } from "../codec/index.ts";

/** One message for the user's next page. */
export interface Flash {
  /** Which kind it is: the second argument of `session.flash`. */
  readonly category: string;
  /** What it says. */
  readonly message: unknown;
}

/** The queue of messages as a session stores it, with one more: Flask's tuples of category and message. */
export function withFlash(queue: unknown, category: string, message: unknown): unknown[] {
  return [...(Array.isArray(queue) ? queue : []), new Tuple([category, message])];
}

/** The messages of a stored queue. What is none is left out. */
export function flashesOf(queue: unknown): Flash[] {
  return Array.isArray(queue) ? queue.flatMap(toFlash) : [];
}

/** Flask writes a tuple of category and message, Flask-Session a list of them. */
function toFlash(entry: unknown): Flash[] {
  return Array.isArray(entry) && entry.length === 2
    ? [{ category: String(entry[0]), message: entry[1] }]
    : [];
}
