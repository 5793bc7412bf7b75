import { MalformedError } from "../errors.ts";
import { quoteUnicode } from "./json-text.ts";
import { datetimeText, type Moment } from "./msgspec-text.ts";
import { type Sink, writeMsgspec } from "./msgspec-writer.ts";
import { MAX_INT_DIGITS, type NumberTypes } from "./python-json.ts";
import { parsePythonJson } from "./python-json-parse.ts";
import { decodeUtf8, isWellFormed } from "./utf8.ts";

/**
 * JSON as `msgspec.json.encode` writes it: compact UTF-8, bytes as base64, datetimes as RFC 3339, NaN and infinities as null,
 * and the keys of dicts as text.
 *
 * @example writeMsgspecJson({ f: 1e16 }) // the bytes of {"f":1e16}, or where it was an int {"f":10000000000000000}
 * @throws DataError that names the path of what msgspec refuses
 */
export function writeMsgspecJson(value: unknown, numberTypes?: NumberTypes): Uint8Array {
  const sink = new JsonSink();
  writeMsgspec(value, sink, numberTypes);
  return new TextEncoder().encode(sink.text);
}

/**
 * Reads JSON as `msgspec.json.decode` does, which is stricter than Python's own reader. An integral float is a
 * PyFloat, an int beyond 2^53 a bigint.
 *
 * @throws MalformedError and nothing else
 */
export function readMsgspecJson(bytes: Uint8Array): unknown {
  const value = parsePythonJson(decodeUtf8(bytes), "keep");
  if (isRefused(value)) throw new MalformedError("The JSON has a number or text that msgspec cannot read.");
  return value;
}

class JsonSink implements Sink {
  readonly textKeys = true;
  text = "";

  none(): void {
    this.text += "null";
  }

  bool(value: boolean): void {
    this.text += value ? "true" : "false";
  }

  int(value: number | bigint, isKey: boolean): string | undefined {
    const text = String(value);
    // With a sign msgspec writes one character more, and cannot read it again.
    if (text.length > MAX_INT_DIGITS)
      return `an integer of more than ${MAX_INT_DIGITS} digits, sign included`;
    this.text += isKey ? `"${text}"` : text;
    return undefined;
  }

  float(value: number, isKey: boolean): void {
    if (isKey) this.text += `"${Number.isFinite(value) ? formatRyu(value) : nonFinite(value)}"`;
    else this.text += Number.isFinite(value) ? formatRyu(value) : "null";
  }

  str(text: string): void {
    this.text += quoteUnicode(text);
  }

  bytes(bytes: Uint8Array): void {
    this.text += `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
  }

  datetime(moment: Moment): void {
    this.text += `"${datetimeText(moment)}"`;
  }

  list(): void {
    this.text += "[";
  }

  dict(): void {
    this.text += "{";
  }

  comma(): void {
    this.text += ",";
  }

  colon(): void {
    this.text += ":";
  }

  endList(): void {
    this.text += "]";
  }

  endDict(): void {
    this.text += "}";
  }
}

/** The shortest digits that read back; exponents from 1e16 up and below 1e-5, without a plus or leading zeros. */
function formatRyu(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e16)) return value.toExponential().replace("+", "");
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

const LEAST_INT = -(10n ** BigInt(MAX_INT_DIGITS - 1)) + 1n;

/** Halves of surrogate pairs, the words for what is no number, and floats and ints that are too large. */
function isRefused(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return !isWellFormed(value);
    case "number":
      return !Number.isFinite(value);
    case "bigint":
      return value < LEAST_INT;
    case "object":
      if (value === null) return false;
      if (Array.isArray(value)) return value.some(isRefused);
      return Object.entries(value).some(([key, item]) => isRefused(key) || isRefused(item));
    default:
      return false;
  }
}
