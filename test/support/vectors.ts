import { readFileSync } from "node:fs";

/** One file of `test/vectors`, made by the real Flask, Werkzeug and itsdangerous. */
export function vectors<T extends { id: string }>(file: string): readonly T[] {
  const url = new URL(`../vectors/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { vectors: T[] }).vectors;
}

/** How the vectors write bytes: text that stands for its UTF-8 bytes, or hexadecimal. */
export type VectorBytes = { utf8: string } | { hex: string };

export function bytes(value: VectorBytes): Uint8Array {
  return "utf8" in value ? Buffer.from(value.utf8, "utf8") : Buffer.from(value.hex, "hex");
}
