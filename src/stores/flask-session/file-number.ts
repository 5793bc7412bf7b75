import { Buffer } from "node:buffer";

const PROTOCOL = Buffer.of(0x80, 5);
const FRAME = 0x95;
/** The opcode of FRAME, and the length of what follows in eight bytes. */
const FRAME_SIZE = 9;
const BYTE = 0x4b;
const SHORT = 0x4d;
const LONG = 0x4a;
const STOP = Buffer.of(0x2e);

/** A whole number of up to 32 bits as Python pickles it in protocol 5, byte for byte: what has four bytes or more stands in a frame. */
export function pickleNumber(number: number): Uint8Array {
  if (number >= 0 && number <= 0xff) return Buffer.concat([PROTOCOL, Buffer.of(BYTE, number), STOP]);
  const isShort = number >= 0 && number <= 0xffff;
  const value = Buffer.alloc(isShort ? 3 : 5);
  value[0] = isShort ? SHORT : LONG;
  if (isShort) value.writeUInt16LE(number, 1);
  else value.writeInt32LE(number, 1);
  const frame = Buffer.alloc(FRAME_SIZE);
  frame[0] = FRAME;
  frame[1] = value.length + STOP.length;
  return Buffer.concat([PROTOCOL, frame, value, STOP]);
}

/** The number in such a pickle; undefined for anything else. */
export function unpickleNumber(bytes: Uint8Array): number | undefined {
  const start = PROTOCOL.length + (bytes[PROTOCOL.length] === FRAME ? FRAME_SIZE : 0);
  const value = Buffer.from(bytes.subarray(start));
  if (value.at(-1) !== STOP[0]) return undefined;
  if (value[0] === BYTE && value.length === 3) return value[1];
  if (value[0] === SHORT && value.length === 4) return value.readUInt16LE(1);
  return value[0] === LONG && value.length === 6 ? value.readInt32LE(1) : undefined;
}
