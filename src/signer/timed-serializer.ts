import type { SecretKey } from "./secret-key.ts";
import { type LoadOptions, Serializer, type SerializerOptions, type UnsafePayload } from "./serializer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";

/** How a text that carries its time is read. */
export interface TimedLoadOptions extends LoadOptions {
  /**
   * Seconds since the signing after which the text is refused; then one signed in the future is refused too.
   * Default: no limit.
   */
  readonly maxAge?: number;
  /** Return `{ payload, timestamp }` in place of the payload. Default: false. */
  readonly returnTimestamp?: boolean;
}

/** A verified payload and when it was signed, to the second. */
export interface TimestampedPayload {
  /** What was signed. */
  readonly payload: unknown;
  /** When it was signed. */
  readonly timestamp: Date;
}

/**
 * A {@link Serializer} that also signs the time, so that a text can grow too old.
 *
 * @see itsdangerous timed.py, `TimedSerializer`
 * @example
 * const serializer = new TimedSerializer(secretKey);
 * serializer.loads(serializer.dumps([1, 2]), { maxAge: 60 }); // [1, 2], for a minute
 */
export class TimedSerializer extends Serializer<TimestampSigner> {
  /** @throws ConfigError as {@link Serializer} */
  constructor(secretKey: SecretKey | readonly SecretKey[], options: SerializerOptions<TimestampSigner> = {}) {
    super(secretKey, { signer: TimestampSigner, ...options });
  }

  /**
   * The value of a text that `dumps` made.
   *
   * @throws SignatureExpired when it is older than `maxAge`, or from the future
   * @throws BadTimeSignature when the signature is not right, or the time is missing or unreadable
   * @throws BadSignature when there is nothing like a time at all
   * @throws BadPayload when the signature is right, but the payload cannot be read
   * @throws TypeError when `maxAge` is no number
   */
  override loads(text: string, options: TimedLoadOptions & { returnTimestamp: true }): TimestampedPayload;
  override loads(text: string, options?: TimedLoadOptions): unknown;
  override loads(text: string, options: TimedLoadOptions = {}): unknown {
    const unsignOptions = {
      ...(options.maxAge !== undefined && { maxAge: options.maxAge }),
      // Always, so that a time which is no date is refused.
      returnTimestamp: true,
    } as const;
    const { value, timestamp } = this.unsignWithAny(options.salt, (signer) =>
      signer.unsign(text, unsignOptions),
    );
    const payload = this.loadPayload(value);
    return options.returnTimestamp ? { payload, timestamp } : payload;
  }

  /** As Serializer's `loadsUnsafe`; a text older than `maxAge` counts as one whose signature is not right. */
  override loadsUnsafe(text: string, options: Omit<TimedLoadOptions, "returnTimestamp"> = {}): UnsafePayload {
    return super.loadsUnsafe(text, options);
  }
}
