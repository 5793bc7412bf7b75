import { DIGESTS, type DigestName } from "../crypto/digest.ts";
import { constantTimeEqualText } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";
import { decodeBase64url, decodeBase64urlLenient, encodeBase64url } from "../encoding/base64url.ts";
import { BadSignature, ConfigError, MalformedError } from "../errors.ts";
import type { SigningAlgorithm } from "./algorithm.ts";
import { deriveKey, KEY_DERIVATIONS, type KeyDerivation } from "./key-derivation.ts";
import { secretKeyList, type SecretKey } from "./secret-key.ts";
import {
  append,
  checkEncodable,
  isEncodable,
  splitLast,
  toAscii,
  toBytes,
  type TextOrBytes,
} from "./text-or-bytes.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=";

/** What a {@link Signer} is told beside its keys. */
export interface SignerOptions {
  /** Separates the uses of one secret key: what was signed with one salt is refused with another. Default: `itsdangerous.Signer`. */
  readonly salt?: string | Uint8Array;
  /** What stands between value and signature; nothing that a signature may contain. Default: `.` (itsdangerous' `sep`). */
  readonly separator?: string;
  /** Default: `django-concat`. */
  readonly keyDerivation?: KeyDerivation;
  /** Of the HMAC and of the key derivation (itsdangerous' `digest_method`). Default: `sha1`. */
  readonly digest?: DigestName;
  /** Signs in place of HMAC; the key is derived all the same. */
  readonly algorithm?: SigningAlgorithm;
  /**
   * Accept every text that Python's base64 reads as the right signature: with padding, foreign characters or spare bits.
   * Python writes none of them. Default: false, so that each value has exactly one signed text.
   */
  readonly lenient?: boolean;
}

/**
 * Signs text or bytes: the value stays readable, and cannot be changed without the secret key.
 *
 * The secret key may be a list, oldest first: the last key signs, and all of them verify, newest first.
 *
 * @see itsdangerous signer.py, `Signer`
 * @example
 * const signer = new Signer(secretKey, { salt: "unsubscribe" });
 * signer.unsign(signer.sign("42")); // "42"
 */
export class Signer {
  /** As {@link SignerOptions.salt}, in bytes. */
  readonly salt: Uint8Array;
  /** As {@link SignerOptions.separator}. */
  readonly separator: string;
  /** As {@link SignerOptions.keyDerivation}. */
  readonly keyDerivation: KeyDerivation;
  /** As {@link SignerOptions.digest}. */
  readonly digest: DigestName;
  /** As {@link SignerOptions.lenient}. */
  readonly lenient: boolean;
  readonly #algorithm: SigningAlgorithm | undefined;
  readonly #secretKeys: readonly Uint8Array[];
  /** One per secret key, made when it is first needed. */
  readonly #hmacs: (Hmac | undefined)[] = [];

  /** @throws ConfigError for an empty key or list, an unknown digest or key derivation, and an ambiguous separator */
  constructor(secretKey: SecretKey | readonly SecretKey[], options: SignerOptions = {}) {
    this.#secretKeys = secretKeyList(secretKey);
    this.salt = toBytes(options.salt ?? "itsdangerous.Signer");
    this.separator = options.separator ?? ".";
    this.keyDerivation = options.keyDerivation ?? "django-concat";
    this.digest = options.digest ?? "sha1";
    this.lenient = options.lenient ?? false;
    this.#algorithm = options.algorithm;
    if (ALPHABET.includes(this.separator)) {
      throw new ConfigError(
        "The separator cannot be used because it may be contained in the signature itself. ASCII letters, digits, and '-_=' must not be used.",
      );
    }
    if (!KEY_DERIVATIONS.includes(this.keyDerivation)) {
      throw new ConfigError(`Unknown key derivation method. Use one of ${KEY_DERIVATIONS.join(", ")}.`);
    }
    if (!Object.hasOwn(DIGESTS, this.digest)) {
      throw new ConfigError(`Unknown digest. Use one of ${Object.keys(DIGESTS).join(", ")}.`);
    }
  }

  /** The key that signs; derived from the newest secret key, or from `secretKey`. */
  deriveKey(secretKey?: SecretKey): Uint8Array {
    const key = secretKey === undefined ? this.#secretKeys.at(-1)! : toBytes(secretKey);
    return deriveKey(this.keyDerivation, this.digest, this.salt, key);
  }

  /**
   * The signature of `value` alone, as base64url.
   *
   * @throws TypeError for text with a lone surrogate
   */
  getSignature(value: TextOrBytes): string {
    checkEncodable(value);
    const newest = this.#secretKeys.length - 1;
    if (this.#algorithm === undefined) return this.#hmac(newest).computeText(value);
    return encodeBase64url(this.#algorithm.getSignature(this.deriveKey(), toBytes(value)));
  }

  /**
   * `value`, the separator and the signature.
   *
   * @throws TypeError for text with a lone surrogate
   */
  sign(value: string): string;
  sign(value: Uint8Array): Uint8Array;
  sign(value: TextOrBytes): TextOrBytes;
  sign(value: TextOrBytes): TextOrBytes {
    return append(value, this.separator + this.getSignature(value));
  }

  /** Whether `signature` was made for `value` with any of the keys. */
  verifySignature(value: TextOrBytes, signature: TextOrBytes): boolean {
    if (!isEncodable(value)) return false;
    try {
      const text = this.#signatureText(signature);
      for (let i = this.#secretKeys.length - 1; i >= 0; i--) {
        if (this.#matches(i, value, text)) return true;
      }
      return false;
    } catch (error) {
      if (error instanceof MalformedError) return false;
      throw error;
    }
  }

  /**
   * The value whose signature is right.
   *
   * @throws BadSignature; its `payload` is the value, unverified
   */
  unsign(signed: string): string;
  unsign(signed: Uint8Array): Uint8Array;
  unsign(signed: TextOrBytes): TextOrBytes;
  unsign(signed: TextOrBytes): TextOrBytes {
    const [value, signature] = splitSigned(signed, this.separator);
    if (!this.verifySignature(value, signature)) throw new BadSignature("Signature does not match", value);
    return value;
  }

  /** Whether {@link unsign} would succeed. */
  validate(signed: TextOrBytes): boolean {
    try {
      this.unsign(signed);
      return true;
    } catch (error) {
      if (error instanceof BadSignature) return false;
      throw error;
    }
  }

  /** What the signature is compared as: the canonical text of the bytes that it stands for, or (strict) itself. */
  #signatureText(signature: TextOrBytes): string {
    if (this.lenient) return encodeBase64url(decodeBase64urlLenient(toBytes(signature)));
    return toAscii(signature);
  }

  #matches(index: number, value: TextOrBytes, signature: string): boolean {
    if (this.#algorithm === undefined) {
      return constantTimeEqualText(this.#hmac(index).computeText(value), signature);
    }
    const key = this.deriveKey(this.#secretKeys[index]!);
    return this.#algorithm.verifySignature(key, toBytes(value), decodeBase64url(signature));
  }

  #hmac(index: number): Hmac {
    return (this.#hmacs[index] ??= new Hmac(this.digest, this.deriveKey(this.#secretKeys[index]!)));
  }
}

/** The value and the signature of a signed text. */
export function splitSigned(signed: TextOrBytes, separator: string): readonly [TextOrBytes, TextOrBytes] {
  const parts = splitLast(signed, separator);
  if (parts === undefined) throw new BadSignature("No separator found in value");
  return parts;
}
