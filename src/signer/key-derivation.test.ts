import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DIGESTS, type DigestName } from "../crypto/digest.ts";
import { deriveKey, KEY_DERIVATIONS } from "./key-derivation.ts";

const salt = new TextEncoder().encode("sält");
const secret = new TextEncoder().encode("secret");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe.each(Object.keys(DIGESTS) as DigestName[])("with %s", (name) => {
  const hash = (...parts: (string | Uint8Array)[]) => {
    const running = createHash(name);
    for (const part of parts) running.update(part);
    return running.digest("hex");
  };

  test("each derivation is what its name says", () => {
    expect(hex(deriveKey("django-concat", name, salt, secret))).toBe(hash(salt, "signer", secret));
    expect(hex(deriveKey("concat", name, salt, secret))).toBe(hash(salt, secret));
    expect(hex(deriveKey("hmac", name, salt, secret))).toBe(
      createHmac(name, secret).update(salt).digest("hex"),
    );
    expect(hex(deriveKey("none", name, salt, secret))).toBe(hex(secret));
  });

  test("no two derivations give the same key", () => {
    expect(new Set(KEY_DERIVATIONS.map((method) => hex(deriveKey(method, name, salt, secret)))).size).toBe(4);
  });
});
