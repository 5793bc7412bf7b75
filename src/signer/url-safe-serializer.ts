import { decodeBase64url, decodeBase64urlLenient, encodeBase64url } from "../encoding/base64url.ts";
import { parsePythonJson } from "../encoding/python-json-parse.ts";
import { stringifyPythonJson } from "../encoding/python-json.ts";
import { deflate, inflate } from "../encoding/zlib.ts";
import { BadPayload, TooLargeError } from "../errors.ts";
import type { SecretKey } from "./secret-key.ts";
import { type PayloadSerializer, Serializer, type SerializerOptions } from "./serializer.ts";
import type { Signer } from "./signer.ts";
import { checkEncodable, toBytes, toText } from "./text-or-bytes.ts";
import { TimedSerializer } from "./timed-serializer.ts";
import type { TimestampSigner } from "./timestamp-signer.ts";

/** What a {@link URLSafeSerializer} is told beside its keys. */
export interface URLSafeSerializerOptions<S extends Signer = Signer> extends SerializerOptions<S> {
  /** The most bytes that a compressed payload may unpack to; beyond, `dumps` throws a TooLargeError, `loads` a BadPayload. Default: 65,536. */
  readonly maxPayloadBytes?: number;
}

/**
 * A {@link Serializer} whose text is made of letters, digits, `-`, `_` and `.`, and is compressed where that is shorter.
 *
 * @see itsdangerous url_safe.py, `URLSafeSerializer`
 * @example
 * const serializer = new URLSafeSerializer(secretKey, { salt: "unsubscribe" });
 * `https://example.com/unsubscribe/${serializer.dumps({ user: 42, list: "news" })}`;
 */
export class URLSafeSerializer extends Serializer {
  /** @throws ConfigError as {@link Serializer} */
  constructor(secretKey: SecretKey | readonly SecretKey[], options: URLSafeSerializerOptions = {}) {
    super(secretKey, { ...options, serializer: urlSafe(options) });
  }
}

/**
 * A {@link URLSafeSerializer} that also signs the time: for tokens in e-mails, and for Flask's session cookie.
 *
 * A token is valid until it is too old, however often it is used: put into it what its use will change (here the start of
 * the password's hash), and it works once.
 *
 * @see itsdangerous url_safe.py, `URLSafeTimedSerializer`
 * @example
 * const tokens = new URLSafeTimedSerializer(secretKey, { salt: "reset-password" });
 *
 * const token = tokens.dumps({ user: user.id, was: user.passwordHash.slice(0, 16) });
 * await sendMail(user.email, `https://example.com/reset/${token}`);
 *
 * try {
 *   const { user, was } = tokens.loads(token, { maxAge: 60 * 60 }) as { user: string; was: string };
 * } catch (error) {
 *   if (error instanceof SignatureExpired) return "This link was valid for an hour. Ask for a new one.";
 *   if (error instanceof BadData) return "This link is not valid.";
 *   throw error;
 * }
 */
export class URLSafeTimedSerializer extends TimedSerializer {
  /** @throws ConfigError as {@link Serializer} */
  constructor(
    secretKey: SecretKey | readonly SecretKey[],
    options: URLSafeSerializerOptions<TimestampSigner> = {},
  ) {
    super(secretKey, { ...options, serializer: urlSafe(options) });
  }
}

const compactJson: PayloadSerializer = {
  dumps: (value) => stringifyPythonJson(value, { ensureAscii: false }),
  loads: (text) => parsePythonJson(text),
};

/** itsdangerous' `URLSafeSerializerMixin`: base64url around what `serializer` writes, with a leading "." where it is compressed. */
function urlSafe({
  serializer = compactJson,
  lenient = false,
  maxPayloadBytes = 65_536,
}: {
  readonly serializer?: PayloadSerializer;
  readonly lenient?: boolean;
  readonly maxPayloadBytes?: number;
}): PayloadSerializer {
  return {
    dumps(value) {
      const payload = serializer.dumps(value);
      checkEncodable(payload);
      const plain = toBytes(payload);
      const packed = deflate(plain);
      if (packed.length >= plain.length - 1) return encodeBase64url(plain);
      if (plain.length > maxPayloadBytes) throw tooLarge(plain.length, maxPayloadBytes);
      return `.${encodeBase64url(packed)}`;
    },
    loads(text) {
      const compressed = text.startsWith(".");
      const data = decode(compressed ? text.slice(1) : text, lenient);
      return serializer.loads(toText(compressed ? unpack(data, maxPayloadBytes) : data));
    },
  };
}

function decode(text: string, lenient: boolean): Uint8Array {
  try {
    return lenient ? decodeBase64urlLenient(toBytes(text)) : decodeBase64url(text);
  } catch (cause) {
    throw new BadPayload("Could not base64 decode the payload because of an exception", { cause });
  }
}

function unpack(data: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflate(data, maxBytes);
  } catch (cause) {
    const why = cause instanceof TooLargeError ? `: it has more bytes than maxPayloadBytes, ${maxBytes}` : "";
    throw new BadPayload(`Could not zlib decompress the payload before decoding the payload${why}`, {
      cause,
    });
  }
}

function tooLarge(size: number, limit: number): TooLargeError {
  const message = `The payload has ${size} bytes, and may have ${limit}: maxPayloadBytes, where it is written and where it is read.`;
  return new TooLargeError(message, size, limit, []);
}
