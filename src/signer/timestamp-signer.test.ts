import { describe, expect, test } from "vitest";
import { BadSignature, BadTimeSignature, SignatureExpired } from "../errors.ts";
import { Signer } from "./signer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";

const SECRET = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";
const START = 1_795_200_000;

function signerAndClock() {
  const clock = { seconds: START, now: () => clock.seconds * 1000 };
  return { clock, signer: new TimestampSigner(SECRET, { clock }) };
}

describe("the age", () => {
  test("is limited by maxAge, in seconds, inclusive", () => {
    const { clock, signer } = signerAndClock();
    const signed = signer.sign("value");
    clock.seconds = START + 10;
    expect(signer.unsign(signed, { maxAge: 10 })).toBe("value");
    clock.seconds = START + 11;
    expect(() => signer.unsign(signed, { maxAge: 10 })).toThrow(
      expect.objectContaining({
        code: "SIGNATURE_EXPIRED",
        message: "Signature age 11 > 10 seconds",
        payload: "value",
        dateSigned: new Date(START * 1000),
      }),
    );
    expect(signer.unsign(signed)).toBe("value");
  });

  test("below zero is refused where there is a limit", () => {
    const { clock, signer } = signerAndClock();
    const signed = signer.sign("value");
    clock.seconds = START - 1;
    expect(() => signer.unsign(signed, { maxAge: 10 })).toThrow("Signature age -1 < 0 seconds");
    expect(signer.unsign(signed)).toBe("value");
  });

  test.each([Number("10s"), null, "10"])("has no limit that is not a number: %o", (maxAge) => {
    const { signer } = signerAndClock();
    for (const signed of [signer.sign("value"), "forged"]) {
      expect(() => signer.unsign(signed, { maxAge: maxAge as number })).toThrow(
        new TypeError("maxAge must be a number of seconds. Leave it out for no limit."),
      );
      expect(() => signer.validate(signed, maxAge as number)).toThrow(TypeError);
    }
  });

  test("counts whole seconds, rounded down", () => {
    const signer = new TimestampSigner(SECRET, { clock: { now: () => START * 1000 + 999 } });
    expect(signer.getTimestamp()).toBe(START);
    expect(signer.sign("value")).toMatch(/^value\.awCUAA\./);
  });
});

describe("signing", () => {
  test("follows the clock, forwards and backwards", () => {
    const { clock, signer } = signerAndClock();
    const stampAt = (seconds: number) => {
      clock.seconds = seconds;
      return signer.sign("value").split(".")[1];
    };
    expect([0, 1, 1, 0, 3600].map((later) => stampAt(START + later))).toEqual([
      "awCUAA",
      "awCUAQ",
      "awCUAQ",
      "awCUAA",
      "awCiEA",
    ]);
  });

  test("uses the machine's clock by default", () => {
    const signer = new TimestampSigner(SECRET);
    const { timestamp } = signer.unsign(signer.sign("value"), { returnTimestamp: true });
    expect(Math.abs(timestamp.getTime() - Date.now())).toBeLessThan(5000);
  });

  test("works on bytes", () => {
    const { signer } = signerAndClock();
    const bytes = Uint8Array.of(0, 0x2e, 255);
    expect(signer.unsign(signer.sign(bytes), { maxAge: 0, returnTimestamp: true })).toEqual({
      value: bytes,
      timestamp: new Date(START * 1000),
    });
  });
});

describe("a wrong signature", () => {
  test("still tells when the text claims to have been signed", () => {
    const { signer } = signerAndClock();
    expect(() => signer.unsign(`value.awCUAA.${"A".repeat(27)}`)).toThrow(
      expect.objectContaining({
        code: "BAD_TIME_SIGNATURE",
        message: "Signature does not match",
        payload: "value",
        dateSigned: new Date(START * 1000),
      }),
    );
  });

  test("without anything like a time is a plain BadSignature", () => {
    const { signer } = signerAndClock();
    expect(() => signer.unsign("value.AAAA")).toThrow(
      expect.objectContaining({ name: "BadSignature", payload: "value" }),
    );
    expect(() => signer.unsign("value")).toThrow(BadSignature);
  });
});

describe("a signed time", () => {
  const plain = new Signer(SECRET);

  test("that is missing or unreadable is refused", () => {
    const { signer } = signerAndClock();
    expect(() => signer.unsign(plain.sign("value"))).toThrow("timestamp missing");
    for (const stamp of ["A", "ts", "awCUAA=", "____________", "x".repeat(100_000)]) {
      expect(() => signer.unsign(plain.sign(`value.${stamp}`))).toThrow("Malformed timestamp");
      expect(() => signer.unsign(plain.sign(Buffer.from(`value.${stamp}`)))).toThrow("Malformed timestamp");
    }
  });

  test("in another spelling is read by a lenient signer", () => {
    const lenient = new TimestampSigner(SECRET, { lenient: true });
    const { timestamp } = lenient.unsign(plain.sign("value.awCUAA=="), { returnTimestamp: true });
    expect(timestamp).toEqual(new Date(START * 1000));
    expect(() => lenient.unsign(plain.sign("value.A"))).toThrow("Malformed timestamp");
  });

  test("beyond the year 9999 is no date", () => {
    const { signer } = signerAndClock();
    const signed = plain.sign("value.__________8");
    expect(signer.unsign(signed)).toBe("value");
    expect(() => signer.unsign(signed, { returnTimestamp: true })).toThrow(BadTimeSignature);
    expect(() => signer.unsign(signed, { maxAge: 10 })).toThrow(SignatureExpired);
    expect(() => signer.timestampToDate(253_402_300_800)).toThrow(RangeError);
    expect(signer.timestampToDate(253_402_300_799).toISOString()).toBe("9999-12-31T23:59:59.000Z");
  });
});

test("validate says whether unsign would succeed", () => {
  const { clock, signer } = signerAndClock();
  const signed = signer.sign("value");
  clock.seconds = START + 11;
  expect(signer.validate(signed)).toBe(true);
  expect(signer.validate(signed, 11)).toBe(true);
  expect(signer.validate(signed, 10)).toBe(false);
  expect(signer.validate("value")).toBe(false);
});
