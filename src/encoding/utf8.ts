import { isAscii } from "node:buffer";
import { MalformedError } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that UTF-8 bytes stand for. @throws MalformedError */
export function decodeUtf8(bytes: Uint8Array): string {
  if (isAscii(bytes)) return asBuffer(bytes).toString("latin1");
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MalformedError("The bytes are not UTF-8.");
  }
}

/** Whether UTF-8 can hold `text`: it has no half of a surrogate pair that stands alone. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as Es2024String).isWellFormed();
}

interface Es2024String {
  isWellFormed(): boolean;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
