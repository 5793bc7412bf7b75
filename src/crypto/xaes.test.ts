import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../errors.ts";
import { Xaes } from "./xaes.ts";

const text = (value: string): Uint8Array => Buffer.from(value, "utf8");
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

describe("XAES-256-GCM, by the vectors of c2sp.org/XAES-256-GCM", () => {
  test.each([
    [1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"],
    [3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"],
  ])("a key of bytes %i", (byte, associated, expected) => {
    const xaes = new Xaes(new Uint8Array(32).fill(byte));
    const nonce = text("ABCDEFGHIJKLMNOPQRSTUVWX");
    const sealed = xaes.sealWith(nonce, text("XAES-256-GCM"), text(associated));
    expect(hex(sealed.subarray(24))).toBe(expected);
    expect(hex(xaes.open(sealed, text(associated)))).toBe(hex(text("XAES-256-GCM")));
  });

  // The million takes a minute and more.
  test.each([
    [10_000, "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"],
    ...(process.env["HIPFLASK_LONG"] === "1"
      ? [[1_000_000, "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15"] as const]
      : []),
  ] as const)("%i random messages together", { timeout: 600_000 }, (count, expected) => {
    const stream = createHash("shake128", { outputLength: count * 570 }).digest();
    let at = 0;
    const read = (length: number): Uint8Array => stream.subarray(at, (at += length));
    const all = createHash("shake128", { outputLength: 32 });
    for (let i = 0; i < count; i++) {
      const xaes = new Xaes(read(32));
      const nonce = read(24);
      const plain = read(read(1)[0]!);
      const associated = read(read(1)[0]!);
      all.update(xaes.sealWith(nonce, plain, associated).subarray(24));
    }
    expect(all.digest("hex")).toBe(expected);
  });
});

describe("Xaes", () => {
  const xaes = new Xaes(new Uint8Array(32).fill(7));

  test("opens what it sealed, also nothing at all, after its prefix", () => {
    for (const plain of ["", "a", "x".repeat(1000)]) {
      const sealed = xaes.seal(text(plain), text("name"), text("prefix"));
      expect(hex(sealed.subarray(0, 6))).toBe(hex(text("prefix")));
      expect(hex(xaes.open(sealed.subarray(6), text("name")))).toBe(hex(text(plain)));
    }
  });

  test("refuses every other key, every other association, every cut and every flipped bit", () => {
    const sealed = xaes.seal(text("secret"), text("name"));
    const refuses = (bytes: Uint8Array, associated = "name", by = xaes) =>
      expect(() => by.open(bytes, text(associated))).toThrow(MalformedError);
    refuses(sealed, "other");
    refuses(sealed, "name", new Xaes(new Uint8Array(32).fill(8)));
    for (let length = 0; length < sealed.length; length++) refuses(sealed.subarray(0, length));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      refuses(changed);
    }
  });
});
