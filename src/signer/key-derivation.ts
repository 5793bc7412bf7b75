import { digest, type DigestName } from "../crypto/digest.ts";
import { Hmac } from "../crypto/hmac.ts";
import { concatBytes, toBytes } from "./text-or-bytes.ts";

/**
 * How the signing key comes from the salt and the secret key:
 *
 * - `django-concat`: digest(salt + "signer" + secret), itsdangerous' default
 * - `concat`: digest(salt + secret)
 * - `hmac`: HMAC(secret, salt), which Flask's session cookie uses
 * - `none`: the secret itself; the salt has no effect
 */
export type KeyDerivation = "django-concat" | "concat" | "hmac" | "none";

export const KEY_DERIVATIONS: readonly KeyDerivation[] = ["django-concat", "concat", "hmac", "none"];

const SIGNER = toBytes("signer");

/**
 * The signing key. It separates uses of one secret; it does not make a strong key out of a short password.
 *
 * @see itsdangerous signer.py, `Signer.derive_key`
 * @example deriveKey("hmac", "sha1", toBytes("cookie-session"), secretKey)
 */
export function deriveKey(
  method: KeyDerivation,
  digestName: DigestName,
  salt: Uint8Array,
  secretKey: Uint8Array,
): Uint8Array {
  switch (method) {
    case "django-concat":
      return digest(digestName, concatBytes(salt, SIGNER, secretKey));
    case "concat":
      return digest(digestName, concatBytes(salt, secretKey));
    case "hmac":
      return new Hmac(digestName, secretKey).compute(salt);
    case "none":
      return secretKey;
  }
}
