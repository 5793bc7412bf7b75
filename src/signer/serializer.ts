import type { Clock } from "../clock.ts";
import { parsePythonJson } from "../encoding/python-json-parse.ts";
import { stringifyPythonJson } from "../encoding/python-json.ts";
import { BadPayload, BadSignature, SignatureExpired } from "../errors.ts";
import { type SecretKey, secretKeyList } from "./secret-key.ts";
import { Signer, type SignerOptions } from "./signer.ts";
import { type TextOrBytes, toText } from "./text-or-bytes.ts";
import type { TimestampSignerOptions } from "./timestamp-signer.ts";

/** How a value becomes the text that is signed. `JSON` fits: `{ dumps: JSON.stringify, loads: JSON.parse }`. */
export interface PayloadSerializer {
  /** Text, or the UTF-8 bytes of text. */
  dumps(value: unknown): TextOrBytes;
  /** Whatever it throws becomes the `cause` of a BadPayload. */
  loads(text: string): unknown;
}

/** The options of a signer that are its own; the others come from its serializer. */
export type SignerSettings = Omit<SignerOptions, "salt" | "lenient">;

/** A signer that a serializer can make. */
export type SignerClass<S extends Signer = Signer> = new (
  secretKey: readonly SecretKey[],
  options: TimestampSignerOptions,
) => S;

/** A further way in which a text may be signed: other settings, another class with the same settings, or both. */
export type FallbackSigner<S extends Signer = Signer> =
  | SignerSettings
  | SignerClass<S>
  | readonly [SignerClass<S>, SignerSettings];

/** What a {@link Serializer} is told beside its keys. */
export interface SerializerOptions<S extends Signer = Signer> {
  /** As {@link SignerOptions.salt}. Default: `itsdangerous`. */
  readonly salt?: string | Uint8Array;
  /** Default: JSON as Python's `json` module writes it. */
  readonly serializer?: PayloadSerializer;
  /** Makes the signer. Default: {@link Signer}, or TimestampSigner where the time is signed. */
  readonly signer?: SignerClass<S>;
  /** Settings of the signer (itsdangerous' `signer_kwargs`). Default: those of the class. */
  readonly signerOptions?: SignerSettings;
  /** Tried in this order where the signature is not right for the signer itself, with every key. Default: none. */
  readonly fallbackSigners?: readonly FallbackSigner<S>[];
  /** As {@link SignerOptions.lenient}, and for the payload's base64 too. Default: false. */
  readonly lenient?: boolean;
  /** For signers that sign the time. Default: the system's clock. */
  readonly clock?: Clock;
}

/** How a text is read. */
export interface LoadOptions {
  /** The salt that the text was signed with. Default: the serializer's. */
  readonly salt?: string | Uint8Array;
}

/** What {@link Serializer.loadsUnsafe} found out. */
export interface UnsafePayload {
  /** Whether one of the keys has signed it, and its time is good where that was asked for. */
  readonly signatureValid: boolean;
  /** Undefined where it cannot be read. */
  readonly payload: unknown;
}

const pythonJson: PayloadSerializer = {
  dumps: (value) => stringifyPythonJson(value, { separators: "spaced" }),
  loads: (text) => parsePythonJson(text),
};

/**
 * Turns JSON values into signed text and back. The text is not safe for a URL or a cookie: see URLSafeSerializer.
 *
 * @see itsdangerous serializer.py, `Serializer`
 * @example
 * const serializer = new Serializer(secretKey, { salt: "settings" });
 * serializer.loads(serializer.dumps({ theme: "dark" })); // { theme: "dark" }
 */
export class Serializer<S extends Signer = Signer> {
  readonly #secretKeys: readonly Uint8Array[];
  readonly #salt: string | Uint8Array;
  readonly #serializer: PayloadSerializer;
  readonly #signer: SignerClass<S>;
  readonly #settings: SignerSettings;
  /** What every signer is given, the fallbacks too. */
  readonly #shared: TimestampSignerOptions;
  readonly #fallbackSigners: readonly FallbackSigner<S>[];
  /** The signers for the serializer's own salt, which keep their derived keys. */
  #unsigners: readonly [S, ...S[]] | undefined;

  /** @throws ConfigError for an empty key or list of keys; what is wrong with the signer's settings is found at first use */
  constructor(secretKey: SecretKey | readonly SecretKey[], options: SerializerOptions<S> = {}) {
    this.#secretKeys = secretKeyList(secretKey);
    this.#salt = options.salt ?? "itsdangerous";
    this.#serializer = options.serializer ?? pythonJson;
    this.#signer = options.signer ?? (Signer as unknown as SignerClass<S>);
    this.#settings = options.signerOptions ?? {};
    this.#shared = {
      lenient: options.lenient ?? false,
      ...(options.clock && { clock: options.clock }),
    };
    this.#fallbackSigners = options.fallbackSigners ?? [];
  }

  /** The signer for `salt`. Default: the serializer's salt. */
  makeSigner(salt?: string | Uint8Array): S {
    return this.iterUnsigners(salt)[0];
  }

  /** The signers to try, in order: the signer itself, then one for each of `fallbackSigners`. */
  iterUnsigners(salt?: string | Uint8Array): readonly [S, ...S[]] {
    if (salt !== undefined) return this.#makeSigners(salt);
    return (this.#unsigners ??= this.#makeSigners(this.#salt));
  }

  /**
   * `value` as signed text.
   *
   * @param salt Default: the serializer's.
   * @throws DataError for a value that JSON cannot hold
   */
  dumps(value: unknown, salt?: string | Uint8Array): string {
    return this.makeSigner(salt).sign(toText(this.dumpPayload(value)));
  }

  /**
   * The value of a text that {@link dumps} made.
   *
   * @throws BadSignature when the signature is not right
   * @throws BadPayload when it is, but the payload cannot be read
   */
  loads(text: string, options: LoadOptions = {}): unknown {
    return this.loadPayload(this.unsignWithAny(options.salt, (signer) => signer.unsign(text)));
  }

  /**
   * As {@link loads}, but also for a signature that is not right. Never throws. For debugging only: whoever sent the text
   * may have written the payload.
   */
  loadsUnsafe(text: string, options: LoadOptions = {}): UnsafePayload {
    if (typeof text !== "string") return { signatureValid: false, payload: undefined };
    try {
      return { signatureValid: true, payload: this.loads(text, options) };
    } catch (error) {
      if (error instanceof BadPayload) return { signatureValid: true, payload: undefined };
      if (!(error instanceof BadSignature)) throw error;
      return { signatureValid: false, payload: this.#tryPayload(error.payload) };
    }
  }

  /**
   * The value of a payload without its signature.
   *
   * @throws BadPayload
   */
  loadPayload(payload: TextOrBytes): unknown {
    try {
      return this.#serializer.loads(toText(payload));
    } catch (cause) {
      if (cause instanceof BadPayload) throw cause;
      throw new BadPayload(
        "Could not load the payload because an exception occurred on unserializing the data.",
        { cause },
      );
    }
  }

  /** The payload of `value`, without a signature. */
  dumpPayload(value: unknown): TextOrBytes {
    return this.#serializer.dumps(value);
  }

  /** What `unsign` makes of the first signer whose signature is right. */
  protected unsignWithAny<T>(salt: string | Uint8Array | undefined, unsign: (signer: S) => T): T {
    let last: unknown;
    for (const signer of this.iterUnsigners(salt)) {
      try {
        return unsign(signer);
      } catch (error) {
        // An expired signature is right: no other signer has a say.
        if (!(error instanceof BadSignature) || error instanceof SignatureExpired) throw error;
        last = error;
      }
    }
    throw last;
  }

  #makeSigners(salt: string | Uint8Array): readonly [S, ...S[]] {
    return [
      this.#make(this.#signer, this.#settings, salt),
      ...this.#fallbackSigners.map((fallback) => {
        if (typeof fallback === "function") return this.#make(fallback, this.#settings, salt);
        if (isPair(fallback)) return this.#make(fallback[0], fallback[1], salt);
        return this.#make(this.#signer, fallback, salt);
      }),
    ];
  }

  #make(signer: SignerClass<S>, settings: SignerSettings, salt: string | Uint8Array): S {
    return new signer(this.#secretKeys, { ...settings, ...this.#shared, salt });
  }

  #tryPayload(payload: TextOrBytes | undefined): unknown {
    try {
      return payload === undefined ? undefined : this.loadPayload(payload);
    } catch (error) {
      if (error instanceof BadPayload) return undefined;
      throw error;
    }
  }
}

// Array.isArray does not narrow a union to its readonly tuples.
function isPair<S extends Signer>(
  fallback: SignerSettings | readonly [SignerClass<S>, SignerSettings],
): fallback is readonly [SignerClass<S>, SignerSettings] {
  return Array.isArray(fallback);
}
