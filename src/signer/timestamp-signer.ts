import { type Clock, seconds, systemClock } from "../clock.ts";
import { decodeBase64urlLenient, encodeBase64url } from "../encoding/base64url.ts";
import { BadSignature, BadTimeSignature, MalformedError, SignatureExpired } from "../errors.ts";
import type { SecretKey } from "./secret-key.ts";
import { Signer, type SignerOptions, splitSigned } from "./signer.ts";
import { append, splitLast, type TextOrBytes, toAscii, toBytes } from "./text-or-bytes.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

/** The end of the year 9999, where Python's `datetime` ends. */
const MAX_TIMESTAMP = 253_402_300_799;

/** What a {@link TimestampSigner} is told beside its keys. */
export interface TimestampSignerOptions extends SignerOptions {
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/** How a value that carries its time is read. */
export interface UnsignOptions {
  /**
   * Seconds since the signing after which the value is refused; then one signed in the future is refused too.
   * Default: no limit.
   */
  readonly maxAge?: number;
  /** Return `{ value, timestamp }` in place of the value. Default: false. */
  readonly returnTimestamp?: boolean;
}

/** A verified value and when it was signed, to the second. */
export interface Timestamped<T> {
  /** What was signed. */
  readonly value: T;
  /** When it was signed. */
  readonly timestamp: Date;
}

/**
 * A {@link Signer} that also signs the time, so that a signed value can grow too old.
 *
 * @see itsdangerous timed.py, `TimestampSigner`
 * @example
 * const signer = new TimestampSigner(secretKey, { salt: "download" });
 * signer.unsign(signer.sign("report.pdf"), { maxAge: 300 }); // "report.pdf", for five minutes
 */
export class TimestampSigner extends Signer {
  readonly #clock: Clock;
  #stampedAt = -1;
  #stamp = "";

  /** @throws ConfigError as {@link Signer} */
  constructor(secretKey: SecretKey | readonly SecretKey[], options: TimestampSignerOptions = {}) {
    super(secretKey, options);
    this.#clock = options.clock ?? systemClock;
  }

  /** Now, in whole seconds since 1970. */
  getTimestamp(): number {
    return seconds(this.#clock);
  }

  /** @throws RangeError beyond the year 9999, as Python's `datetime` */
  timestampToDate(timestamp: number): Date {
    if (timestamp > MAX_TIMESTAMP) throw new RangeError("The timestamp is beyond the year 9999.");
    return new Date(timestamp * 1000);
  }

  /** `value`, the time and the signature of both, with separators between them. */
  override sign(value: string): string;
  override sign(value: Uint8Array): Uint8Array;
  override sign(value: TextOrBytes): TextOrBytes;
  override sign(value: TextOrBytes): TextOrBytes {
    const now = this.getTimestamp();
    if (now !== this.#stampedAt) {
      this.#stamp = this.separator + formatTimestamp(now);
      this.#stampedAt = now;
    }
    return super.sign(append(value, this.#stamp));
  }

  /**
   * The value whose signature is right and that is not too old.
   *
   * @throws SignatureExpired when it is older than `maxAge`, or from the future
   * @throws BadTimeSignature when the signature is wrong, or the time is missing or unreadable
   * @throws BadSignature when there is nothing like a time at all
   * @throws TypeError when `maxAge` is no number
   */
  override unsign(signed: string, options: UnsignOptions & { returnTimestamp: true }): Timestamped<string>;
  override unsign(
    signed: Uint8Array,
    options: UnsignOptions & { returnTimestamp: true },
  ): Timestamped<Uint8Array>;
  override unsign(signed: string, options?: UnsignOptions & { returnTimestamp?: false }): string;
  override unsign(signed: Uint8Array, options?: UnsignOptions & { returnTimestamp?: false }): Uint8Array;
  override unsign(signed: TextOrBytes, options?: UnsignOptions & { returnTimestamp?: false }): TextOrBytes;
  override unsign(signed: TextOrBytes, options: UnsignOptions = {}): TextOrBytes | Timestamped<TextOrBytes> {
    const { maxAge } = options;
    if (maxAge !== undefined && (typeof maxAge !== "number" || Number.isNaN(maxAge)))
      throw new TypeError("maxAge must be a number of seconds. Leave it out for no limit.");
    const [stamped, signature] = splitSigned(signed, this.separator);
    const valid = this.verifySignature(stamped, signature);
    const parts = splitLast(stamped, this.separator);
    if (parts === undefined) {
      throw valid
        ? new BadTimeSignature("timestamp missing", stamped)
        : new BadSignature("Signature does not match", stamped);
    }
    const value = parts[0];
    const timestamp = this.#readTimestamp(parts[1]);
    if (!valid) throw this.#forged(value, timestamp);
    if (timestamp === undefined) throw new BadTimeSignature("Malformed timestamp", value);
    if (maxAge !== undefined) this.#checkAge(value, timestamp, maxAge);
    if (!options.returnTimestamp) return value;
    const date = this.#dateOf(timestamp);
    if (date === undefined) throw new BadTimeSignature("Malformed timestamp", value);
    return { value, timestamp: date };
  }

  /**
   * For codecs, which have their own rules of time and no use for exceptions: the value and the seconds since 1970 at which
   * it was signed, or undefined where the signature or the form is wrong.
   *
   * @internal
   */
  open(signed: string): { readonly value: string; readonly timestamp: number } | undefined {
    const end = signed.lastIndexOf(this.separator);
    const middle = end < 0 ? -1 : signed.lastIndexOf(this.separator, end - 1);
    if (middle < 0) return undefined;
    const width = this.separator.length;
    if (!this.verifySignature(signed.slice(0, end), signed.slice(end + width))) return undefined;
    const timestamp = this.#readTimestamp(signed.slice(middle + width, end));
    return timestamp === undefined ? undefined : { value: signed.slice(0, middle), timestamp };
  }

  /** Whether {@link unsign} would succeed; `maxAge` in seconds. */
  override validate(signed: TextOrBytes, maxAge?: number): boolean {
    try {
      this.unsign(signed, maxAge === undefined ? {} : { maxAge });
      return true;
    } catch (error) {
      if (error instanceof BadSignature) return false;
      throw error;
    }
  }

  #checkAge(value: TextOrBytes, timestamp: number, maxAge: number): void {
    const age = this.getTimestamp() - timestamp;
    if (age >= 0 && age <= maxAge) return;
    const problem = age > maxAge ? `> ${maxAge}` : "< 0";
    throw new SignatureExpired(`Signature age ${age} ${problem} seconds`, value, this.#dateOf(timestamp));
  }

  #forged(value: TextOrBytes, timestamp: number | undefined): BadTimeSignature {
    if (timestamp === undefined) return new BadTimeSignature("Signature does not match", value);
    const date = this.#dateOf(timestamp);
    return new BadTimeSignature(date ? "Signature does not match" : "Malformed timestamp", value, date);
  }

  #dateOf(timestamp: number): Date | undefined {
    try {
      return this.timestampToDate(timestamp);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #readTimestamp(part: TextOrBytes): number | undefined {
    if (!this.lenient) return parseTimestamp(toAscii(part));
    try {
      return parseTimestamp(encodeBase64url(decodeBase64urlLenient(toBytes(part))));
    } catch (error) {
      if (error instanceof MalformedError) return undefined;
      throw error;
    }
  }
}
