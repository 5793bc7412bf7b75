import { constantTimeEqualText } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";

/** What `crypto.createHmac` takes for a key: text, bytes, or Node's own KeyObject. */
export type Secret = string | ArrayBufferView | { export(): Uint8Array };

const PREFIX = "s:";

/** Signs values as the package `cookie-signature` does: `s:`, the value, a dot, and HMAC-SHA-256 in base64 without padding. */
export class Signatures {
  readonly #keys: readonly Hmac[];

  /** @param secrets the first one signs, all are accepted */
  constructor(secrets: readonly Secret[]) {
    this.#keys = secrets.map((secret) => new Hmac("sha256", bytesOf(secret)));
  }

  sign(value: string): string {
    return `${PREFIX}${value}.${codeOf(this.#keys[0]!, value)}`;
  }

  /** The value in a signed text; undefined where no key has signed it. */
  unsign(text: string): string | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const dot = text.lastIndexOf(".");
    const value = text.slice(PREFIX.length, dot);
    const code = text.slice(dot + 1);
    return this.#keys.some((key) => constantTimeEqualText(codeOf(key, value), code)) ? value : undefined;
  }
}

function codeOf(key: Hmac, value: string): string {
  return Buffer.from(key.compute(value)).toString("base64").replace(/=+$/, "");
}

function bytesOf(secret: Secret): Uint8Array {
  if (typeof secret === "string") return Buffer.from(secret, "utf8");
  if (ArrayBuffer.isView(secret)) return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
  return secret.export();
}
