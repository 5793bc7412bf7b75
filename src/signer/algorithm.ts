import { constantTimeEqual } from "../crypto/equal.ts";

/**
 * How a value is signed with a derived key. HMAC needs none of these: it is what a signer without the `algorithm`
 * option does, with its `digest`.
 *
 * @see itsdangerous signer.py, `SigningAlgorithm`
 * @example
 * class Blake2 extends SigningAlgorithm {
 *   getSignature(key: Uint8Array, value: Uint8Array) {
 *     return blake2b(value, { key });
 *   }
 * }
 */
export abstract class SigningAlgorithm {
  /** The signature of `value`. */
  abstract getSignature(key: Uint8Array, value: Uint8Array): Uint8Array;

  /** Whether `signature` is right for `value`. Default: compares with {@link getSignature} in constant time. */
  verifySignature(key: Uint8Array, value: Uint8Array, signature: Uint8Array): boolean {
    return constantTimeEqual(signature, this.getSignature(key, value));
  }
}

/** Signs nothing: the signature is empty, and anybody can make one. For tests of the code around a signer. */
export class NoneAlgorithm extends SigningAlgorithm {
  override getSignature(): Uint8Array {
    return new Uint8Array(0);
  }
}
