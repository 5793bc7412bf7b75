import { MalformedError } from "../../errors.ts";

/**
 * The most that is read or written, in bytes: of a pickle itself, and of what it stands for. It is far more than a session
 * has, and little enough to be read in a moment.
 */
export const MAX_SIZE = 8 * 1024 * 1024;

/** What every value counts besides its text or bytes; so there are at most half a million values. */
export const VALUE_SIZE = 16;

/** What is thrown for bytes that are no pickle, or none of plain data. The problem names a kind of thing and no content. */
export function malformed(problem: string): MalformedError {
  return new MalformedError(`The pickle ${problem}.`);
}
