import { digestText } from "../../crypto/digest.ts";
import { randomBytes } from "../../crypto/random.ts";
import { encodeBase64url } from "../../encoding/base64url.ts";
import { BadSignature, ConfigError } from "../../errors.ts";
import { type SecretKey, Signer } from "../../signer/index.ts";
import type { SessionId } from "../server-side/session-id.ts";

/** Those of Flask-Session since 0.6, of any SESSION_ID_LENGTH, and the UUIDs of the releases before. */
const FORM = /^[\w-]{20,128}$/;

/** The fewest random bytes that nobody can guess. */
const LEAST_BYTES = 16;
/** What makes 128 characters. */
const MOST_BYTES = 96;

/** The IDs of Flask-Session: in its cookie, signed where SESSION_USE_SIGNER asks for it, and in the store as they are. */
export class FlaskSessionIds {
  readonly #bytes: number;
  readonly #signer: Signer | undefined;

  /**
   * @param bytes `SESSION_ID_LENGTH`
   * @param signingKeys oldest first: the last one signs; undefined: IDs are not signed
   * @throws ConfigError for a length that is too short, or too long for a cookie's checks
   */
  constructor(bytes: number, signingKeys: readonly SecretKey[] | undefined) {
    if (!Number.isInteger(bytes) || bytes < LEAST_BYTES || bytes > MOST_BYTES)
      throw new ConfigError(`SESSION_ID_LENGTH must be a whole number from ${LEAST_BYTES} to ${MOST_BYTES}.`);
    this.#bytes = bytes;
    this.#signer = signingKeys && new Signer(signingKeys, { salt: "flask-session", keyDerivation: "hmac" });
  }

  create(): SessionId {
    const id = encodeBase64url(randomBytes(this.#bytes));
    return { text: this.#signer?.sign(id) ?? id, key: { id, owner: undefined } };
  }

  /** The ID in a cookie's value; undefined for a value that holds none. Nothing else is sent to a store. */
  read(text: string): SessionId | undefined {
    const id = this.#unsigned(text);
    return id !== undefined && FORM.test(id) ? { text, key: { id, owner: undefined } } : undefined;
  }

  #unsigned(text: string): string | undefined {
    if (this.#signer === undefined) return text;
    try {
      return this.#signer.unsign(text);
    } catch (error) {
      if (error instanceof BadSignature) return undefined;
      throw error;
    }
  }
}

/** A name for a session that is no secret: the SHA-256 of its ID. */
export function publicName({ key }: SessionId): string {
  return digestText("sha256", Buffer.from(key.id, "latin1"), "base64url");
}
