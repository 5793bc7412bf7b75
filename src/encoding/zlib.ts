import { deflateSync, inflateSync } from "node:zlib";
import { MalformedError, TooLargeError } from "../errors.ts";

/** Less room than this Node does not take. */
const MIN_CHUNK = 64;
/** What almost any session fits into; there are as many as it needs. */
const CHUNK = 4096;

/** zlib data (RFC 1950) at level 6, as Python's `zlib.compress`. Another zlib build may write other bytes for the same data. */
export function deflate(data: Uint8Array): Uint8Array {
  // Room for what is worth keeping. Unasked, Node takes 16 KiB for each call.
  return deflateSync(data, { level: 6, chunkSize: Math.max(MIN_CHUNK, data.length) });
}

/**
 * What zlib data stands for, at most `maxBytes` of it: a few bytes can stand for gigabytes.
 *
 * @throws TooLargeError where there is more
 * @throws MalformedError where it is no zlib data
 */
export function inflate(data: Uint8Array, maxBytes: number): Uint8Array {
  const inflated = inflateWithin(data, ROOM * maxBytes);
  if (inflated !== undefined && inflated.length <= maxBytes) return inflated;
  throw new TooLargeError(
    `The compressed data holds more than ${maxBytes} bytes.`,
    maxBytes + 1,
    maxBytes,
    [],
  );
}

/** workerd makes room in steps, and refuses data that fits where the next step does not. */
const ROOM = 2;

/** Undefined where there is more than fits into the room. */
function inflateWithin(data: Uint8Array, room: number): Uint8Array | undefined {
  try {
    return inflateSync(data, { maxOutputLength: room, chunkSize: CHUNK });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // workerd has no code for it.
    if (code === "ERR_BUFFER_TOO_LARGE" || message === "Memory limit exceeded") return undefined;
    throw new MalformedError("The compressed data is not zlib data.");
  }
}
