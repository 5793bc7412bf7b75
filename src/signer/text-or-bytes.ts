/** What can be signed: bytes, or text, which stands for its UTF-8 bytes. The result is of the same kind. */
export type TextOrBytes = string | Uint8Array;

const encoder = new TextEncoder();
// A byte order mark stays where it is, and bytes that are not UTF-8 throw a TypeError.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// Gives every byte one character, and none but ASCII bytes an ASCII character.
const latin1 = new TextDecoder("latin1");
/** ES2024, in Node since version 20. */
type WellFormable = string & { isWellFormed(): boolean };

/**
 * Whether `value` has UTF-8 bytes of its own: a lone surrogate has none, and would share those of U+FFFD.
 *
 * @throws TypeError for what is neither text nor bytes
 */
export function isEncodable(value: TextOrBytes): boolean {
  if (typeof value === "string") return (value as WellFormable).isWellFormed();
  void bytesOf(value);
  return true;
}

/** @throws TypeError where {@link isEncodable} says no */
export function checkEncodable(value: TextOrBytes): void {
  if (!isEncodable(value)) throw new TypeError("The text holds a lone surrogate, which UTF-8 cannot encode.");
}

export function toBytes(value: TextOrBytes): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : bytesOf(value);
}

/** @throws TypeError for what is neither text nor bytes: a parameter that a request does not have, say */
function bytesOf(value: Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("What is signed, and its signature and salt, must be text or bytes (a Uint8Array).");
}

/** @throws TypeError when the bytes are not UTF-8 */
export function toText(value: TextOrBytes): string {
  return typeof value === "string" ? value : decoder.decode(value);
}

/** Text in which each byte is a character; for what must be ASCII to be right. Never throws. */
export function toAscii(value: TextOrBytes): string {
  return typeof value === "string" ? value : latin1.decode(value);
}

export function append(value: TextOrBytes, text: string): TextOrBytes {
  return typeof value === "string" ? value + text : concatBytes(value, encoder.encode(text));
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What stands before and after the last `separator`; undefined where there is none. */
export function splitLast(
  value: TextOrBytes,
  separator: string,
): readonly [TextOrBytes, TextOrBytes] | undefined {
  if (typeof value === "string") {
    const at = value.lastIndexOf(separator);
    return at < 0 ? undefined : [value.slice(0, at), value.slice(at + separator.length)];
  }
  const mark = encoder.encode(separator);
  let at = bytesOf(value).length - mark.length;
  while (at >= 0 && !mark.every((byte, i) => value[at + i] === byte)) at--;
  return at < 0 ? undefined : [value.subarray(0, at), value.subarray(at + mark.length)];
}
