import { ConfigError } from "../errors.ts";

/** The part of `sodium-native` that is used. */
export interface SodiumNative {
  /** Opens a box. */
  crypto_secretbox_open_easy(
    message: Uint8Array,
    cipher: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean;
  /** Makes a key of a secret. */
  crypto_pwhash(
    output: Uint8Array,
    password: Uint8Array,
    salt: Uint8Array,
    opslimit: number,
    memlimit: number,
    algorithm: number,
  ): void;
  /** How much work that is. */
  readonly crypto_pwhash_OPSLIMIT_MODERATE: number;
  /** How much memory that takes. */
  readonly crypto_pwhash_MEMLIMIT_MODERATE: number;
  /** How it is done: Argon2id. */
  readonly crypto_pwhash_ALG_DEFAULT: number;
}

/** The part of `tweetnacl` that is used. */
export interface Nacl {
  /** What opens a box. */
  readonly secretbox: {
    open(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | null;
  };
}

/** Either of the two. */
export type Sodium = SodiumNative | Nacl;

export type OldKey = string | Uint8Array;

const KEY_BYTES = 32;
const MAC_BYTES = 16;
const SALT_BYTES = 16;
const MIN_SECRET = 32;
/** @fastify/secure-session's own. */
const DEFAULT_SALT = Buffer.from("mq9hDxBVDbspDR6nLfFT1g==", "base64");

/** Opens a box; undefined where this key did not make it. @throws ConfigError for what is no sodium */
export function secretboxOpener(
  sodium: Sodium,
): (box: Uint8Array, nonce: Uint8Array, key: Uint8Array) => Uint8Array | undefined {
  if (isNative(sodium))
    return (box, nonce, key) => {
      if (box.length < MAC_BYTES) return undefined;
      const message = Buffer.alloc(box.length - MAC_BYTES);
      return sodium.crypto_secretbox_open_easy(message, box, nonce, key) ? message : undefined;
    };
  if (typeof sodium?.secretbox?.open === "function")
    return (box, nonce, key) => sodium.secretbox.open(box, nonce, key) ?? undefined;
  throw new ConfigError("acceptSecureSession needs sodium: sodium-native, or tweetnacl.");
}

/** The keys that open boxes. @throws ConfigError */
export function secretKeys(options: {
  readonly sodium: Sodium;
  readonly key?: OldKey | readonly OldKey[] | undefined;
  readonly secret?: string | Uint8Array | undefined;
  readonly salt?: string | Uint8Array | undefined;
}): readonly Uint8Array[] {
  const { key, secret } = options;
  if (key !== undefined) return (Array.isArray(key) ? key : [key as OldKey]).map(keyBytes);
  if (secret === undefined)
    throw new ConfigError("acceptSecureSession needs @fastify/secure-session's key, or its secret.");
  return [stretched(options.sodium, bytesOf(secret), options.salt)];
}

function keyBytes(key: OldKey): Uint8Array {
  const bytes = typeof key === "string" ? Buffer.from(key, "base64") : key;
  if (bytes.length !== KEY_BYTES)
    throw new ConfigError(
      `A key of @fastify/secure-session's has ${KEY_BYTES} bytes; give them, or their base64.`,
    );
  return bytes;
}

function stretched(sodium: Sodium, secret: Uint8Array, given: string | Uint8Array | undefined): Uint8Array {
  if (!isNative(sodium))
    throw new ConfigError("A secret is stretched by sodium-native. Give that as sodium, or give the key.");
  if (secret.length < MIN_SECRET)
    throw new ConfigError(`The secret of @fastify/secure-session has at least ${MIN_SECRET} bytes.`);
  const salt = given === undefined ? DEFAULT_SALT : bytesOf(given);
  if (salt.length !== SALT_BYTES) throw new ConfigError(`The salt must have ${SALT_BYTES} bytes.`);
  const key = Buffer.alloc(KEY_BYTES);
  const { crypto_pwhash_OPSLIMIT_MODERATE: work, crypto_pwhash_MEMLIMIT_MODERATE: memory } = sodium;
  sodium.crypto_pwhash(key, secret, salt, work, memory, sodium.crypto_pwhash_ALG_DEFAULT);
  return key;
}

function isNative(sodium: Sodium): sodium is SodiumNative {
  return (
    typeof (sodium as Partial<SodiumNative> | undefined)?.crypto_secretbox_open_easy === "function" &&
    "crypto_pwhash" in sodium
  );
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text, "utf8") : text;
}
