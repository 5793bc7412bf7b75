import { timingSafeEqual } from "node:crypto";

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const ROOM = 256;
const left = Buffer.alloc(ROOM);
const right = Buffer.alloc(ROOM);

/** Whether two short texts are equal, in a time that depends on their lengths only. */
export function constantTimeEqualText(a: string, b: string): boolean {
  if (a.length * 3 > ROOM || b.length * 3 > ROOM) {
    return constantTimeEqual(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
  }
  // Writing into kept buffers saves two allocations per call.
  return constantTimeEqual(
    left.subarray(0, left.write(a, 0, "utf8")),
    right.subarray(0, right.write(b, 0, "utf8")),
  );
}
