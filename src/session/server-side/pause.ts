import { randomBytes } from "../../crypto/random.ts";

/** Milliseconds that a write counts as having taken at least, when it is decided how long to wait for the next attempt. */
const LEAST_PAUSE = 5;

/** Waits longer each time, longer for a slow store, and half of it at random, so that those who met do not meet again. */
export function jitter(failures: number, ms: number): Promise<void> {
  const longest = Math.min(Math.max(ms, LEAST_PAUSE) * 2 ** (failures + 2), 500);
  const share = 0.5 + randomBytes(1)[0]! / 512;
  return new Promise((resolve) => {
    setTimeout(resolve, share * longest);
  });
}
