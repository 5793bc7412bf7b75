/** Whatever is not exactly what was signed must be refused, for the right reason, and without any other error. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadData, BadPayload, BadSignature, BadTimeSignature } from "../errors.ts";
import { NoneAlgorithm } from "./algorithm.ts";
import { Serializer, type SerializerOptions } from "./serializer.ts";
import { Signer } from "./signer.ts";
import { TimedSerializer } from "./timed-serializer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";
import { URLSafeSerializer, URLSafeTimedSerializer } from "./url-safe-serializer.ts";

const SECRET = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const clock = { now: () => 1_795_200_000_000 };
const tokens = new URLSafeTimedSerializer(SECRET, { salt: "session", clock });
const signer = tokens.makeSigner();
const token = tokens.dumps({ user: 42, admin: false });
const [payload, stamp, signature] = token.split(".") as [string, string, string];

const accepts = (text: string) => tokens.loadsUnsafe(text).signatureValid;

test("the token itself is accepted", () => {
  expect(accepts(token)).toBe(true);
  expect(signer.validate(Buffer.from(token))).toBe(true);
});

describe("a token that was changed", () => {
  test("in any single bit is refused", () => {
    for (let bit = 0; bit < token.length * 8; bit++) {
      const changed = Buffer.from(token);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(signer.validate(changed)).toBe(false);
      expect(accepts(changed.toString("latin1"))).toBe(false);
    }
  });

  test("by a cut at either end, or in the middle, is refused", () => {
    for (let at = 0; at < token.length; at++) {
      expect(accepts(token.slice(0, at))).toBe(false);
      expect(accepts(token.slice(at + 1))).toBe(false);
      expect(accepts(token.slice(0, at) + token.slice(at + 1))).toBe(false);
    }
  });

  test("by one more character anywhere is refused", () => {
    for (let at = 0; at <= token.length; at++) {
      for (const char of 'A.=+/-_! \t\n\0;,"%é\ud800\u{1f36a}') {
        expect(accepts(token.slice(0, at) + char + token.slice(at))).toBe(false);
      }
    }
  });

  test("by two parts changing places is refused", () => {
    for (const parts of [
      [stamp, payload, signature],
      [payload, signature, stamp],
      [payload, stamp, stamp, signature],
      [payload, "", stamp, signature],
    ]) {
      expect(accepts(parts.join("."))).toBe(false);
    }
  });
});

describe("a token in another spelling", () => {
  const last = ALPHABET.indexOf(signature.at(-1)!);
  const spellings = [
    ...[1, 2, 3].map((spareBits) => token.slice(0, -1) + ALPHABET[last + spareBits]!),
    `${token}=`,
    `${token}==`,
    `${token}!!`,
    `${token}\r\n`,
    ` ${token}`,
    `${payload}=.${stamp}.${signature}`,
    `${payload}.${stamp}==.${signature}`,
    `${payload}.${stamp}.${signature.slice(0, 8)}!!!!${signature.slice(8)}`,
    encodeURIComponent(token).replaceAll(".", "%2E"),
  ];

  test.each(spellings)("%j is refused, so that a token has one text", (text) => {
    expect(text).not.toBe(token);
    expect(accepts(text)).toBe(false);
  });

  test("of the signature only is what a lenient reader accepts", () => {
    const lenient = new URLSafeTimedSerializer(SECRET, { salt: "session", clock, lenient: true });
    const accepted = spellings.filter((text) => lenient.loadsUnsafe(text).signatureValid);
    expect(accepted).toEqual([...spellings.slice(0, 7), spellings[10]]);
  });

  test("text with a lone surrogate is not taken for the text that it would be sent as", () => {
    const signed = new Signer(SECRET).sign("\ufffd");
    expect(new Signer(SECRET).validate(signed)).toBe(true);
    expect(new Signer(SECRET).validate(signed.replace("\ufffd", "\ud800"))).toBe(false);
  });
});

describe("a downgrade", () => {
  test.each([
    "",
    ".",
    "..",
    "...",
    payload,
    `${payload}.`,
    `${payload}..`,
    `${payload}.${stamp}`,
    `${payload}.${stamp}.`,
  ])("to %j is refused", (text) => {
    expect(accepts(text)).toBe(false);
    expect(() => tokens.loads(text)).toThrow(BadSignature);
  });

  test("to no algorithm is refused", () => {
    const unsigned = new TimestampSigner(SECRET, { salt: "session", algorithm: new NoneAlgorithm(), clock });
    expect(unsigned.validate(unsigned.sign(payload))).toBe(true);
    expect(accepts(unsigned.sign(payload))).toBe(false);
  });

  test.each(["md5", "sha224", "sha256", "sha384", "sha512"] as const)("to %s is refused", (digest) => {
    const other = new URLSafeTimedSerializer(SECRET, { salt: "session", clock, signerOptions: { digest } });
    expect(accepts(other.dumps({ user: 1 }))).toBe(false);
  });

  test("from a signed time to none, or back, is refused", () => {
    const untimed = new URLSafeSerializer(SECRET, { salt: "session" });
    expect(() => tokens.loads(untimed.dumps({ user: 1 }))).toThrow(BadTimeSignature);
    expect(() => untimed.loads(token)).toThrow(BadPayload);
  });
});

describe("a token signed otherwise", () => {
  const reader = new URLSafeTimedSerializer(["key-old", "key-new"], { salt: "session", clock });
  const make = (key: string, salt: string, signerOptions: SerializerOptions["signerOptions"] = {}) =>
    new URLSafeTimedSerializer(key, { salt, clock, signerOptions }).dumps("payload");

  test.each([
    ["another salt", make("key-new", "remember")],
    ["the salt of another capitalization", make("key-new", "Session")],
    ["the default salt", new URLSafeTimedSerializer("key-new", { clock }).dumps("payload")],
    ["the hmac derivation", make("key-new", "session", { keyDerivation: "hmac" })],
    ["the concat derivation", make("key-new", "session", { keyDerivation: "concat" })],
    ["no derivation", make("key-new", "session", { keyDerivation: "none" })],
    ["another digest", make("key-new", "session", { digest: "sha256" })],
    ["another separator", make("key-new", "session", { separator: ":" })],
    ["a key that was removed", make("key-removed", "session")],
    ["a part of a key", make("key-ne", "session")],
  ])("with %s is refused", (_, text) => {
    expect(() => reader.loads(text)).toThrow(BadSignature);
  });

  test("with the former key is accepted, and signed with the newest key from then on", () => {
    const former = make("key-old", "session");
    const value = reader.loads(former);
    expect(value).toBe("payload");
    expect(reader.dumps(value)).toBe(make("key-new", "session"));
  });

  test("with a former key is no longer accepted once the key is gone", () => {
    const later = new URLSafeTimedSerializer(["key-new"], { salt: "session", clock });
    expect(() => later.loads(make("key-old", "session"))).toThrow(BadSignature);
  });
});

describe("any text at all", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.base64String(),
    fc.constantFrom(payload, stamp, signature, ""),
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join(".")),
  );
  const all = [Serializer, TimedSerializer, URLSafeSerializer, URLSafeTimedSerializer].flatMap((Class) =>
    [false, true].map((lenient) => new Class(SECRET, { salt: "session", lenient })),
  );

  const onlyBadData = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BadData)) throw error;
    }
  };

  test("is loaded or refused, and nothing else happens", () => {
    fc.assert(
      fc.property(text, (value) => {
        for (const serializer of all) {
          onlyBadData(() => serializer.loads(value));
          onlyBadData(() => serializer.makeSigner().unsign(Buffer.from(value)));
          serializer.loadsUnsafe(value);
          serializer.makeSigner().validate(value);
        }
      }),
    );
  });

  test("that the application itself signed is loaded or refused, and nothing else happens", () => {
    fc.assert(
      fc.property(text, (value) => {
        fc.pre((value as string & { isWellFormed(): boolean }).isWellFormed());
        for (const serializer of all) {
          const signed = new Signer(SECRET, { salt: "session" }).sign(value);
          onlyBadData(() => serializer.loads(signed));
          serializer.loadsUnsafe(signed);
          onlyBadData(() => serializer.loads(serializer.makeSigner().sign(value)));
        }
      }),
    );
  });
});
