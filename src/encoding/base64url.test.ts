import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../errors.ts";
import { vectors } from "../../test/support/vectors.ts";
import {
  decodeBase64Lenient,
  decodeBase64url,
  decodeBase64urlLenient,
  encodeBase64url,
} from "./base64url.ts";

type Encoded = { id: string; kind: "base64"; bytes: string; text: string };
type Decoded = { id: string; kind: "base64_decode"; text: string; ok: boolean; bytes?: string };
const all = vectors<Encoded | Decoded>("itsdangerous");
const encoded = all.filter((vector) => vector.kind === "base64");
const decoded = all.filter((vector) => vector.kind === "base64_decode");

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const utf8 = (text: string) => new Uint8Array(Buffer.from(text, "utf8"));

describe("encoding", () => {
  test.each(encoded)("$id writes what Python writes, and reads it back", ({ bytes, text }) => {
    expect(encodeBase64url(Buffer.from(bytes, "hex"))).toBe(text);
    expect(hex(decodeBase64url(text))).toBe(bytes);
    expect(hex(decodeBase64urlLenient(text))).toBe(bytes);
  });

  test("a string stands for its UTF-8 bytes", () => {
    expect(encodeBase64url("é")).toBe("w6k");
  });

  test("a view of a larger buffer is encoded from its own first byte", () => {
    expect(encodeBase64url(utf8("xhix").subarray(1, 3))).toBe("aGk");
  });
});

describe("strict decoding", () => {
  test.each(["A", "A===", "AA==", "aGl", "aG-k=", "a+b/", "aGk\n", " aGk", "aGk!", "é", "aGké", "aGk.aGk"])(
    "refuses %j",
    (text) => {
      expect(() => decodeBase64url(text)).toThrow(MalformedError);
    },
  );

  test("no two texts are read as the same bytes", () => {
    const char = fc.constantFrom(..."ABQZaz09-_+/=! ");
    fc.assert(
      fc.property(fc.string({ unit: char, maxLength: 12 }), (text) => {
        let bytes: Uint8Array;
        try {
          bytes = decodeBase64url(text);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
          return;
        }
        expect(encodeBase64url(bytes)).toBe(text);
      }),
    );
  });
});

describe("lenient decoding", () => {
  test.each(decoded)("$id reads $text as Python does", ({ text, ok, bytes }) => {
    if (ok) expect(hex(decodeBase64urlLenient(text))).toBe(bytes);
    else expect(() => decodeBase64urlLenient(text)).toThrow(MalformedError);
  });

  test("what is not ASCII counts towards the padding of bytes, not of a string", () => {
    expect(hex(decodeBase64urlLenient("AAé"))).toBe("00");
    expect(() => decodeBase64urlLenient(utf8("AAé"))).toThrow(MalformedError);
    expect(hex(decodeBase64urlLenient(utf8("AAAAé")))).toBe("000000");
  });

  test("padding begins anew after a further character", () => {
    expect(hex(decodeBase64Lenient("YQ=x="))).toBe("610c");
    expect(hex(decodeBase64Lenient("YQ=!=ignored"))).toBe("61");
    expect(() => decodeBase64Lenient("YWJjZ")).toThrow(MalformedError);
  });

  test("takes as long per character for long texts as for short ones", () => {
    const start = process.cpuUsage().user;
    for (const junk of ["=", "!", "A=", "é", "A"]) {
      try {
        decodeBase64urlLenient(junk.repeat(1 << 18));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
    expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
  });
});
