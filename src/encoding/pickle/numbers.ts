import { type PyFloat, pyFloat } from "../py-float.ts";
import { MAX_INT_DIGITS } from "../python-json.ts";
import { malformed } from "./limits.ts";

/** The ways in which pickles write numbers. */

const INT_LIMIT = 10n ** BigInt(MAX_INT_DIGITS);
/** 10 ** 4300 has 14,285 bits. */
const MAX_INT_BYTES = 1786;

/** Whether a value that was read is a Python int; floats that look like one are PyFloat. */
export function isInt(value: unknown): value is number | bigint {
  return typeof value === "bigint" || (Number.isSafeInteger(value) && !Object.is(value, -0));
}

/** Whether an int has no more digits than Python takes and shows. */
export function isShowable(int: bigint): boolean {
  return int < INT_LIMIT && int > -INT_LIMIT;
}

/** Decimal digits, as in protocol 0. */
export function readIntText(text: string): number | bigint {
  if (!/^-?(?:0|[1-9]\d*)$/.test(text)) throw malformed("holds an int that is not written in digits");
  if (text.length > MAX_INT_DIGITS + (text[0] === "-" ? 1 : 0)) throw tooManyDigits();
  const number = Number(text);
  return Number.isSafeInteger(number) ? number + 0 : BigInt(text);
}

/** Two's complement, little-endian, as short as may be: Python's `decode_long`. */
export function readIntBytes(bytes: Uint8Array): number | bigint {
  const { length } = bytes;
  if (length === 0) return 0;
  if (length > MAX_INT_BYTES) throw tooManyDigits();
  const reversed = Buffer.from(bytes.toReversed());
  if (length <= 6) return reversed.readIntBE(0, length);
  const int = BigInt.asIntN(8 * length, BigInt(`0x${reversed.toString("hex")}`));
  if (!isShowable(int)) throw tooManyDigits();
  return Number.isSafeInteger(Number(int)) ? Number(int) : int;
}

/** Python's `encode_long`. */
export function writeIntBytes(int: bigint): Uint8Array {
  const bits = (int < 0n ? ~int : int).toString(2).length;
  const length = (bits >> 3) + 1;
  const hex = BigInt.asUintN(8 * length, int).toString(16);
  return Buffer.from(hex.padStart(2 * length, "0"), "hex").toReversed();
}

/** Python's `repr` of a float, as in protocol 0. */
export function readFloatText(text: string): number | PyFloat {
  const [, sign, word] = /^(-?)(?:(inf|nan)|\d+(?:\.\d*)?(?:e[-+]?\d+)?)$/.exec(text) ?? [];
  if (sign === undefined) throw malformed("holds a float that is not written as one");
  if (word === "nan") return pyFloat(Number.NaN);
  return pyFloat(word === "inf" ? Number(`${sign}Infinity`) : Number(text));
}

/** Whether Python takes a text for a Decimal: its exponents end at about 10 ** 18. */
export function isDecimalText(text: string): boolean {
  return /^-?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:E[-+]?\d{1,17})?|Infinity|s?NaN\d*)$/i.test(text);
}

function tooManyDigits(): Error {
  return malformed(`holds an int of more than ${MAX_INT_DIGITS} digits`);
}
