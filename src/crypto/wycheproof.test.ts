import { describe, expect, test } from "vitest";
import { vectors } from "../../test/support/vectors.ts";
import { MalformedError } from "../errors.ts";
import { deriveKey32, open, seal } from "./aead.ts";
import type { DigestName } from "./digest.ts";
import { constantTimeEqual } from "./equal.ts";
import { Hmac } from "./hmac.ts";

interface Vector {
  readonly id: string;
  readonly result: "valid" | "invalid";
  readonly comment?: string;
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that stands for these bytes as UTF-8; undefined where there is none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

interface AesGcm extends Vector, Record<"key" | "iv" | "aad" | "msg" | "ct" | "tag", string> {}

describe("AES-256-GCM, by Wycheproof's vectors", () => {
  test.each(vectors<AesGcm>("wycheproof/aes_gcm_256"))("$id, $result", (vector) => {
    const [key, associated, plain] = [hex(vector.key), hex(vector.aad), hex(vector.msg)];
    const sealed = hex(vector.iv + vector.ct + vector.tag);
    if (vector.result === "invalid") {
      expect(() => open(key, sealed, associated)).toThrow(MalformedError);
      return;
    }
    expect(Buffer.from(open(key, sealed, associated)).equals(plain)).toBe(true);
    const anew = seal(key, plain, associated);
    expect(anew).toHaveLength(sealed.length);
    expect(Buffer.from(open(key, anew, associated)).equals(plain)).toBe(true);
  });
});

interface HmacVector extends Vector, Record<"key" | "msg" | "tag", string> {
  readonly digest: DigestName;
}

describe("HMAC, by Wycheproof's vectors", () => {
  test.each(vectors<HmacVector>("wycheproof/hmac"))("$id, $result", (vector) => {
    const hmac = new Hmac(vector.digest, hex(vector.key));
    const message = hex(vector.msg);
    const tag = hex(vector.tag);
    const isTag = vector.result === "valid";
    expect(constantTimeEqual(hmac.compute(message).subarray(0, tag.length), tag)).toBe(isTag);
    const text = textOf(message);
    for (const same of text === undefined ? [message] : [message, text]) {
      const computed = Buffer.from(hmac.computeText(same), "base64url");
      expect(computed.subarray(0, tag.length).equals(tag)).toBe(isTag);
    }
  });
});

interface Hkdf extends Vector, Record<"ikm" | "info" | "okm", string> {
  readonly size: number;
}

describe("HKDF-SHA-256, by Wycheproof's vectors", () => {
  test.each(vectors<Hkdf>("wycheproof/hkdf_sha256"))("$id, $result", ({ ikm, info, okm, size }) => {
    const length = Math.min(size, 32);
    const derived = Buffer.from(deriveKey32(hex(ikm), textOf(hex(info))!)).toString("hex");
    expect(derived.slice(0, 2 * length)).toBe(okm.slice(0, 2 * length));
  });
});
