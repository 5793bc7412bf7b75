import { deflateSync, inflateSync } from "node:zlib";
import { MalformedError, TooLargeError } from "../errors.ts";

/** zlib data (RFC 1950) at level 6, as Python's `zlib.compress`. Another zlib build may write other bytes for the same data. */
export function deflate(data: Uint8Array): Uint8Array {
  return deflateSync(data, { level: 6 });
}

/**
 * What zlib data stands for, at most `maxBytes` of it: a few bytes can stand for gigabytes.
 *
 * @throws TooLargeError where there is more
 * @throws MalformedError where it is no zlib data
 */
export function inflate(data: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new TooLargeError(
        `The compressed data holds more than ${maxBytes} bytes.`,
        maxBytes + 1,
        maxBytes,
        [],
      );
    }
    throw new MalformedError("The compressed data is not zlib data.");
  }
}
