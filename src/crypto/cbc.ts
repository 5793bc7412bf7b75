import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { MalformedError } from "../errors.ts";

/** 32 bytes of key from a password: PBKDF2 with HMAC-SHA-1 and one iteration, as iron derives it. For reading what others sealed; it stretches nothing. */
export function ironKey(password: string, salt: string): Uint8Array {
  return pbkdf2Sync(password, salt, 1, 32, "sha1");
}

/** Decrypts AES-256-CBC. It proves nothing, so check a MAC first. @throws MalformedError */
export function decryptCbc(key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv("aes-256-cbc", key, iv);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch {
    throw new MalformedError("The bytes are no AES-256-CBC.");
  }
}
