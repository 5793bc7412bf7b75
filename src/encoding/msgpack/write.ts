import { Unwritable } from "../data-path.ts";
import { isInYears, type Moment } from "../msgspec-text.ts";
import { type Sink, writeMsgspec } from "../msgspec-writer.ts";
import type { NumberTypes } from "../python-json.ts";

/**
 * MessagePack as `msgspec.msgpack.encode` writes it: the smallest form of each int, 64 bits for every float, aware
 * datetimes as the time stamp extension.
 *
 * @example writeMsgpack({ a: 1 }) // the bytes 81 a1 61 01
 * @throws DataError that names the path of what msgspec refuses
 */
export function writeMsgpack(value: unknown, numberTypes?: NumberTypes): Uint8Array {
  const sink = new MsgpackSink();
  writeMsgspec(value, sink, numberTypes);
  return sink.finish();
}

const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 64n - 1n;

class MsgpackSink implements Sink {
  readonly textKeys = false;
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;

  /** All that was written, in memory of its own. */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  none(): void {
    this.#uint(0xc0, 1);
  }

  bool(value: boolean): void {
    this.#uint(value ? 0xc3 : 0xc2, 1);
  }

  int(value: number | bigint): string | undefined {
    if (value >= -32 && value < 128) this.#uint(Number(value) & 0xff, 1);
    else if (value >= -(2 ** 31) && value < 2 ** 32) this.#smallInt(Number(value));
    else if (value >= MIN_INT && value <= MAX_INT) {
      this.#uint(value < 0 ? 0xd3 : 0xcf, 1);
      this.#int64(BigInt(value));
    } else return "an integer of more than 64 bits";
    return undefined;
  }

  /** `size` bytes of 1, 2 and 4 have the codes cc to ce, or d0 to d2 when they are signed. */
  #smallInt(value: number): void {
    const largest = value < 0 ? -2 * value - 1 : value;
    const power = largest < 2 ** 8 ? 0 : largest < 2 ** 16 ? 1 : 2;
    this.#uint((value < 0 ? 0xd0 : 0xcc) + power, 1);
    this.#uint(value < 0 ? value + 2 ** (8 << power) : value, 1 << power);
  }

  float(value: number): void {
    this.#uint(0xcb, 1);
    const at = this.#room(8);
    // A NaN that was read keeps bits of its own, which nobody sees but whoever compares bytes.
    this.#buffer.writeDoubleBE(Number.isNaN(value) ? Number.NaN : value, at);
  }

  str(text: string): void {
    const length = Buffer.byteLength(text, "utf8");
    if (length < 32) this.#uint(0xa0 + length, 1);
    else this.#head(0xd9, 0, length);
    const at = this.#room(length);
    this.#buffer.write(text, at, "utf8");
  }

  bytes(bytes: Uint8Array): void {
    this.#head(0xc4, 0, bytes.length);
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  datetime({ seconds, microseconds }: Moment): void {
    if (!isInYears(seconds)) throw new Unwritable("it is not in the years 1 to 9999 in UTC.");
    const nanoseconds = microseconds * 1000;
    if (seconds < 0 || seconds >= 2 ** 34) {
      this.#uint(0xc70cff, 3);
      this.#uint(nanoseconds, 4);
      this.#int64(BigInt(seconds));
    } else if (nanoseconds === 0 && seconds < 2 ** 32) {
      this.#uint(0xd6ff, 2);
      this.#uint(seconds, 4);
    } else {
      this.#uint(0xd7ff, 2);
      this.#uint(nanoseconds * 4 + Math.floor(seconds / 2 ** 32), 4);
      this.#uint(seconds % 2 ** 32, 4);
    }
  }

  list(length: number): void {
    if (length < 16) this.#uint(0x90 + length, 1);
    else this.#head(0xdc, 1, length);
  }

  dict(length: number): void {
    if (length < 16) this.#uint(0x80 + length, 1);
    else this.#head(0xde, 1, length);
  }

  // Lengths stand for all punctuation.
  comma(): void {}
  colon(): void {}
  endList(): void {}
  endDict(): void {}

  /** A length in as few bytes as it needs; `code` is that of the form with 2 ** `power` bytes, and the next ones follow it. */
  #head(code: number, power: number, length: number): void {
    const needed = length < 2 ** 8 ? 0 : length < 2 ** 16 ? 1 : 2;
    const used = Math.max(needed, power);
    this.#uint(code + used - power, 1);
    this.#uint(length, 1 << used);
  }

  #uint(value: number, size: number): void {
    const at = this.#room(size);
    this.#buffer.writeUIntBE(value, at, size);
  }

  #int64(value: bigint): void {
    const at = this.#room(8);
    this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), at);
  }

  /** The place of the next `size` bytes, for which there may now be another buffer. */
  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}
