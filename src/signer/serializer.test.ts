import { describe, expect, test } from "vitest";
import { BadPayload, BadSignature, ConfigError, DataError } from "../errors.ts";
import { Serializer } from "./serializer.ts";
import { Signer } from "./signer.ts";
import { TimestampSigner } from "./timestamp-signer.ts";

const SECRET = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";

describe("a payload", () => {
  const serializer = new Serializer(SECRET);

  test("is JSON as Python writes it: spaced, ASCII, in the order of the keys", () => {
    expect(serializer.dumpPayload({ b: [1, 2.5, null], a: "é🍪" })).toBe(
      '{"b": [1, 2.5, null], "a": "\\u00e9\\ud83c\\udf6a"}',
    );
  });

  test("keeps Python's numbers", () => {
    expect(serializer.loads(serializer.dumps([2n ** 64n, 1e16, NaN, -0]))).toEqual([
      2n ** 64n,
      1e16,
      NaN,
      -0,
    ]);
  });

  test("that JSON cannot hold is refused when it is written", () => {
    expect(() => serializer.dumps(() => 1)).toThrow(DataError);
    expect(() => serializer.dumps(undefined)).toThrow(DataError);
  });

  test.each(["", "{", "[1,]", "undefined", "\ufeff[]", `${"[".repeat(100_000)}`])(
    "that is signed but no JSON (%#) is a BadPayload with its cause",
    (text) => {
      const signed = serializer.makeSigner().sign(text);
      expect(() => serializer.loads(signed)).toThrow(
        expect.objectContaining({ code: "BAD_PAYLOAD", cause: expect.any(Error) }),
      );
    },
  );

  test("named __proto__ is a key like any other", () => {
    const value = serializer.loads(serializer.makeSigner().sign('{"__proto__": {"admin": true}}')) as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect((value as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe("another serializer", () => {
  test("writes and reads in place of JSON", () => {
    const numbers = new Serializer(SECRET, {
      serializer: { dumps: (value) => String(value), loads: (text) => Number(text) },
    });
    expect(numbers.dumps(42)).toMatch(/^42\./);
    expect(numbers.loads(numbers.dumps(42))).toBe(42);
  });

  test("may write bytes", () => {
    const bytes = new Serializer(SECRET, {
      serializer: { dumps: (value) => new TextEncoder().encode(JSON.stringify(value)), loads: JSON.parse },
    });
    expect(bytes.loads(bytes.dumps({ a: "é" }))).toEqual({ a: "é" });
  });

  test("may throw anything: it becomes a BadPayload", () => {
    const broken = new Serializer(SECRET, {
      serializer: {
        dumps: String,
        loads: () => {
          throw new RangeError("Maximum call stack size exceeded");
        },
      },
    });
    expect(() => broken.loads(broken.dumps(1))).toThrow(BadPayload);
  });
});

describe("the salt", () => {
  test("separates serializers and single calls", () => {
    const confirm = new Serializer(SECRET, { salt: "confirm" });
    const reset = new Serializer(SECRET, { salt: "reset" });
    expect(() => reset.loads(confirm.dumps(1))).toThrow(BadSignature);
    expect(reset.loads(confirm.dumps(1, "reset"))).toBe(1);
    expect(confirm.loads(reset.dumps(1), { salt: "reset" })).toBe(1);
    expect(() => confirm.loads(confirm.dumps(1, "reset"))).toThrow(BadSignature);
  });

  test("is itsdangerous by default", () => {
    expect(new Serializer(SECRET).dumps(1)).toBe(new Serializer(SECRET, { salt: "itsdangerous" }).dumps(1));
  });
});

describe("fallback signers", () => {
  class Sha256Signer extends Signer {
    constructor(
      secretKey: ConstructorParameters<typeof Signer>[0],
      options: ConstructorParameters<typeof Signer>[1],
    ) {
      super(secretKey, { ...options, digest: "sha256" });
    }
  }
  const serializer = new Serializer(["old", "new"], {
    signerOptions: { keyDerivation: "hmac" },
    fallbackSigners: [{ digest: "sha512" }, Sha256Signer, [Sha256Signer, { keyDerivation: "concat" }]],
  });

  test("are settings, a class with the serializer's settings, or both", () => {
    const shapes = serializer.iterUnsigners().map(({ digest, keyDerivation }) => [digest, keyDerivation]);
    expect(shapes).toEqual([
      ["sha1", "hmac"],
      ["sha512", "django-concat"],
      ["sha256", "hmac"],
      ["sha256", "concat"],
    ]);
  });

  test("verify with every key, and never sign", () => {
    for (const key of ["old", "new"]) {
      for (const signerOptions of [
        { digest: "sha512" },
        { digest: "sha256", keyDerivation: "concat" },
      ] as const) {
        expect(serializer.loads(new Serializer(key, { signerOptions }).dumps([key]))).toEqual([key]);
      }
    }
    expect(serializer.dumps(1)).toBe(
      new Serializer("new", { signerOptions: { keyDerivation: "hmac" } }).dumps(1),
    );
    expect(() =>
      serializer.loads(new Serializer("new", { signerOptions: { digest: "md5" } }).dumps(1)),
    ).toThrow(BadSignature);
  });
});

describe("the signer", () => {
  test("keeps its derived keys from call to call", () => {
    const serializer = new Serializer(SECRET);
    expect(serializer.makeSigner()).toBe(serializer.makeSigner());
    expect(serializer.makeSigner("other")).not.toBe(serializer.makeSigner());
  });

  test("may be of another class, and is given the clock", () => {
    const serializer = new Serializer(SECRET, {
      signer: TimestampSigner,
      clock: { now: () => 1_795_200_000_000 },
    });
    expect(serializer.dumps(1)).toMatch(/^1\.awCUAA\./);
    expect(serializer.loads(serializer.dumps(1))).toBe(1);
  });

  test("needs a key", () => {
    expect(() => new Serializer("")).toThrow(ConfigError);
    expect(() => new Serializer([])).toThrow(ConfigError);
  });
});

describe("loadsUnsafe", () => {
  const serializer = new Serializer(SECRET);

  test.each([
    ["a right signature", serializer.dumps({ a: 1 }), { signatureValid: true, payload: { a: 1 } }],
    ["a wrong signature", '{"a": 1}.AAAA', { signatureValid: false, payload: { a: 1 } }],
    ["a wrong signature and payload", "{.AAAA", { signatureValid: false, payload: undefined }],
    ["no signature", "{}", { signatureValid: false, payload: undefined }],
    [
      "a right signature of a wrong payload",
      serializer.makeSigner().sign("{"),
      { signatureValid: true, payload: undefined },
    ],
  ])("reads %s", (_, text, expected) => {
    expect(serializer.loadsUnsafe(text)).toEqual(expected);
  });
});

test("looking into what is no text at all finds nothing", () => {
  for (const value of [undefined, null, 5, {}, []]) {
    expect(new Serializer("a key").loadsUnsafe(value as never)).toEqual({
      signatureValid: false,
      payload: undefined,
    });
  }
});
