import { type CipherGCM, createCipheriv, createDecipheriv } from "node:crypto";
import { MalformedError } from "../errors.ts";
import { randomBytes } from "./random.ts";

const BLOCK = 16;
const NONCE = 24;
/** The part of the nonce that the message's own key is made of; the rest is AES-GCM's. */
const SALT = 12;
const TAG = 16;
const CIPHER = "aes-256-gcm";

/** How many bytes {@link Xaes.seal} adds. */
export const XAES_OVERHEAD: number = NONCE + TAG;

/**
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM with a random nonce of 192 bits, of which one key may have 2^80. Half of the
 * nonce makes a key of the message's own, by CMAC as NIST SP 800-108r1 has it.
 */
export class Xaes {
  /** AES on single blocks. ECB keeps nothing from one block to the next, so one object serves all messages. */
  readonly #blocks: { update(data: Uint8Array): Buffer };
  /** The two blocks of the key derivation, with CMAC's subkey in them and room for the salt. */
  readonly #derivation: Buffer;

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.#blocks = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    this.#derivation = derivation(this.#blocks.update(Buffer.alloc(BLOCK)));
  }

  /**
   * The nonce, the ciphertext and the tag, after `prefix`.
   *
   * @param associated what must be the same when it is opened
   */
  seal(plain: Uint8Array, associated: Uint8Array, prefix: Uint8Array = NOTHING): Buffer {
    return this.sealWith(randomBytes(NONCE), plain, associated, prefix);
  }

  /** As {@link seal}, with a nonce that must never come twice. For test vectors. */
  sealWith(
    nonce: Uint8Array,
    plain: Uint8Array,
    associated: Uint8Array,
    prefix: Uint8Array = NOTHING,
  ): Buffer {
    const cipher: CipherGCM = createCipheriv(CIPHER, this.#keyFor(nonce), nonce.subarray(SALT));
    cipher.setAAD(associated);
    const start = prefix.length + NONCE;
    const sealed = Buffer.allocUnsafe(start + plain.length + TAG);
    sealed.set(prefix);
    sealed.set(nonce, prefix.length);
    sealed.set(cipher.update(plain), start);
    cipher.final();
    sealed.set(cipher.getAuthTag(), start + plain.length);
    return sealed;
  }

  /** What {@link seal} was given. @throws MalformedError for anything else */
  open(sealed: Uint8Array, associated: Uint8Array): Buffer {
    if (sealed.length < XAES_OVERHEAD)
      throw new MalformedError("The bytes are too short to be encrypted ones.");
    const end = sealed.length - TAG;
    const nonce = sealed.subarray(0, NONCE);
    const decipher = createDecipheriv(CIPHER, this.#keyFor(nonce), nonce.subarray(SALT), {
      authTagLength: TAG,
    });
    decipher.setAAD(associated).setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(NONCE, end));
    try {
      decipher.final();
    } catch {
      throw new MalformedError("The bytes were not encrypted with this key, or were changed.");
    }
    return plain;
  }

  /** The key of one message. */
  #keyFor(nonce: Uint8Array): Buffer {
    const blocks = Buffer.from(this.#derivation);
    for (let i = 0; i < SALT; i++) {
      const byte = nonce[i]!;
      blocks[BLOCK - SALT + i]! ^= byte;
      blocks[2 * BLOCK - SALT + i]! ^= byte;
    }
    return this.#blocks.update(blocks);
  }
}

const NOTHING = new Uint8Array(0);

/** Both blocks `00 counter 'X' 00 salt`, XORed with CMAC's subkey for whole blocks (NIST SP 800-38B section 6.1); the salt is zero. */
function derivation(zeros: Buffer): Buffer {
  const subkey = Buffer.alloc(BLOCK);
  for (let i = 0; i < BLOCK; i++) subkey[i] = (zeros[i]! << 1) | ((zeros[i + 1] ?? 0) >> 7);
  if (zeros[0]! & 0x80) subkey[BLOCK - 1]! ^= 0x87;
  const blocks = Buffer.concat([subkey, subkey]);
  for (const counter of [1, 2]) {
    const start = (counter - 1) * BLOCK;
    blocks[start + 1]! ^= counter;
    blocks[start + 2]! ^= 0x58;
  }
  return blocks;
}
