import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { MalformedError } from "../errors.ts";
import { randomBytes } from "./random.ts";

const NONCE = 12;
const TAG = 16;
const CIPHER = "aes-256-gcm";

/** 32 bytes of key for one purpose, from a secret (HKDF-SHA-256, RFC 5869, without salt). */
export function deriveKey32(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), purpose, 32));
}

/**
 * Encrypts with AES-256-GCM: a random nonce of 96 bits, the ciphertext, a tag of 128 bits. A key must not encrypt more than
 * 2^32 messages.
 *
 * @param associated what must be the same when it is opened
 */
export function seal(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** What {@link seal} encrypted. @throws MalformedError for anything else */
export function open(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array {
  if (sealed.length < NONCE + TAG) throw new MalformedError("The bytes are too short to be encrypted ones.");
  const end = sealed.length - TAG;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(associated)
    .setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, end)), decipher.final()]);
  } catch {
    throw new MalformedError("The bytes were not encrypted with this key, or were changed.");
  }
}
