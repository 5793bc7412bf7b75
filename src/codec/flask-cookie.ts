import { type Clock, seconds, systemClock, LEEWAY } from "../clock.ts";
import type { DigestName } from "../crypto/digest.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import type { NumberTypes } from "../encoding/python-json.ts";
import { decodeUtf8 } from "../encoding/utf8.ts";
import { deflate, inflate } from "../encoding/zlib.ts";
import { ConfigError, MalformedError, TooLargeError } from "../errors.ts";
import { type KeyDerivation, type SecretKey, TimestampSigner } from "../signer/index.ts";
import type { CookieCodec, OpenedCookie } from "./cookie-codec.ts";
import { type Dict, TaggedJson } from "./tagged-json.ts";
import type { Tag } from "./tags.ts";

/** What {@link FlaskCookie} is told beside its keys. */
export interface FlaskCookieOptions {
  /** Keeps tokens of one purpose from being taken for another. Default: `cookie-session`, Flask's. */
  readonly salt?: string;
  /** Default: `hmac`, Flask's. */
  readonly keyDerivation?: KeyDerivation;
  /** Default: `sha1`, Flask's. */
  readonly digest?: DigestName;
  /** Also accept what only Python's base64 accepts, and Flask never writes. Default: false. */
  readonly lenient?: boolean;
  /**
   * JSON of more bytes than this is compressed where that makes it shorter. 0: always tried, as Flask does, which costs
   * more than everything else together for a small session. Default: 1024.
   */
  readonly compressAbove?: number;
  /** The most bytes of JSON that a cookie may stand for. Default: 65536. */
  readonly maxJsonBytes?: number;
  /**
   * Seconds that new time stamps are dated back. Flask refuses a cookie that is one second ahead of its own clock, so give
   * 2 where Flask on another machine reads what this one signs. Default: 0.
   */
  readonly issueSkew?: number;
  /** The application's own types. */
  readonly tags?: readonly Tag[];
  /** Tells what time goes into new cookies, and how old others are. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** Longer values come from no browser (4,096 bytes) and are refused before any work is done on them. */
const MAX_VALUE = 16_384;

/** The payload, compressed or not; the time in 4 or 5 bytes; a signature of any digest. */
const FORM = /^\.?[\w-]+=*\.[\w-]{6,7}=*\.[\w-]{22,}=*$/;

/**
 * Flask's session cookie: tagged JSON, compressed where it helps, signed with a time stamp, readable by everybody.
 * Mirrors `SecureCookieSessionInterface` (flask/sessions.py) over `URLSafeTimedSerializer`.
 *
 * @example
 * const codec = new FlaskCookie(["secret"]);
 * codec.seal(codec.stringify({ user_id: 1 })); // "eyJ1c2VyX2lkIjoxfQ.awCUAA.…"
 */
export class FlaskCookie implements CookieCodec {
  readonly #json: TaggedJson;
  readonly #signer: TimestampSigner;
  readonly #oldSigner: TimestampSigner | undefined;
  readonly #compressAbove: number;
  readonly #clock: Clock;

  /** The most characters of JSON that {@link open} takes. */
  readonly maxJsonBytes: number;

  /** @param secretKey one key, or several, oldest first, as itsdangerous has them: the last one signs, the others are still accepted */
  constructor(secretKey: SecretKey | readonly SecretKey[], options: FlaskCookieOptions = {}) {
    const keys: readonly SecretKey[] = Array.isArray(secretKey) ? secretKey : [secretKey as SecretKey];
    const clock = options.clock ?? systemClock;
    const { issueSkew = 0, compressAbove = 1024, maxJsonBytes = 65_536 } = options;
    for (const [name, value] of Object.entries({ issueSkew, compressAbove, maxJsonBytes })) {
      if (typeof value !== "number" || !(value >= 0))
        throw new ConfigError(`${name} must be a number, 0 or above.`);
    }
    const skew = issueSkew * 1000;
    const signerOptions = {
      salt: options.salt ?? "cookie-session",
      keyDerivation: options.keyDerivation ?? "hmac",
      digest: options.digest ?? "sha1",
      lenient: options.lenient ?? false,
      clock: skew === 0 ? clock : { now: () => clock.now() - skew },
    } as const;
    this.#json = new TaggedJson(options.tags);
    this.#signer = new TimestampSigner(keys.slice(-1), signerOptions);
    this.#oldSigner = keys.length > 1 ? new TimestampSigner(keys.slice(0, -1), signerOptions) : undefined;
    this.#compressAbove = compressAbove;
    this.maxJsonBytes = maxJsonBytes;
    this.#clock = clock;
  }

  hasForm(value: string): boolean {
    return FORM.test(value);
  }

  /** The JSON of session data. @throws DataError that names the path of what cannot be written */
  stringify(data: Dict, numberTypes?: NumberTypes): string {
    return this.#json.stringify(data, numberTypes);
  }

  /** The cookie's value for JSON that {@link stringify} wrote, signed now. @throws TooLargeError when {@link open} would refuse it */
  seal(json: string): string {
    if (json.length > this.maxJsonBytes) throw tooLarge(json.length, this.maxJsonBytes);
    const value = this.#signer.sign(this.#compressed(json) ?? toBase64url(json));
    if (value.length > MAX_VALUE) throw tooLarge(value.length, MAX_VALUE);
    return value;
  }

  #compressed(json: string): string | undefined {
    if (json.length <= this.#compressAbove) return undefined;
    const packed = deflate(Buffer.from(json, "latin1"));
    return packed.length < json.length - 1 ? `.${encodeBase64url(packed)}` : undefined;
  }

  /**
   * Reads a cookie's value; never throws. The signature is checked before a byte of the payload is looked at.
   *
   * @param maxAge seconds since it was signed; undefined: any age
   */
  open(value: string, maxAge: number | undefined): OpenedCookie {
    if (value.length > MAX_VALUE) return { refused: "too_large" };
    const current = this.#signer.open(value);
    const signed = current ?? this.#oldSigner?.open(value);
    if (signed === undefined) return { refused: "bad_mac" };
    const age = seconds(this.#clock) - signed.timestamp;
    if (age < -LEEWAY) return { refused: "future" };
    if (maxAge !== undefined && age > maxAge) return { refused: "expired" };
    try {
      const text = this.#decode(signed.value);
      const { data, numberTypes, canonical } = this.#json.parse(text);
      const json = canonical ? text : this.#json.stringify(data, numberTypes);
      return { data, numberTypes, json, signedAt: signed.timestamp, oldKey: current === undefined };
    } catch (error) {
      return { refused: error instanceof TooLargeError ? "too_large" : "malformed" };
    }
  }

  #decode(payload: string): string {
    const packed = payload.startsWith(".");
    const base64 = packed ? payload.slice(1) : payload;
    const length = scratch.write(base64, "base64url");
    // Foreign characters are skipped, which shows in the length. Spare bits prove nothing: they were signed like the rest.
    if (base64.length % 4 === 1 || length !== Math.floor(base64.length * 0.75)) {
      throw new MalformedError("The payload is not base64url.");
    }
    if (!packed && length > this.maxJsonBytes) throw tooLarge(length, this.maxJsonBytes);
    const bytes = scratch.subarray(0, length);
    return decodeUtf8(packed ? inflate(bytes, this.maxJsonBytes) : bytes);
  }
}

function tooLarge(size: number, limit: number): TooLargeError {
  return new TooLargeError(`The session has ${size} bytes, and may have ${limit}.`, size, limit, []);
}

/** Holds what is being encoded or decoded, for no longer than a call; room for the longest value. */
const scratch = Buffer.alloc(MAX_VALUE);

function toBase64url(ascii: string): string {
  if (ascii.length > scratch.length) return encodeBase64url(ascii);
  return scratch.toString("base64url", 0, scratch.write(ascii, "latin1"));
}
