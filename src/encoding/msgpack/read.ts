import { MalformedError } from "../../errors.ts";
import { MAX_DEPTH } from "../data-path.ts";
import { isInYears } from "../msgspec-text.ts";
import { setOwn } from "../plain.ts";
import { pyFloat } from "../py-float.ts";
import { pythonMap } from "../python-key.ts";
import { PyDatetime, Tuple } from "../python-values.ts";
import { decodeUtf8 } from "../utf8.ts";

/**
 * Reads MessagePack as `msgspec.msgpack.decode` does. A dict whose keys are not all text is a Map; an integral float is a
 * PyFloat, an int beyond 2^53 a bigint. A time stamp is a Date, because a Date is written as one, or a {@link PyDatetime} where
 * it has microseconds that a Date cannot hold.
 *
 * @throws MalformedError and nothing else, also for nesting deeper than 256 levels and for extensions other than time stamps
 */
export function readMsgpack(bytes: Uint8Array): unknown {
  return new Reader(bytes).run();
}

class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): unknown {
    const value = this.#value(1, false);
    if (this.#at !== this.#buffer.length) fail("goes on after its end");
    return value;
  }

  /** `isKey` where it is the key of a dict, or in one: there a list is a tuple, because no Python dict has a list as a key. */
  #value(depth: number, isKey: boolean): unknown {
    const code = this.#buffer[this.#pass(1)]!;
    if (code < 0x80) return code;
    if (code < 0x90) return this.#dict(code - 0x80, depth, isKey);
    if (code < 0xa0) return this.#list(code - 0x90, depth, isKey);
    if (code < 0xc0) return this.#str(code - 0xa0);
    if (code >= 0xe0) return code - 0x100;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return new Uint8Array(this.#bytes(this.#uint(1 << (code - 0xc4))));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#uint(1 << (code - 0xc7)));
      case 0xca:
        return pyFloat(this.#buffer.readFloatBE(this.#pass(4)));
      case 0xcb:
        return pyFloat(this.#buffer.readDoubleBE(this.#pass(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (code - 0xcc));
      case 0xcf:
        return int(this.#buffer.readBigUInt64BE(this.#pass(8)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#int(1 << (code - 0xd0));
      case 0xd3:
        return int(this.#buffer.readBigInt64BE(this.#pass(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (code - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#str(this.#uint(1 << (code - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(2 << (code - 0xdc)), depth, isKey);
      case 0xde:
      case 0xdf:
        return this.#dict(this.#uint(2 << (code - 0xde)), depth, isKey);
      default:
        return fail("has a byte that stands for nothing");
    }
  }

  #list(length: number, depth: number, isKey: boolean): unknown[] {
    if (depth > MAX_DEPTH) fail(`is nested deeper than ${MAX_DEPTH} levels`);
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.#value(depth + 1, isKey));
    return isKey ? new Tuple(list) : list;
  }

  #dict(length: number, depth: number, isKey: boolean): unknown {
    if (isKey) fail("has a dict in a key");
    if (depth > MAX_DEPTH) fail(`is nested deeper than ${MAX_DEPTH} levels`);
    const keys: unknown[] = [];
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) {
      keys.push(this.#value(depth + 1, true));
      values.push(this.#value(depth + 1, false));
    }
    return keys.every((key) => typeof key === "string") ? dictOf(keys, values) : pythonMap(keys, values);
  }

  #str(length: number): string {
    const at = this.#pass(length);
    // What is short and ASCII, as most is, is quicker without a view of its own.
    if (length < 48) {
      let end = at;
      while (end < this.#at && this.#buffer[end]! < 0x80) end++;
      if (end === this.#at) return this.#buffer.toString("latin1", at, end);
    }
    return decodeUtf8(this.#buffer.subarray(at, this.#at));
  }

  #extension(length: number): Date {
    const type = this.#int(1);
    const at = this.#pass(length);
    if (type !== -1) fail("has an extension that is no time stamp");
    if (length === 4) return toDate(this.#buffer.readUInt32BE(at), 0);
    if (length === 8) {
      const high = this.#buffer.readUInt32BE(at);
      return toDate((high % 4) * 2 ** 32 + this.#buffer.readUInt32BE(at + 4), high >>> 2);
    }
    if (length === 12) {
      return toDate(Number(this.#buffer.readBigInt64BE(at + 4)), this.#buffer.readUInt32BE(at));
    }
    return fail("has a time stamp of another length than 4, 8 or 12 bytes");
  }

  #uint(size: number): number {
    return this.#buffer.readUIntBE(this.#pass(size), size);
  }

  #int(size: number): number {
    return this.#buffer.readIntBE(this.#pass(size), size);
  }

  #bytes(length: number): Buffer {
    const at = this.#pass(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** Where the next `length` bytes begin, which are passed. */
  #pass(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#buffer.length) fail("ends too early");
    return at;
  }
}

/** Of two keys that are the same the first gives the place and the last the value, as in Python. */
function dictOf(keys: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const dict: Record<string, unknown> = {};
  keys.forEach((key, i) => setOwn(dict, key, values[i]));
  return dict;
}

function int(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Rounded to microseconds, which is all that a Python datetime has. */
function toDate(seconds: number, nanoseconds: number): Date {
  const microseconds = Math.round(nanoseconds / 1000);
  const late = seconds + Math.floor(microseconds / 1_000_000);
  if (nanoseconds >= 1_000_000_000 || !isInYears(seconds) || !isInYears(late))
    fail("has a time stamp outside of the years 1 to 9999");
  const microsecond = microseconds % 1000;
  const time = seconds * 1000 + (microseconds - microsecond) / 1000;
  return microsecond === 0 ? new Date(time) : new PyDatetime(time, microsecond, 0);
}

function fail(problem: string): never {
  throw new MalformedError(`The MessagePack ${problem}.`);
}
