import { malformed } from "./limits.ts";

/** A place in bytes that are read from the first to the last. Every read past the end is a MalformedError. */
export class Cursor {
  readonly #buffer: Buffer;
  #at = 0;
  /** Where the frame ends that we are in; behind us when we are in none. */
  #frameEnd = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }

  /** Begins a frame, which is a part of the pickle with a length of its own. No opcode reaches beyond its end. */
  frame(): void {
    const length = this.uint64();
    if (length > this.left) throw malformed("is cut short");
    if (this.#at < this.#frameEnd) throw malformed("has a frame in a frame");
    this.#frameEnd = this.#at + length;
  }

  uint8(): number {
    return this.#buffer[this.#pass(1)]!;
  }

  uint16(): number {
    return this.#buffer.readUInt16LE(this.#pass(2));
  }

  int32(): number {
    return this.#buffer.readInt32LE(this.#pass(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#pass(4));
  }

  /** Inexact beyond 2^53, where no bytes could follow. */
  uint64(): number {
    return Number(this.#buffer.readBigUInt64LE(this.#pass(8)));
  }

  /** Big-endian, unlike all else. */
  float64(): number {
    return this.#buffer.readDoubleBE(this.#pass(8));
  }

  /** The next bytes: a view, not a copy. */
  take(length: number): Buffer {
    const at = this.#pass(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** What stands before the next line feed, which is passed: a character for each byte. */
  line(): string {
    const end = this.#buffer.indexOf(0x0a, this.#at);
    if (end === -1) throw malformed("is cut short");
    const at = this.#pass(end + 1 - this.#at);
    return this.#buffer.toString("latin1", at, end);
  }

  #pass(length: number): number {
    const at = this.#at;
    if (length > this.left) throw malformed("is cut short");
    this.#at = at + length;
    if (at < this.#frameEnd && this.#at > this.#frameEnd) throw malformed("goes beyond the end of its frame");
    return at;
  }
}
