import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { constantTimeEqual } from "../crypto/equal.ts";
import { Hmac } from "../crypto/hmac.ts";
import { BadSignature, ConfigError } from "../errors.ts";
import { NoneAlgorithm, SigningAlgorithm } from "./algorithm.ts";
import { Signer, type SignerOptions } from "./signer.ts";

const SECRET = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("text and bytes", () => {
  const signer = new Signer(SECRET);

  test("come out as the kind that went in, with the same signature", () => {
    const text = signer.sign("café");
    const bytes = signer.sign(utf8("café"));
    expect(utf8(text)).toEqual(bytes);
    expect(signer.unsign(text)).toBe("café");
    expect(signer.unsign(bytes)).toEqual(utf8("café"));
  });

  test("that are longer than any buffer kept for them are signed whole", () => {
    for (const value of ["x".repeat(1024), "é".repeat(5000)]) {
      expect(signer.unsign(signer.sign(value))).toBe(value);
      expect(utf8(signer.sign(value))).toEqual(signer.sign(utf8(value)));
      expect(signer.validate(`${value}y.${signer.getSignature(value)}`)).toBe(false);
    }
  });

  test("may contain the separator", () => {
    expect(signer.unsign(signer.sign("a.b.c."))).toBe("a.b.c.");
    expect(signer.unsign(signer.sign(utf8("a.b.c.")))).toEqual(utf8("a.b.c."));
  });

  test("with a lone surrogate are not signed: they would share a signature with U+FFFD", () => {
    expect(() => signer.sign("a\udc00")).toThrow(TypeError);
    expect(signer.verifySignature("a\udc00", signer.getSignature("a\ufffd"))).toBe(false);
  });

  test("are separated by more than one character too", () => {
    const long = new Signer(SECRET, { separator: "é::" });
    expect(long.unsign(long.sign("é:"))).toBe("é:");
    expect(long.unsign(long.sign(utf8("é:")))).toEqual(utf8("é:"));
  });
});

test.each([undefined, null, 5, [1], () => 1].map((value) => [value]))(
  "%s is said to be neither text nor bytes",
  (value) => {
    const signer = new Signer("key");
    expect(() => signer.unsign(value as never)).toThrow(/must be text or bytes/);
    expect(() => signer.sign(value as never)).toThrow(/must be text or bytes/);
  },
);

test.each([5, [], [1]].map((salt) => [salt]))("a salt is text or bytes: %j", (salt) => {
  expect(() => new Signer("key", { salt: salt as never }).sign("a")).toThrow(/must be text or bytes/);
});

describe("keys", () => {
  test("sign with the last and verify with all", () => {
    const rotated = new Signer(["oldest", "older", "newest"]);
    expect(rotated.sign("value")).toBe(new Signer("newest").sign("value"));
    for (const key of ["oldest", "older", "newest"]) {
      expect(rotated.unsign(new Signer(key).sign("value"))).toBe("value");
    }
    expect(rotated.validate(new Signer("other").sign("value"))).toBe(false);
  });

  test("may be text or its UTF-8 bytes", () => {
    expect(new Signer(utf8("clé")).sign("value")).toBe(new Signer("clé").sign("value"));
  });

  test("are not read again after construction", () => {
    const key = utf8(SECRET);
    const signer = new Signer(key);
    key.fill(0);
    expect(signer.sign("value")).toBe(new Signer(SECRET).sign("value"));
  });

  test("of another derivation can come from a subclass", () => {
    class Custom extends Signer {
      readonly #prefix = "prefix-";
      override deriveKey(secretKey: string | Uint8Array = SECRET): Uint8Array {
        return utf8(this.#prefix + Buffer.from(secretKey).toString());
      }
    }
    const expected = new Signer(`prefix-${SECRET}`, { keyDerivation: "none" }).sign("value");
    expect(new Custom(SECRET).sign("value")).toBe(expected);
  });

  test("never show when a signer is printed or turned into JSON", () => {
    const signer = new Signer(SECRET, { keyDerivation: "none" });
    signer.sign("value");
    const shown = inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer);
    expect(shown).not.toContain(SECRET.slice(0, 8));
    expect(shown).not.toContain([...utf8(SECRET.slice(0, 4))].join(", "));
  });
});

describe("settings", () => {
  test.each<[string, unknown, SignerOptions]>([
    ["no key", [], {}],
    ["an empty key", "", {}],
    ["an empty key in the list", ["", SECRET], {}],
    ["an undefined key", undefined, {}],
    ["an unknown digest", SECRET, { digest: "toString" as "sha1" }],
    ["an unknown derivation", SECRET, { keyDerivation: "pbkdf2" as "none" }],
    ["a separator of the signature's alphabet", SECRET, { separator: "-" }],
  ])("with %s are refused at once", (_, secretKey, options) => {
    expect(() => new Signer(secretKey as string, options)).toThrow(ConfigError);
  });

  test("are Python's by default", () => {
    const signer = new Signer("secret-key");
    expect(signer.sign("my string")).toBe("my string.wh6tMHxLgJqB6oY1uT73iMlyrOA");
    expect(signer).toMatchObject({
      separator: ".",
      keyDerivation: "django-concat",
      digest: "sha1",
      lenient: false,
    });
  });
});

describe("errors", () => {
  test("carry the value as evidence, and not in the message", () => {
    const forged = `42.${"A".repeat(27)}`;
    expect(() => new Signer(SECRET).unsign(forged)).toThrow(
      expect.objectContaining({ code: "BAD_SIGNATURE", message: "Signature does not match", payload: "42" }),
    );
    expect(() => new Signer(SECRET).unsign("42")).toThrow(
      expect.objectContaining({ message: "No separator found in value", payload: undefined }),
    );
  });

  test("of anything else than the signature are not hidden by validate", () => {
    class Broken extends Signer {
      override deriveKey(): Uint8Array {
        throw new Error("The key store is down.");
      }
    }
    expect(() => new Broken(SECRET).validate("42.AAAA")).toThrow("The key store is down.");
  });
});

describe("another algorithm", () => {
  class Sha256 extends SigningAlgorithm {
    override getSignature(key: Uint8Array, value: Uint8Array): Uint8Array {
      return new Hmac("sha256", key).compute(value);
    }
  }

  test("signs and verifies with the derived key", () => {
    const signer = new Signer(["old", "new"], { algorithm: new Sha256() });
    expect(signer.sign("value")).not.toBe(new Signer("new").sign("value"));
    expect(signer.unsign(signer.sign("value"))).toBe("value");
    expect(signer.unsign(new Signer("old", { algorithm: new Sha256() }).sign("value"))).toBe("value");
    expect(signer.validate(`${signer.sign("value")}=`)).toBe(false);
    expect(signer.validate(signer.sign("value").replace("value", "valve"))).toBe(false);
  });

  test("may verify in its own way, as public-key signatures do", () => {
    class Salted extends Sha256 {
      #count = 0;
      override getSignature(key: Uint8Array, value: Uint8Array): Uint8Array {
        const nonce = Uint8Array.of(this.#count++);
        return Buffer.concat([nonce, super.getSignature(key, Buffer.concat([nonce, value]))]);
      }
      override verifySignature(key: Uint8Array, value: Uint8Array, signature: Uint8Array): boolean {
        const nonce = signature.subarray(0, 1);
        return constantTimeEqual(
          signature.subarray(1),
          super.getSignature(key, Buffer.concat([nonce, value])),
        );
      }
    }
    const signer = new Signer(SECRET, { algorithm: new Salted() });
    const [first, second] = [signer.sign("value"), signer.sign("value")];
    expect(first).not.toBe(second);
    expect([signer.unsign(first), signer.unsign(second)]).toEqual(["value", "value"]);
    expect(signer.validate("value.AAAA")).toBe(false);
  });

  test("that signs nothing leaves the signature empty", () => {
    const signer = new Signer(SECRET, { algorithm: new NoneAlgorithm() });
    expect(signer.sign("value")).toBe("value.");
    expect(signer.unsign("value.")).toBe("value");
    expect(() => signer.unsign("value.AA")).toThrow(BadSignature);
  });
});
