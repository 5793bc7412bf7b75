import { randomBytes } from "../crypto/random.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import { ConfigError } from "../errors.ts";
import { toAscii, toBytes, toText } from "./text-or-bytes.ts";
import { WELL_KNOWN_SECRETS } from "./well-known-secrets.ts";

/** A secret key: text, which stands for its UTF-8 bytes, or bytes. */
export type SecretKey = string | Uint8Array;

/** How to make a good key, for the end of a message. */
export const MAKE_KEY = "Make a good key with: npx hipflask secret make";

/** What a key of {@link makeSecretKey} begins with: scanners for secrets that leaked look for it. */
const PREFIX = "sk1_";
const PREFIXED = /^sk1_[\w-]{43}$/;

/**
 * A new secret key: `sk1_`, and 32 random bytes in base64url. A scanner for leaked secrets knows it by `sk1_[A-Za-z0-9_-]{43}`.
 *
 * @example makeSecretKey() // "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q"
 */
export function makeSecretKey(): string {
  return PREFIX + encodeBase64url(randomBytes(32));
}

/** Fewer bytes can be guessed, whatever they are. */
const MIN_BYTES = 16;
/** 32 random hexadecimal digits have fewer distinct ones in one of a billion keys. */
const MIN_VARIETY = 7;

/**
 * The keys of a signer, oldest first, as bytes.
 *
 * @throws ConfigError for an empty list, an empty key, or what is no key at all
 */
export function secretKeyList(secretKey: SecretKey | readonly SecretKey[]): readonly Uint8Array[] {
  const keys: readonly SecretKey[] = Array.isArray(secretKey) ? secretKey : [secretKey as SecretKey];
  if (keys.length === 0)
    throw new ConfigError(`The list of secret keys is empty. ${MAKE_KEY}`, "NO_SECRET_KEY");
  return keys.map((key) => keyBytes(key, "The secret key"));
}

/**
 * The keys of an app, oldest first: the fallbacks as they stand, then the key that signs. A fallback that is undefined
 * (an environment variable that is not set) is left out.
 *
 * @param fallbacks Former keys, which still verify. @see Flask's SECRET_KEY_FALLBACKS
 * @throws ConfigError when the key or a fallback is missing or empty, and for fallbacks that are no list: Flask would take
 * each character of a string for a key
 * @example checkSecretKeys(process.env.SECRET_KEY, [process.env.OLD_SECRET_KEY])
 */
export function checkSecretKeys(
  secretKey: SecretKey | undefined,
  fallbacks: readonly (SecretKey | undefined)[] = [],
): readonly Uint8Array[] {
  if (!Array.isArray(fallbacks)) {
    throw new ConfigError("secretKeyFallbacks is one key where a list of keys is needed. Write [oldKey].");
  }
  const former = fallbacks.filter((key: SecretKey | undefined) => key !== undefined);
  return [
    ...former.map((key: SecretKey) => keyBytes(key, "A key in secretKeyFallbacks")),
    keyBytes(secretKey, "secretKey"),
  ];
}

/**
 * Why `secret` is too weak to sign with, and how to make a better one; undefined for a key that looks generated. Whoever
 * guesses the key can sign any session.
 *
 * @example weaknessOf("changeme") // "The secret key is one that everybody knows. Make a good key with: ..."
 */
export function weaknessOf(secret: SecretKey): string | undefined {
  const problem = problemOf(secret);
  return problem === undefined ? undefined : `The secret key ${problem}. ${MAKE_KEY}`;
}

/** What {@link weaknessOf} says, as the end of a sentence that begins with the key's name. */
export function problemOf(secret: SecretKey): string | undefined {
  const bytes = toBytes(secret);
  const texts = readingsOf(secret);
  if (bytes.length === 0) return "is empty";
  if (texts.some((text) => WELL_KNOWN_SECRETS.has(normalize(text)))) return "is one that everybody knows";
  if (bytes.length < MIN_BYTES) return `is shorter than ${MIN_BYTES} bytes`;
  if (texts[0]!.startsWith(PREFIX) && !PREFIXED.test(texts[0]!))
    return `begins with ${PREFIX} and is not whole`;
  if (new Set(bytes).size < MIN_VARIETY) return "consists of a few characters, repeated";
  if (isPattern(bytes)) return "follows a pattern";
  if (texts.some(isWords)) return "consists of words, which can be guessed";
  return undefined;
}

/** The texts that a key may have been typed as. Bytes do not tell their encoding. */
function readingsOf(secret: SecretKey): readonly string[] {
  if (typeof secret === "string") return [secret];
  try {
    return [toAscii(secret), toText(secret)];
  } catch {
    return [toAscii(secret)];
  }
}

function keyBytes(key: unknown, name: string): Uint8Array {
  if (typeof key === "string" && key !== "") return toBytes(key);
  if (key instanceof Uint8Array && key.length > 0) return Uint8Array.from(key);
  const problem = key === undefined || key === null ? "missing" : "empty, or neither text nor bytes";
  throw new ConfigError(`${name} is ${problem}. ${MAKE_KEY}`, "NO_SECRET_KEY");
}

function normalize(text: string): string {
  return text.toLowerCase().replace(/[\s.!?,;:]+$/, "");
}

/** Whether the bytes repeat themselves ("abcabcabc"), or go on by the same few steps ("0123456789abcdef"). */
function isPattern(bytes: Uint8Array): boolean {
  const steps = new Set(bytes.subarray(1).map((byte, i) => byte - bytes[i]!));
  if (steps.size < MIN_VARIETY - 1) return true;
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (bytes.every((byte, i) => i < period || byte === bytes[i - period])) return true;
  }
  return false;
}

/**
 * Whether the text is made of letters that stand as in words: `all small`, `CAPITALS`, `Title Case` or `camelCase`; a year
 * or a longer number may follow. Bytes that nobody types do not: sixteen random ones may begin with four letters.
 */
function isWords(text: string): boolean {
  const words = text.replace(/[ -@[-`{-~]{1,12}$/, "").split(/[\s_.,'-]+/);
  return words.every((word) =>
    /^(?:\p{Lu}+|\p{Lu}?[\p{Ll}\p{Lo}]+(?:\p{Lu}[\p{Ll}\p{Lo}]{2,})*)$/u.test(word),
  );
}
