import { MalformedError } from "../errors.ts";

/**
 * Base64url without padding (RFC 4648 section 5). A string stands for its UTF-8 bytes.
 *
 * @example encodeBase64url("hi") // "aGk"
 */
export function encodeBase64url(data: Uint8Array | string): string {
  return toBuffer(data).toString("base64url");
}

/**
 * The bytes that `text` stands for. Strict: exactly one text is accepted for each byte string, so no foreign
 * character, no padding, and no spare bits in the last character.
 *
 * @example decodeBase64url("aGk") // the bytes of "hi"
 * @throws MalformedError
 */
export function decodeBase64url(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw new MalformedError("The text is not canonical base64url.");
  return bytes;
}

/**
 * Reads base64url as itsdangerous' `base64_decode` does: characters outside the alphabet are skipped, `+` and `/` are
 * taken too, and anything after complete padding is ignored. As there, what is not ASCII is dropped from a string, but
 * counts towards the length, and so towards the padding, of bytes.
 *
 * @example decodeBase64urlLenient("a G l =") // the bytes of "hi", as "aGk" is
 * @throws MalformedError where Python raises
 */
export function decodeBase64urlLenient(text: string | Uint8Array): Uint8Array {
  const ascii = typeof text === "string" ? text.replace(NOT_ASCII, "") : toBuffer(text).toString("latin1");
  return decodeBase64Lenient(ascii.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat(-ascii.length & 3));
}

const NOT_ASCII = /[^\0-\x7f]/g;
const FOREIGN = /[^A-Za-z0-9+/=]/g;

/**
 * Reads base64 as Python's `base64.b64decode(text)` does: CPython's `binascii.a2b_base64`, not strict.
 *
 * @example decodeBase64Lenient("a G k =") // the bytes of "hi"
 * @throws MalformedError where Python raises
 */
export function decodeBase64Lenient(text: string): Uint8Array {
  let kept = "";
  let pads = 0;
  for (const char of text.replace(FOREIGN, "")) {
    if (char !== "=") {
      kept += char;
      pads = 0;
    } else if (kept.length % 4 >= 2 && (kept.length % 4) + ++pads >= 4) {
      return Buffer.from(kept, "base64");
    }
  }
  if (kept.length % 4 !== 0) throw new MalformedError("The text is not base64.");
  return Buffer.from(kept, "base64");
}

function toBuffer(data: Uint8Array | string): Buffer {
  if (typeof data === "string") return Buffer.from(data, "utf8");
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
