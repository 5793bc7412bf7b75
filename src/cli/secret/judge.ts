import { digest } from "../../crypto/digest.ts";
import { problemOf } from "../../signer/secret-key.ts";
import { isDisguisedWord, isKeyboardWalk } from "./guessable.ts";
import { KNOWN_SECRETS } from "./known-secrets.ts";

/** Of a secret's SHA-256 the list has so many bits: one good key in three million is taken for a known one. */
const BITS = 36n;

/** Why a secret is too weak to sign with, as the end of a sentence; undefined for one that looks generated and stands in no list. */
export function weakness(secret: string): string | undefined {
  const problem = problemOf(secret);
  if (problem !== undefined) return problem;
  if (isKnown(secret)) return "stands in a list of secrets out of public code";
  if (isDisguisedWord(secret)) return "is a word that everybody tries, with little beside it";
  if (isKeyboardWalk(secret)) return "follows the keyboard";
  return undefined;
}

function isKnown(secret: string): boolean {
  const wanted = Number(
    Buffer.from(digest("sha256", Buffer.from(secret, "utf8"))).readBigUInt64BE() >> (64n - BITS),
  );
  let sum = 0;
  let [distance, weight] = [0, 1];
  for (const byte of Buffer.from(KNOWN_SECRETS, "base64")) {
    distance += (byte & 127) * weight;
    weight *= 128;
    if (byte >= 128) continue;
    sum += distance;
    if (sum >= wanted) return sum === wanted;
    [distance, weight] = [0, 1];
  }
  return false;
}
