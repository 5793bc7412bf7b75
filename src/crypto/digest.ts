import * as crypto from "node:crypto";

/** The digests of Python's hashlib that itsdangerous users choose from. */
export type DigestName = "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512";

/** Bytes that HMAC pads its key to, and bytes of output, per digest. */
export const DIGESTS: Readonly<Record<DigestName, { block: number; size: number }>> = {
  md5: { block: 64, size: 16 },
  sha1: { block: 64, size: 20 },
  sha224: { block: 64, size: 28 },
  sha256: { block: 64, size: 32 },
  sha384: { block: 128, size: 48 },
  sha512: { block: 128, size: 64 },
};

type Text = "latin1" | "base64url";

// crypto.hash (Node 20.12) costs a quarter of a createHash object for short input, as long as it answers with text;
// not every runtime has it.
const oneShot: ((name: string, data: Uint8Array, encoding: Text) => string) | undefined = (
  crypto as { hash?: typeof oneShot }
).hash;

/** The digest of `data`, as one character per byte or as base64url. */
export function digestText(name: DigestName, data: Uint8Array, encoding: Text): string {
  return oneShot
    ? oneShot(name, data, encoding)
    : crypto.createHash(name).update(data).digest().toString(encoding);
}

/** The digest of `data`. */
export function digest(name: DigestName, data: Uint8Array): Uint8Array {
  return Buffer.from(digestText(name, data, "latin1"), "latin1");
}
