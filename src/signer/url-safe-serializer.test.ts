import { describe, expect, test } from "vitest";
import { encodeBase64url } from "../encoding/base64url.ts";
import { deflate } from "../encoding/zlib.ts";
import { BadPayload, MalformedError, TooLargeError } from "../errors.ts";
import { URLSafeSerializer, URLSafeTimedSerializer } from "./url-safe-serializer.ts";

const SECRET = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";
const serializer = new URLSafeSerializer(SECRET);
const payloadOf = (text: string) => text.slice(0, text.lastIndexOf("."));
const sign = (payload: string) => serializer.makeSigner().sign(payload);
/** `URLSafeSerializer(...).dump_payload(["a"] * 30)` */
const PYTHON_COMPRESSED = ".eJyLVkpU0hkAHAsA964ZCw";
const bytes = (text: string) => new TextEncoder().encode(text);

describe("a payload", () => {
  test("is base64url of compact JSON in UTF-8", () => {
    expect(payloadOf(serializer.dumps({ b: "é", a: [1, 2] }))).toBe(encodeBase64url('{"b":"é","a":[1,2]}'));
  });

  test("is made of characters that need no escape in a URL", () => {
    const text = new URLSafeTimedSerializer(SECRET).dumps({ text: "<>?&/\\\"'é🍪~".repeat(3), n: [1, null] });
    expect(text).toMatch(/^[\w.-]+$/);
    expect(encodeURIComponent(text)).toBe(text);
  });

  test("is compressed where that saves more than the dot", () => {
    expect(payloadOf(serializer.dumps("a".repeat(100)))).toMatch(/^\.eJ/);
    expect(serializer.loads(serializer.dumps("a".repeat(100)))).toBe("a".repeat(100));
    for (let length = 0; length < 40; length++) {
      const json = bytes(JSON.stringify("a".repeat(length)));
      const compressed = deflate(json).length < json.length - 1;
      expect(serializer.dumps("a".repeat(length)).startsWith(".")).toBe(compressed);
    }
  });

  test("that Python compressed is read", () => {
    expect(serializer.loads(sign(PYTHON_COMPRESSED))).toEqual(Array(30).fill("a"));
  });

  test("with a lone surrogate is refused when it is written: UTF-8 has no place for it", () => {
    expect(() => serializer.dumps("\ud800")).toThrow(TypeError);
  });
});

describe("a signed payload that cannot be read", () => {
  test.each([
    ["base64", "A", "Could not base64 decode", MalformedError],
    ["canonical base64", "W10=", "Could not base64 decode", MalformedError],
    ["zlib", `.${encodeBase64url("not zlib")}`, "Could not zlib decompress", MalformedError],
    [
      "whole",
      `.${encodeBase64url(deflate(bytes("[1, 2, 3]")).subarray(0, 9))}`,
      "Could not zlib decompress",
      MalformedError,
    ],
    [
      "small",
      `.${encodeBase64url(deflate(new Uint8Array(65_537)))}`,
      "Could not zlib decompress",
      TooLargeError,
    ],
    ["UTF-8", encodeBase64url(Uint8Array.of(0x22, 0xff, 0x22)), "Could not load the payload", TypeError],
    ["JSON", encodeBase64url("{"), "Could not load the payload", MalformedError],
    ["without a byte order mark", encodeBase64url("\ufeff[]"), "Could not load the payload", MalformedError],
    ["there", "", "Could not load the payload", MalformedError],
  ])("because it is not %s is a BadPayload with its cause", (_, payload, message, cause) => {
    expect(() => serializer.loads(sign(payload))).toThrow(
      expect.objectContaining({
        name: "BadPayload",
        message: expect.stringContaining(message),
        cause: expect.any(cause),
      }),
    );
  });
});

describe("maxPayloadBytes", () => {
  test("limits what a compressed payload unpacks to", () => {
    const small = new URLSafeSerializer(SECRET, { maxPayloadBytes: 102 });
    expect(small.loads(serializer.dumps("a".repeat(100)))).toBe("a".repeat(100));
    const tooLarge = serializer.dumps("a".repeat(101));
    expect(() => small.loads(tooLarge)).toThrow(BadPayload);
    expect(() => small.loads(tooLarge)).toThrow(/zlib decompress .* maxPayloadBytes, 102/);
  });

  test("is 64 KiB by default", () => {
    expect(serializer.loads(serializer.dumps("a".repeat(65_534)))).toHaveLength(65_534);
    const large = new URLSafeSerializer(SECRET, { maxPayloadBytes: 70_000 });
    expect(() => serializer.loads(large.dumps("a".repeat(65_535)))).toThrow(BadPayload);
  });

  test("limits what is compressed when it is written, so that it can be read", () => {
    for (const Class of [URLSafeSerializer, URLSafeTimedSerializer])
      expect(() => new Class(SECRET).dumps("é".repeat(40_000))).toThrow(
        expect.objectContaining({
          name: "TooLargeError",
          message: expect.stringContaining("80002 bytes, and may have 65536: maxPayloadBytes"),
          size: 80_002,
          limit: 65_536,
        }),
      );
    const small = new URLSafeSerializer(SECRET, { maxPayloadBytes: 5 });
    expect(small.loads(small.dumps("as it is"))).toBe("as it is");
  });
});

test("a lenient serializer reads a payload in another spelling", () => {
  const lenient = new URLSafeSerializer(SECRET, { lenient: true });
  expect(lenient.loads(sign("W1 0="))).toEqual([]);
  expect(() => serializer.loads(sign("W1 0="))).toThrow(BadPayload);
});

test("another serializer writes what is encoded", () => {
  const upper = new URLSafeTimedSerializer(SECRET, {
    serializer: { dumps: (value) => String(value).toUpperCase(), loads: (text) => text.toLowerCase() },
  });
  expect(upper.dumps("abc")).toMatch(new RegExp(`^${encodeBase64url("ABC")}\\.`));
  expect(upper.loads(upper.dumps("abc"), { maxAge: 5 })).toBe("abc");
});

test("a token for a mail is good for an hour, for one purpose", () => {
  const clock = { seconds: 1_795_200_000, now: () => clock.seconds * 1000 };
  const reset = new URLSafeTimedSerializer(SECRET, { salt: "reset-password", clock });
  const confirm = new URLSafeTimedSerializer(SECRET, { salt: "confirm-address", clock });
  const token = reset.dumps({ user: "42" });
  clock.seconds += 3600;
  expect(reset.loads(token, { maxAge: 3600 })).toEqual({ user: "42" });
  expect(confirm.loadsUnsafe(token).signatureValid).toBe(false);
  clock.seconds += 1;
  expect(() => reset.loads(token, { maxAge: 3600 })).toThrow("Signature age 3601 > 3600 seconds");
});
