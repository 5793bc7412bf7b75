import { describe, expect, test } from "vitest";
import { BadPayload, BadTimeSignature, SignatureExpired } from "../errors.ts";
import { Signer } from "./signer.ts";
import { TimedSerializer } from "./timed-serializer.ts";

const SECRET = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";
const START = 1_795_200_000;
const clock = { seconds: START, now: () => clock.seconds * 1000 };
const serializer = new TimedSerializer(SECRET, { clock });

describe("loads", () => {
  test("refuses what is older than maxAge, and hands out the payload as evidence", () => {
    clock.seconds = START;
    const text = serializer.dumps({ a: 1 });
    clock.seconds = START + 61;
    expect(() => serializer.loads(text, { maxAge: 60 })).toThrow(
      expect.objectContaining({
        name: "SignatureExpired",
        payload: '{"a": 1}',
        dateSigned: new Date(START * 1000),
      }),
    );
    expect(serializer.loads(text, { maxAge: 61 })).toEqual({ a: 1 });
    expect(serializer.loads(text)).toEqual({ a: 1 });
  });

  test("has no maxAge that is not a number", () => {
    const text = serializer.dumps(1);
    expect(() => serializer.loads(text, { maxAge: Number.NaN })).toThrow(TypeError);
    expect(() => serializer.loadsUnsafe(text, { maxAge: null as never })).toThrow(TypeError);
  });

  test("tells when it was signed", () => {
    clock.seconds = START;
    expect(serializer.loads(serializer.dumps([1]), { returnTimestamp: true })).toEqual({
      payload: [1],
      timestamp: new Date(START * 1000),
    });
  });

  test("says the age before anything about the payload", () => {
    clock.seconds = START;
    const text = serializer.makeSigner().sign("{");
    expect(() => serializer.loads(text)).toThrow(BadPayload);
    clock.seconds = START + 2;
    expect(() => serializer.loads(text, { maxAge: 1 })).toThrow(SignatureExpired);
  });

  test("refuses a signed time that is no date, as Python does", () => {
    const text = new Signer(SECRET, { salt: "itsdangerous" }).sign("1.__________8");
    expect(() => serializer.loads(text)).toThrow(BadTimeSignature);
  });

  test("takes a salt", () => {
    clock.seconds = START;
    expect(serializer.loads(serializer.dumps(1, "other"), { salt: "other", maxAge: 0 })).toBe(1);
    expect(() => serializer.loads(serializer.dumps(1, "other"), { maxAge: 0 })).toThrow(BadTimeSignature);
  });
});

describe("fallback signers", () => {
  const fallback = new TimedSerializer(SECRET, { clock, fallbackSigners: [{ digest: "sha512" }] });
  const former = new TimedSerializer(SECRET, { clock, signerOptions: { digest: "sha512" } });

  test("share the clock", () => {
    clock.seconds = START;
    const text = former.dumps(1);
    clock.seconds = START + 10;
    expect(fallback.loads(text, { maxAge: 10 })).toBe(1);
    expect(() => fallback.loads(text, { maxAge: 9 })).toThrow(SignatureExpired);
  });

  test("are not asked about an expired signature", () => {
    clock.seconds = START;
    const text = serializer.dumps(1);
    clock.seconds = START + 10;
    expect(() => fallback.loads(text, { maxAge: 9 })).toThrow(SignatureExpired);
  });
});

test("loadsUnsafe tells expired from valid", () => {
  clock.seconds = START;
  const text = serializer.dumps([1]);
  clock.seconds = START + 10;
  expect(serializer.loadsUnsafe(text, { maxAge: 10 })).toEqual({ signatureValid: true, payload: [1] });
  expect(serializer.loadsUnsafe(text, { maxAge: 9 })).toEqual({ signatureValid: false, payload: [1] });
});

test("what JSON cannot hold is refused in words that fit any token", () => {
  expect(() => serializer.dumps(undefined)).toThrow("The data is undefined, which cannot be written.");
});
