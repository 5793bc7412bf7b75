import { decodeUtf8, isWellFormed } from "../utf8.ts";
import { malformed } from "./limits.ts";

/** The ways in which pickles write text. In JavaScript two halves of a surrogate pair that meet are one character. */

const LONE_SURROGATE = /(\p{Surrogate})/u;

/** UTF-8 as Python's `surrogatepass`: lone surrogates are three bytes like other characters. */
export function readUtf8(bytes: Uint8Array): string {
  return hasSurrogate(bytes) ? readWithSurrogates(bytes) : decodeUtf8(bytes);
}

/** Surrogates begin with ED, and so do the 2,048 characters before them. */
function hasSurrogate(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0xed); at !== -1; at = bytes.indexOf(0xed, at + 1)) {
    if (bytes[at + 1]! >= 0xa0) return true;
  }
  return false;
}

/** The smallest code point that takes so many bytes besides the first. */
const SMALLEST = [0, 0x80, 0x800, 0x10000] as const;

function readWithSurrogates(bytes: Uint8Array): string {
  const units = Buffer.allocUnsafe(2 * bytes.length);
  let end = 0;
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++]!;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more === 0 ? first : first & (0x3f >> more);
    for (const last = at + more; at < last; at++) {
      const next = bytes[at] ?? 0;
      // What is negative stays so.
      point = (next & 0xc0) === 0x80 ? (point << 6) | (next & 0x3f) : -1;
    }
    const isStart = first < 0x80 || (first >= 0xc0 && first < 0xf8);
    if (!isStart || point < SMALLEST[more] || point > 0x10ffff)
      throw malformed("holds text that is not UTF-8");
    end = writePoint(units, point, end);
  }
  return units.toString("utf16le", 0, end);
}

/** Writes a code point as one or two UTF-16 units, and tells where they end. */
function writePoint(units: Buffer, point: number, at: number): number {
  if (point <= 0xffff) return units.writeUInt16LE(point, at);
  return units.writeUInt16LE(0xdc00 | (point & 0x3ff), units.writeUInt16LE(0xd7c0 + (point >> 10), at));
}

/** @see readUtf8 */
export function writeUtf8(text: string): Uint8Array {
  if (isWellFormed(text)) return Buffer.from(text, "utf8");
  // Every second part is a lone surrogate.
  const parts = text.split(LONE_SURROGATE).map((part, index) => {
    if (index % 2 === 0) return Buffer.from(part, "utf8");
    const unit = part.charCodeAt(0);
    return Buffer.of(0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  });
  return Buffer.concat(parts);
}

/**
 * Python's `raw-unicode-escape`, in which protocol 0 writes text: `\uXXXX` and `\UXXXXXXXX` are characters. A backslash before
 * anything else is itself, and so is what follows it.
 */
export function readRawUnicodeEscape(line: string): string {
  if (!line.includes("\\")) return line;
  const units = Buffer.allocUnsafe(2 * line.length);
  let end = 0;
  for (let at = 0; at < line.length; at++) {
    const next = line[at] === "\\" ? line[at + 1] : undefined;
    const digits = next === "u" ? 4 : next === "U" ? 8 : 0;
    if (digits > 0) {
      end = writePoint(units, readHex(line.slice(at + 2, at + 2 + digits), digits), end);
      at += 1 + digits;
    } else {
      end = units.writeUInt16LE(line.charCodeAt(at), end);
      if (next !== undefined) end = units.writeUInt16LE(line.charCodeAt(++at), end);
    }
  }
  return units.toString("utf16le", 0, end);
}

function readHex(text: string, digits: number): number {
  const point = text.length === digits && /^[\da-f]*$/i.test(text) ? Number.parseInt(text, 16) : Number.NaN;
  if (!(point <= 0x10ffff)) throw malformed("holds text with a bad escape");
  return point;
}

/** A string of Python 2 as its `repr` shows it, quotes included: a character for each byte. */
export function readPython2Repr(line: string): string {
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote)
    throw malformed("holds a string without its quotes");
  const text = line.slice(1, -1);
  const bytes = Buffer.allocUnsafe(text.length);
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "\\") {
      bytes[end++] = text.charCodeAt(at);
    } else if (text[++at] === "x") {
      bytes[end++] = readHex(text.slice(at + 1, at + 3), 2);
      at += 2;
    } else {
      const char = REPR_ESCAPES[text[at] ?? ""];
      if (char === undefined) throw malformed("holds text with a bad escape");
      bytes[end++] = char;
    }
  }
  return bytes.toString("latin1", 0, end);
}

const REPR_ESCAPES: Readonly<Record<string, number>> = {
  "\\": 0x5c,
  "'": 0x27,
  '"': 0x22,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};

/** A string of Python 2 may be text or bytes. Python 3 takes it for text where it is ASCII, and so is it here. */
export function asciiOnly(text: string): string {
  if (!/^[\0-\x7f]*$/.test(text)) throw malformed("holds a string of Python 2 that is not ASCII");
  return text;
}
