import { randomBytes as nodeRandomBytes } from "node:crypto";

/** Bytes from the runtime's cryptographic generator. Throws when the generator does; there is no fallback. */
export function randomBytes(length: number): Uint8Array {
  return nodeRandomBytes(length);
}
