import { Buffer } from "node:buffer";

/** Bytes before the value: seconds since 1970, little-endian; 0 for never. */
export const HEADER = 4;

const NEVER = 0;
const LAST = 2 ** 32 - 1;

/** A file of cachelib's: when it ends, and the value. */
export function contentOf(expires: Date, data: Uint8Array): Uint8Array {
  // What ended before 1970 must not become what never ends.
  return joined(Math.min(Math.max(Math.floor(expires.getTime() / 1000), 1), LAST), data);
}

/** A file of cachelib's that never ends. */
export function endlessContent(data: Uint8Array): Uint8Array {
  return joined(NEVER, data);
}

/** A copy of the value in a file. */
export function dataIn(content: Uint8Array): Uint8Array {
  return new Uint8Array(content.subarray(HEADER));
}

/**
 * What a session's file holds in the moment before it is removed. A removal cannot be done in a turn, and nobody changes a file that is
 * marked so. To cachelib it is a session that ended long ago.
 */
export const REMOVED: Uint8Array = contentOf(new Date(0), new Uint8Array(0));

export function isRemoved(content: Uint8Array): boolean {
  return Buffer.compare(content, REMOVED) === 0;
}

/** Whether a file is whole enough to be a session's, and is not just being removed. */
export function isRecord(content: Uint8Array): boolean {
  return content.length >= HEADER && !isRemoved(content);
}

/** Whether a file says that it has ended; `now` is in milliseconds since 1970. Its first bytes suffice. */
export function hasEnded(content: Uint8Array, now: number): boolean {
  if (content.length < HEADER) return false;
  const end = Buffer.from(content.buffer, content.byteOffset, HEADER).readUInt32LE();
  return end !== NEVER && end * 1000 < now;
}

function joined(seconds: number, data: Uint8Array): Uint8Array {
  const content = Buffer.alloc(HEADER + data.length);
  content.writeUInt32LE(seconds);
  content.set(data, HEADER);
  return content;
}
