import { ConfigError } from "../errors.ts";
import { deriveKey32 } from "./aead.ts";

/** How many bytes name a key. */
export const KEY_ID_BYTES = 4;

/** A secret, of which keys for many purposes are made. It encrypts nothing itself. */
export interface MasterKey {
  /** Names the secret, and says nothing of it. */
  readonly id: Uint8Array;
  /** 32 bytes for one purpose: whoever has them knows neither the secret nor the key of another purpose. */
  derive(purpose: string): Uint8Array;
}

/** The secrets of an application. What was made with one of them names it, so no key is ever tried. */
export class KeyRing {
  readonly #keys: readonly MasterKey[];

  /**
   * @param secrets oldest first: the last one encrypts, all are accepted
   * @throws ConfigError where two different ones happen to have one name: once in four billion pairs
   */
  constructor(secrets: readonly (string | Uint8Array)[]) {
    const texts = secrets.map((secret) => Buffer.from(secret as Uint8Array).toString("hex"));
    // One that is there twice counts where it stands last.
    this.#keys = secrets.filter((_, i) => texts.lastIndexOf(texts[i]!) === i).map(masterKey);
    const ids = new Set(this.#keys.map(({ id }) => Buffer.from(id).toString("hex")));
    if (ids.size < this.#keys.length)
      throw new ConfigError("Two secret keys have the same name by chance. Make another one.");
  }

  /** The one that encrypts. */
  get newest(): MasterKey {
    return this.#keys.at(-1)!;
  }

  /** The one of this name; undefined where there is none (any more). */
  find(id: Uint8Array): MasterKey | undefined {
    return this.#keys.find((key) => key.id.every((byte, i) => byte === id[i]));
  }

  /** How many keys are newer than this one of them. */
  ageOf(key: MasterKey): number {
    return this.#keys.length - 1 - this.#keys.indexOf(key);
  }

  [Symbol.iterator](): Iterator<MasterKey> {
    return this.#keys[Symbol.iterator]();
  }
}

function masterKey(secret: string | Uint8Array): MasterKey {
  const bytes = typeof secret === "string" ? Buffer.from(secret, "utf8") : secret;
  return {
    id: deriveKey32(bytes, "hipflask key id").subarray(0, KEY_ID_BYTES),
    derive: (purpose) => deriveKey32(bytes, purpose),
  };
}
