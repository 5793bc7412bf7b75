import { randomBytes as random } from "node:crypto";

/** Bytes that nobody can guess. Throws where the system has no randomness to give; nothing else ever takes its place. */
export function randomBytes(size: number): Uint8Array {
  return random(size);
}
