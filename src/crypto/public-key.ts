import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { DigestName } from "./digest.ts";

/** A key of Node's, public or private, that checks signatures. */
export type VerifyingKey = KeyObject;

/** How one kind of signature is checked, and what key it takes. */
export interface SignatureKind {
  /** Of the key. */
  readonly type: string;
  readonly curve?: string;
  /** Undefined where the kind itself hashes. */
  readonly digest?: DigestName;
  readonly pss?: boolean;
}

/** Whether a key is one that this kind of signature takes. */
export function fits(key: VerifyingKey, { type, curve }: SignatureKind): boolean {
  const hasCurve = curve === undefined || key.asymmetricKeyDetails?.namedCurve === curve;
  return key.type !== "secret" && key.asymmetricKeyType === type && hasCurve;
}

/** Whether a key has signed a message. ECDSA signatures are the two numbers, one after the other. */
export function isSigned(
  key: VerifyingKey,
  { digest, pss = false }: SignatureKind,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const padding = pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return verify(digest ?? null, message, { key, dsaEncoding: "ieee-p1363", ...padding }, signature);
}

/** The public key in a PEM text; undefined where there is none. */
export function readPublicKey(pem: string): VerifyingKey | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
