import { encodeBase64url } from "../encoding/base64url.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** What each ASCII character stands for in base64url; 64: nothing. */
const DIGITS = new Uint8Array(128).fill(64);
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;
/** Eight bytes in base64url. */
const MAX_LENGTH = 11;

/**
 * Seconds since 1970 as signed texts carry them: big-endian bytes without leading zeros, in base64url.
 *
 * @see itsdangerous encoding.py, `base64_encode(int_to_bytes(...))`
 * @example formatTimestamp(1795200000) // "awCUAA"
 */
export function formatTimestamp(seconds: number | bigint): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seconds));
  const first = bytes.findIndex((byte) => byte !== 0);
  return encodeBase64url(first < 0 ? "" : bytes.subarray(first));
}

/**
 * The seconds that `text` stands for, without an allocation; inexact beyond 2^53. Undefined for text that is not canonical
 * base64url, or is of more than 8 bytes.
 *
 * @example parseTimestamp("awCUAA") // 1795200000
 */
export function parseTimestamp(text: string): number | undefined {
  const length = text.length;
  if (length > MAX_LENGTH || length % 4 === 1) return undefined;
  let seconds = 0;
  let digit = 0;
  for (let i = 0; i < length; i++) {
    digit = DIGITS[text.charCodeAt(i)] ?? 64;
    if (digit === 64) return undefined;
    seconds = seconds * 64 + digit;
  }
  // 2 or 3 characters of the last group leave 4 or 2 bits over, which are zero in canonical text.
  const unit = 1 << ((length * 6) % 8);
  return digit % unit === 0 ? Math.floor(seconds / unit) : undefined;
}
