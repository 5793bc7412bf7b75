/** Every vector that the real itsdangerous 2.2.0 made; base64 is tested beside src/encoding/base64url.ts. */
import { describe, expect, test } from "vitest";
import { type Desc, fromDesc } from "../../test/support/python-values.ts";
import { bytes, type VectorBytes, vectors } from "../../test/support/vectors.ts";
import type { DigestName } from "../crypto/digest.ts";
import { encodeBase64url } from "../encoding/base64url.ts";
import { PyFloat } from "../encoding/py-float.ts";
import { BadPayload, BadSignature, BadTimeSignature, ConfigError, SignatureExpired } from "../errors.ts";
import type { KeyDerivation } from "./key-derivation.ts";
import { Serializer, type SerializerOptions, type SignerSettings } from "./serializer.ts";
import { Signer } from "./signer.ts";
import { TimedSerializer } from "./timed-serializer.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";
import { TimestampSigner } from "./timestamp-signer.ts";
import { URLSafeSerializer, URLSafeTimedSerializer } from "./url-safe-serializer.ts";

const ERRORS = { BadSignature, BadTimeSignature, SignatureExpired, BadPayload };

interface Outcome {
  ok?: boolean;
  exception?: keyof typeof ERRORS;
  message?: string;
  date_signed?: number | null;
}
interface Check extends Outcome {
  now: number;
  max_age: number | null;
  value?: string;
  timestamp?: number;
  payload?: string;
}
interface Vector extends Outcome {
  id: string;
  kind: string;
  keys: VectorBytes[];
  salt?: VectorBytes | null;
  sep?: VectorBytes;
  key_derivation?: KeyDerivation;
  digest?: DigestName;
  value: VectorBytes;
  derived_key: string;
  signed: string;
  timestamp: number;
  checks: Check[];
  input: string;
  now: number;
  out: string;
  loaded: Desc;
  payload: Desc;
  signature_valid: boolean;
  fallback_signers?: { key_derivation?: KeyDerivation; digest_method?: DigestName }[];
}

const all = vectors<Vector>("itsdangerous");
const ofKind = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");
const keysOf = ({ keys }: Vector) => keys.map(bytes);
const clockAt = (seconds: number) => ({ now: () => seconds * 1000 });

/** What Python accepts and a strict reader does not: padding after the signature, spare bits in the time stamp. */
const LENIENT_ONLY = ["unsign/sig pad", "malformed/text/goodsig"];

function settingsOf({ key_derivation, digest, sep }: Vector): SignerSettings {
  return {
    ...(key_derivation && { keyDerivation: key_derivation }),
    ...(digest && { digest }),
    ...(sep && { separator: Buffer.from(bytes(sep)).toString("utf8") }),
  };
}

/** Python's `salt=None` means the signer's default. */
function saltOf({ salt }: Vector): { salt?: string | Uint8Array } {
  if (salt === undefined) return {};
  return { salt: salt === null ? "itsdangerous.Signer" : bytes(salt) };
}

/** Our messages name no part of the token. */
function messageOf(message: string): string {
  if (/^Signature b.* does not match$/s.test(message)) return "Signature does not match";
  if (/^No b.* found in value$/s.test(message)) return "No separator found in value";
  return message;
}

function expectError(run: () => unknown, expected: Outcome, payload: string | undefined): void {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  const { name, message, payload: evidence, dateSigned } = error as BadTimeSignature;
  expect(error).toBeInstanceOf(ERRORS[expected.exception!]);
  expect(name).toBe(expected.exception);
  expect(message).toBe(messageOf(expected.message!));
  expect(evidence === undefined ? undefined : hex(Buffer.from(evidence))).toBe(payload);
  expect(dateSigned?.getTime()).toBe(
    typeof expected.date_signed === "number" ? expected.date_signed * 1000 : undefined,
  );
}

describe("Signer", () => {
  test.each(ofKind("Signer"))("$id signs as Python does, and reads what Python signed", (vector) => {
    const signer = new Signer(keysOf(vector), { ...saltOf(vector), ...settingsOf(vector) });
    const value = bytes(vector.value);
    const signed = Buffer.from(vector.signed, "hex");
    expect(hex(signer.deriveKey())).toBe(vector.derived_key);
    expect(hex(signer.sign(value))).toBe(vector.signed);
    expect(hex(signer.unsign(new Uint8Array(signed)))).toBe(hex(value));
    if ("utf8" in vector.value) {
      expect(signer.sign(vector.value.utf8)).toBe(signed.toString("utf8"));
      expect(signer.unsign(signed.toString("utf8"))).toBe(vector.value.utf8);
    }
  });

  test.each(ofKind("separator") as unknown as { id: string; sep: string; ok: boolean }[])(
    "$id is taken or refused as in Python",
    ({ sep, ok }) => {
      const make = () => new Signer("secret-key", { separator: sep });
      if (ok) expect(make().unsign(make().sign("value"))).toBe("value");
      else expect(make).toThrow(ConfigError);
    },
  );

  test.each(ofKind("derivation"))("$id is refused", (vector) => {
    expect(() => new Signer("secret-key", settingsOf(vector))).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringContaining(vector.message!) }),
    );
  });
});

describe("unsign", () => {
  test.each(ofKind("Signer.unsign", "TimestampSigner.unsign"))("$id ends as in Python", (vector) => {
    const { id, kind, ok, input } = vector;
    const options = { clock: clockAt(vector.now), lenient: LENIENT_ONLY.includes(id) };
    const signer = new (kind === "Signer.unsign" ? Signer : TimestampSigner)(keysOf(vector), options);
    if (ok) {
      expect(hex(Buffer.from(signer.unsign(input)))).toBe(vector.value);
      expect(hex(signer.unsign(Buffer.from(input)))).toBe(vector.value);
    } else {
      const payload = (vector.payload ?? undefined) as unknown as string | undefined;
      expectError(() => signer.unsign(input), vector, payload);
      expectError(() => signer.unsign(Buffer.from(input)), vector, payload);
    }
  });

  test.each(ofKind("Signer.unsign", "TimestampSigner.unsign").filter(({ id }) => LENIENT_ONLY.includes(id)))(
    "$id is refused unless the signer is lenient",
    (vector) => {
      const signer = new (vector.kind === "Signer.unsign" ? Signer : TimestampSigner)(keysOf(vector));
      expect(() => signer.unsign(vector.input)).toThrow(BadSignature);
    },
  );
});

describe("TimestampSigner", () => {
  test.each(ofKind("TimestampSigner"))("$id signs as Python does and ages as in Python", (vector) => {
    const make = (now: number) =>
      new TimestampSigner(keysOf(vector), {
        ...saltOf(vector),
        ...settingsOf(vector),
        clock: clockAt(now),
      });
    const signed = new Uint8Array(Buffer.from(vector.signed, "hex"));
    expect(hex(make(vector.timestamp).sign(bytes(vector.value)))).toBe(vector.signed);
    for (const check of vector.checks) {
      const signer = make(check.now);
      const maxAge = check.max_age === null ? {} : { maxAge: check.max_age };
      if (check.ok) {
        const { value, timestamp } = signer.unsign(signed, { ...maxAge, returnTimestamp: true });
        expect(hex(value)).toBe(check.value);
        expect(timestamp.getTime()).toBe(check.timestamp! * 1000);
      } else {
        expectError(() => signer.unsign(signed, maxAge), check, check.payload);
      }
    }
  });

  test.each(ofKind("int_to_bytes") as unknown as { id: string; int: string; bytes: string }[])(
    "$id is the same time stamp in both directions",
    (vector) => {
      const text = encodeBase64url(Buffer.from(vector.bytes, "hex"));
      expect(formatTimestamp(BigInt(vector.int))).toBe(text);
      expect(parseTimestamp(text)).toBe(Number(vector.int));
    },
  );
});

const CLASSES = { Serializer, TimedSerializer, URLSafeSerializer, URLSafeTimedSerializer };
const NAMES = Object.keys(CLASSES) as (keyof typeof CLASSES)[];

function serializerOf(vector: Vector, now: number): Serializer | TimedSerializer {
  const options: SerializerOptions<never> = {
    ...saltOf(vector),
    signerOptions: settingsOf(vector),
    clock: clockAt(now),
    fallbackSigners: (vector.fallback_signers ?? []).map(({ key_derivation, digest_method }) => ({
      ...(key_derivation && { keyDerivation: key_derivation }),
      ...(digest_method && { digest: digest_method }),
    })),
  };
  return new CLASSES[vector.kind.split(".")[0] as keyof typeof CLASSES](keysOf(vector), options);
}

/** Reading gives plain numbers for floats. */
function loadedFrom(desc: Desc): unknown {
  return plain(fromDesc(desc));
}

function plain(value: unknown): unknown {
  if (value instanceof PyFloat) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** Another build of zlib may write other bytes, which stand for the same text. */
const isCompressed = (vector: Vector) => vector.kind.startsWith("URLSafe") && vector.out.startsWith(".");

describe("serializers", () => {
  test.each(ofKind(...NAMES))("$id writes what Python writes, and reads it", (vector) => {
    const serializer = serializerOf(vector, vector.timestamp);
    const written = serializer.dumps(fromDesc(vector.payload));
    if (isCompressed(vector)) expect(written).toMatch(/^\./);
    else expect(written).toBe(vector.out);
    expect(serializer.loads(vector.out)).toEqual(loadedFrom(vector.loaded));
    expect(serializer.loads(written)).toEqual(loadedFrom(vector.loaded));
  });

  test.each(ofKind(...NAMES.map((name) => `${name}.loads`)))("$id ends as in Python", (vector) => {
    const serializer = serializerOf(vector, vector.now);
    if (vector.ok) {
      expect(serializer.loads(vector.input)).toEqual(loadedFrom(vector.payload));
    } else {
      const payload = (vector.payload ?? undefined) as unknown as string | undefined;
      expectError(() => serializer.loads(vector.input), vector, payload);
    }
  });

  test.each(ofKind(...NAMES.map((name) => `${name}.loads_unsafe`)))("$id ends as in Python", (vector) => {
    const { signatureValid, payload } = serializerOf(vector, vector.now).loadsUnsafe(vector.input);
    expect(signatureValid).toBe(vector.signature_valid);
    expect(payload ?? null).toEqual(loadedFrom(vector.payload));
  });
});

test("no vector is left out", () => {
  const tested = [
    "Signer",
    "Signer.unsign",
    "TimestampSigner",
    "TimestampSigner.unsign",
    "separator",
    "derivation",
    "int_to_bytes",
    "base64",
    "base64_decode",
    ...NAMES.flatMap((name) => [name, `${name}.loads`, `${name}.loads_unsafe`]),
  ];
  expect(all.filter(({ kind }) => !tested.includes(kind))).toEqual([]);
  expect(all).toHaveLength(411);
});
