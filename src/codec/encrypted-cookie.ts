import { type Clock, seconds, systemClock, LEEWAY } from "../clock.ts";
import { KEY_ID_BYTES, KeyRing, type MasterKey } from "../crypto/key-ring.ts";
import { Xaes, XAES_OVERHEAD } from "../crypto/xaes.ts";
import { decodeBase64url } from "../encoding/base64url.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import { ConfigError, MalformedError, TooLargeError } from "../errors.ts";
import type { SecretKey } from "../signer/index.ts";
import type { CookieCodec, OpenedCookie } from "./cookie-codec.ts";
import { type Dict, TaggedJson } from "./tagged-json.ts";
import type { Tag } from "./tags.ts";

/** What {@link EncryptedCookie} is told beside its keys. */
export interface EncryptedCookieOptions {
  /**
   * Names the application: cookies of another one with the same secret key are not taken. Every server of one application has the
   * same. Default: the empty name.
   */
  readonly application?: string;
  /** The application's own types. */
  readonly tags?: readonly Tag[];
  /** Tells what time goes into new cookies, and how old others are. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** The first byte: the format that stands for one algorithm, and no other. */
const VERSION = 1;
const HEAD = 1 + KEY_ID_BYTES;
/** In what is encrypted: the format of the data, seconds since 1970, the length of the data. */
const DATA_FORMAT = 1;
const TIME = 1;
const LENGTH = TIME + 5;
const DATA = LENGTH + 3;
/** What is encrypted is filled up to a multiple of so many bytes, so that its length says little of it. */
const STEP = 64;
/** Longer values come from no browser, and are refused before any work is done on them. */
const MAX_VALUE = 16_384;
/** base64url whose first byte is {@link VERSION}, of the least length: head, nonce, tag and one step. */
const FORM = /^A[Q-Za-f][\w-]{144,}$/;
/** What fits into that. */
const MAX_JSON = Math.floor((MAX_VALUE * 3) / 4) - HEAD - XAES_OVERHEAD - STEP - DATA;

/** A secret's part in the encryption of one application's cookies. */
class CookieKey {
  readonly xaes: Xaes;
  /** What a value of this key begins with. */
  readonly head: Uint8Array;
  #name: string | undefined;
  #associated: Uint8Array = new Uint8Array(0);

  constructor(master: MasterKey, application: string) {
    this.xaes = new Xaes(master.derive(`hipflask cookie session ${application}`));
    this.head = Uint8Array.of(VERSION, ...master.id);
  }

  /** What is authenticated beside the data: the head of the value, and the name of the cookie, which is mostly the same one. */
  associated(name: string): Uint8Array {
    if (name !== this.#name) {
      this.#associated = Buffer.concat([this.head, Buffer.from(name, "latin1")]);
      this.#name = name;
    }
    return this.#associated;
  }
}

/**
 * The encrypted session cookie: nobody but the application can read it, change it, or use it as another cookie.
 *
 * base64url of `01 | key ID (4) | nonce (24) | ciphertext | tag (16)`, by XAES-256-GCM, with a key for this purpose and
 * application (HKDF-SHA-256). The version, the key's ID and the cookie's name are authenticated too. docs/encrypted-cookie.md has the
 * format whole, with test vectors.
 *
 * @example
 * const codec = new EncryptedCookie([secretKey]);
 * codec.open(codec.seal(codec.stringify({ user: 1 }), "session"), undefined, "session");
 */
export class EncryptedCookie implements CookieCodec {
  readonly maxJsonBytes: number = MAX_JSON;
  readonly #json: TaggedJson;
  readonly #ring: KeyRing;
  readonly #keys: ReadonlyMap<MasterKey, CookieKey>;
  readonly #clock: Clock;

  /**
   * @param secretKeys oldest first: the last one encrypts, all are accepted
   * @throws ConfigError where there is none, or one twice
   */
  constructor(secretKeys: readonly SecretKey[], options: EncryptedCookieOptions = {}) {
    const { application = "", tags, clock = systemClock } = options;
    if (secretKeys.length === 0) throw new ConfigError("An encrypted cookie needs a secret key.");
    this.#json = new TaggedJson(tags);
    this.#clock = clock;
    this.#ring = new KeyRing(secretKeys);
    this.#keys = new Map([...this.#ring].map((master) => [master, new CookieKey(master, application)]));
  }

  hasForm(value: string): boolean {
    return FORM.test(value);
  }

  stringify(data: Dict, numberTypes?: NumberTypes): string {
    return this.#json.stringify(data, numberTypes);
  }

  seal(json: string, name: string): string {
    return this.sealAt(json, name, seconds(this.#clock));
  }

  /** As {@link seal}, at another time: seconds since 1970. */
  sealAt(json: string, name: string, time: number): string {
    if (json.length > MAX_JSON)
      throw new TooLargeError(
        `The session has ${json.length} bytes, and may have ${MAX_JSON}.`,
        json.length,
        MAX_JSON,
        [],
      );
    const key = this.#keys.get(this.#ring.newest)!;
    const plain = scratch.subarray(0, Math.ceil((DATA + json.length) / STEP) * STEP);
    plain[0] = DATA_FORMAT;
    plain.writeUIntBE(time, TIME, LENGTH - TIME);
    plain.writeUIntBE(json.length, LENGTH, DATA - LENGTH);
    plain.write(json, DATA, "latin1");
    try {
      return key.xaes.seal(plain, key.associated(name), key.head).toString("base64url");
    } finally {
      // It holds no secret for longer than a call, and what the next one is filled up with must be zero.
      plain.fill(0);
    }
  }

  open(value: string, maxAge: number | undefined, name: string): OpenedCookie {
    if (value.length > MAX_VALUE) return { refused: "too_large" };
    try {
      const bytes = decodeBase64url(value);
      if (bytes.length < HEAD + XAES_OVERHEAD + STEP || bytes[0] !== VERSION) return { refused: "malformed" };
      const master = this.#ring.find(bytes.subarray(1, HEAD));
      if (master === undefined) return { refused: "unknown_key" };
      return this.#open(master, bytes, maxAge, name);
    } catch (error) {
      return refusalOf(error);
    }
  }

  #open(master: MasterKey, bytes: Uint8Array, maxAge: number | undefined, name: string): OpenedCookie {
    const key = this.#keys.get(master)!;
    let plain: Buffer;
    try {
      plain = key.xaes.open(bytes.subarray(HEAD), key.associated(name));
    } catch {
      return { refused: "bad_mac" };
    }
    const signedAt = plain.readUIntBE(TIME, LENGTH - TIME);
    const age = seconds(this.#clock) - signedAt;
    if (age < -LEEWAY) return { refused: "future" };
    if (maxAge !== undefined && age > maxAge) return { refused: "expired" };
    const text = plain.toString("latin1", DATA, DATA + plain.readUIntBE(LENGTH, DATA - LENGTH));
    if (plain[0] !== DATA_FORMAT) return { refused: "malformed" };
    const { data, numberTypes, canonical } = this.#json.parse(text);
    const json = canonical ? text : this.#json.stringify(data, numberTypes);
    return { data, numberTypes, json, signedAt, oldKey: master !== this.#ring.newest };
  }
}

function refusalOf(error: unknown): OpenedCookie {
  if (!(error instanceof MalformedError) && !(error instanceof TooLargeError)) throw error;
  return { refused: error instanceof TooLargeError ? "too_large" : "malformed" };
}

/** Holds what is being encrypted. */
const scratch = Buffer.alloc(MAX_VALUE);
