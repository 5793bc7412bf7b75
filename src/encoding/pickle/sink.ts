import { TooLargeError } from "../../errors.ts";
import { MAX_SIZE, VALUE_SIZE } from "./limits.ts";
import { writeIntBytes } from "./numbers.ts";
import { OP } from "./opcodes.ts";
import { writeUtf8 } from "./text.ts";

/** Where a pickle is written, value by value. Its size is counted as the reader counts it. */
export class PickleSink {
  #buffer = Buffer.allocUnsafe(512);
  #length = 0;
  #opcodes = 0;

  /** All that was written, in memory of its own. */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  /** @throws TooLargeError when the pickle has become larger than the reader takes */
  op(opcode: number): void {
    const size = this.#length + ++this.#opcodes * VALUE_SIZE;
    if (size > MAX_SIZE) {
      const message = `The session takes more than ${MAX_SIZE} bytes as a pickle, of which every value counts ${VALUE_SIZE} besides its text.`;
      throw new TooLargeError(message, size, MAX_SIZE, []);
    }
    this.uint8(opcode);
  }

  uint8(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  int(value: number | bigint): void {
    if (value >= 0 && value <= 0xff) {
      this.op(OP.BININT1);
      this.uint8(Number(value));
    } else if (value >= 0 && value <= 0xffff) {
      this.op(OP.BININT2);
      const at = this.#room(2);
      this.#buffer.writeUInt16LE(Number(value), at);
    } else if (value >= -(2 ** 31) && value < 2 ** 31) {
      this.op(OP.BININT);
      const at = this.#room(4);
      this.#buffer.writeInt32LE(Number(value), at);
    } else {
      this.#sized(writeIntBytes(BigInt(value)), OP.LONG1, OP.LONG4);
    }
  }

  float(value: number): void {
    this.op(OP.BINFLOAT);
    const at = this.#room(8);
    // A NaN that was read keeps bits of its own, which nobody sees but whoever compares bytes.
    this.#buffer.writeDoubleBE(Number.isNaN(value) ? Number.NaN : value, at);
  }

  str(text: string): void {
    this.#sized(writeUtf8(text), OP.SHORT_BINUNICODE, OP.BINUNICODE);
  }

  bytes(bytes: Uint8Array): void {
    this.#sized(bytes, OP.SHORT_BINBYTES, OP.BINBYTES);
  }

  /** Bytes behind their length, which takes one byte or four. */
  #sized(bytes: Uint8Array, short: number, long: number): void {
    const { length } = bytes;
    const isShort = length <= 0xff;
    this.op(isShort ? short : long);
    const at = this.#room((isShort ? 1 : 4) + length);
    this.#buffer.writeUIntLE(length, at, isShort ? 1 : 4);
    this.#buffer.set(bytes, at + (isShort ? 1 : 4));
  }

  /** The place of the next `size` bytes. */
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
