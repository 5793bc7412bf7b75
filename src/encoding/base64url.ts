import { MalformedError } from "../errors.ts";

/** Base64url without padding (RFC 4648 section 5). A string stands for its UTF-8 bytes. */
export function encodeBase64url(data: Uint8Array | string): string {
  return toBuffer(data).toString("base64url");
}

/**
 * The bytes that `text` stands for. Strict: exactly one text is accepted for each byte string, so no foreign
 * character, no padding, and no spare bits in the last character.
 *
 * @throws MalformedError
 */
export function decodeBase64url(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw new MalformedError("The text is not canonical base64url.");
  return bytes;
}

/**
 * Reads base64url as Python's `base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))` does, which is how itsdangerous
 * reads it: characters outside the alphabet are skipped, `+` and `/` are taken too, and anything after complete padding
 * is ignored.
 *
 * @throws MalformedError where Python raises
 */
export function decodeBase64urlLenient(text: string): Uint8Array {
  return decodeLenient(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat(-text.length & 3));
}

/**
 * Reads base64 as Python's `base64.b64decode(text)` does (binascii.a2b_base64, not strict).
 *
 * @throws MalformedError where Python raises
 */
export function decodeBase64Lenient(text: string): Uint8Array {
  return decodeLenient(text);
}

// CPython Modules/binascii.c, a2b_base64 with strict_mode=False.
function decodeLenient(text: string): Uint8Array {
  let kept = "";
  let pads = 0;
  for (const char of text) {
    if (char === "=") {
      if (kept.length % 4 >= 2 && (kept.length % 4) + ++pads >= 4) return Buffer.from(kept, "base64");
      continue;
    }
    if (!/[A-Za-z0-9+/]/.test(char)) continue;
    pads = 0;
    kept += char;
  }
  if (kept.length % 4 !== 0) throw new MalformedError("The text is not base64.");
  return Buffer.from(kept, "base64");
}

function toBuffer(data: Uint8Array | string): Buffer {
  if (typeof data === "string") return Buffer.from(data, "utf8");
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
