import { constantTimeEqual } from "../crypto/equal.ts";
import type { DigestName } from "../crypto/digest.ts";
import { Hmac } from "../crypto/hmac.ts";
import { fits, isSigned, type SignatureKind, type VerifyingKey } from "../crypto/public-key.ts";
import { ConfigError } from "../errors.ts";

type SecretAlgorithm = "HS256" | "HS384" | "HS512";
type PublicAlgorithm = `${"RS" | "PS" | "ES"}${"256" | "384" | "512"}` | "EdDSA";

/** What a JWT may be signed with (RFC 7518 section 3.1, RFC 8037); never `none`. */
export type JwtAlgorithm = SecretAlgorithm | PublicAlgorithm;

const SECRET: Readonly<Record<SecretAlgorithm, DigestName>> = {
  HS256: "sha256",
  HS384: "sha384",
  HS512: "sha512",
};

/** By a public key (RFC 7518, RFC 8037). */
const PUBLIC: Readonly<Record<PublicAlgorithm, SignatureKind>> = {
  RS256: { type: "rsa", digest: "sha256" },
  RS384: { type: "rsa", digest: "sha384" },
  RS512: { type: "rsa", digest: "sha512" },
  PS256: { type: "rsa", digest: "sha256", pss: true },
  PS384: { type: "rsa", digest: "sha384", pss: true },
  PS512: { type: "rsa", digest: "sha512", pss: true },
  ES256: { type: "ec", curve: "prime256v1", digest: "sha256" },
  ES384: { type: "ec", curve: "secp384r1", digest: "sha384" },
  ES512: { type: "ec", curve: "secp521r1", digest: "sha512" },
  EdDSA: { type: "ed25519" },
};

/** What verifies it: a secret as text or bytes, or a public key as a `KeyObject` of `node:crypto`. */
export type JwtKey = string | Uint8Array | VerifyingKey;

/** Tells whether a signature is one of a text, by one algorithm and one key. @throws ConfigError where they do not go together */
export function jwtVerifier(
  algorithm: JwtAlgorithm,
  key: JwtKey | undefined,
): (text: string, signature: Uint8Array) => boolean {
  if (Object.hasOwn(SECRET, algorithm)) {
    const mac = new Hmac(SECRET[algorithm as SecretAlgorithm], secretOf(algorithm, key));
    return (text, signature) => constantTimeEqual(mac.compute(text), signature);
  }
  if (!Object.hasOwn(PUBLIC, algorithm))
    throw new ConfigError(
      `acceptJwt needs the one algorithm that the tokens are signed with: ${Object.keys({ ...SECRET, ...PUBLIC }).join(", ")}.`,
    );
  const kind = PUBLIC[algorithm as PublicAlgorithm];
  const isObject = typeof key === "object" && "asymmetricKeyType" in key;
  if (!isObject || !fits(key, kind))
    throw new ConfigError(`${algorithm} needs a KeyObject of its kind: createPublicKey(pem) of node:crypto.`);
  return (text, signature) => isSigned(key, kind, Buffer.from(text, "latin1"), signature);
}

/** A public key is no secret, and must not be taken for one. */
function secretOf(algorithm: string, key: JwtKey | undefined): Uint8Array {
  const bytes =
    typeof key === "string"
      ? Buffer.from(key, "utf8")
      : ArrayBuffer.isView(key)
        ? key
        : key?.type === "secret"
          ? key.export()
          : undefined;
  if (bytes === undefined || bytes.length === 0 || Buffer.from(bytes).includes("-----BEGIN"))
    throw new ConfigError(`${algorithm} needs the secret that the tokens are signed with, as text or bytes.`);
  return bytes;
}
