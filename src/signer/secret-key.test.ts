import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { checkSecretKeys, makeSecretKey, secretKeyList, weaknessOf } from "./secret-key.ts";

const GOOD = "vLs6aUDvWqgFA9XSbvPTeaVnAGvlaCFTn4P3P3FbEzo";
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("a weak secret", () => {
  test.each([
    "",
    "secret",
    "changeme",
    "keyboard cat",
    "dev",
    "\x02\x01thisismyscretkey\x01\x02\\e\\y\\y\\h",
    "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h",
    "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    '_5#y2L"F4Q8z\n\xec]/',
    "A0Zr98j/3yX R~XHH!jmN]LWX/,?RT",
    "a".repeat(32),
    "ab".repeat(20),
    "0123456789".repeat(4),
    "correcthorse1".repeat(3),
    "0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz",
    "111111111111111122222222222222223333",
    "a really really really really long secret key",
    "this-is-my-super-secret-key",
    "THIS_IS_MY_SUPER_SECRET_KEY",
    "thisWasSuperSecretKey",
    "My Very Secret Key!!!",
    "changeme-please-123456789",
    "MyVerySecretKey2024!",
    "das-ist-natürlich-geheim",
    "Secret!",
    "SuperSecret...",
    "randomly9",
    "15 bytes: x7Q*z",
  ])("such as %j is called weak, and how to make a better one is said", (secret) => {
    const message = weaknessOf(secret);
    expect(message).toMatch(/^The secret key [a-z0-9 ,]+\. Make a good key with: npx hipflask secret make$/);
    if (secret.length > 6) expect(message!.split("Make")[0]).not.toContain(secret);
  });

  test("is as weak in bytes", () => {
    for (const secret of [
      "",
      "changeme",
      "this-is-my-super-secret-key",
      "a".repeat(32),
      '_5#y2L"F4Q8z\n',
      '_5#y2L"F4Q8z\n\xec]/',
      "mot de passe très secret",
    ]) {
      expect(weaknessOf(utf8(secret))).toBeDefined();
    }
    expect(weaknessOf(Buffer.from('_5#y2L"F4Q8z\n\xec]/', "latin1"))).toBeDefined();
    expect(weaknessOf(new Uint8Array(32))).toBeDefined();
  });
});

describe("makeSecretKey", () => {
  test("makes keys that a scanner knows, each another one, none of them weak", () => {
    const keys = Array.from({ length: 1000 }, makeSecretKey);
    expect(new Set(keys).size).toBe(1000);
    for (const key of keys) {
      expect(key).toMatch(/^sk1_[A-Za-z0-9_-]{43}$/);
      expect(weaknessOf(key)).toBeUndefined();
    }
  });

  test.each([42, 44, 20])("a key of it that is not whole is refused: %i characters", (length) => {
    expect(weaknessOf(`${makeSecretKey()}x`.slice(0, 4 + length))).toMatch(
      /begins with sk1_ and is not whole/,
    );
  });
});

describe("a generated secret", () => {
  test("may begin with the only letter in it", () => {
    expect(
      weaknessOf(Buffer.from("a\x01\x8f\x13\x07\x95\x1b\x02\xa6\x19\xb3\x04\x11\xa1\x1d\x84", "latin1")),
    ).toBeUndefined();
  });

  test("may begin with letters", () => {
    expect(
      weaknessOf(Buffer.from("Word\x80\x91\x07\xb1\x1b\xa2\xb9\x00\xa4\x12\xf7\xd7", "latin1")),
    ).toBeUndefined();
  });

  test("is never called weak", () => {
    for (let i = 0; i < 1000; i++) {
      const bytes = randomBytes(32);
      const keys = [
        bytes,
        ...(["hex", "base64", "base64url"] as const).map((encoding) => bytes.toString(encoding)),
        randomBytes(16),
        randomBytes(16).toString("hex"),
      ];
      for (const key of keys) expect(weaknessOf(key)).toBeUndefined();
    }
  });

  test.each([
    "550e8400-e29b-41d4-a716-446655440000",
    "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q",
    "correct-horse-7-battery-42-staple",
  ])("of another form is accepted: %s", (secret) => {
    expect(weaknessOf(secret)).toBeUndefined();
  });
});

describe("the keys of an app", () => {
  test("are the fallbacks as they stand, then the key that signs", () => {
    expect(checkSecretKeys("new", ["oldest", utf8("old")])).toEqual(["oldest", "old", "new"].map(utf8));
  });

  test("may lack a fallback, as where an environment variable is not set", () => {
    expect(checkSecretKeys("new", [undefined, "old"])).toEqual(["old", "new"].map(utf8));
    expect(checkSecretKeys("new")).toEqual([utf8("new")]);
  });

  test.each<[string, unknown, unknown]>([
    ["no key", undefined, []],
    ["null for a key", null, []],
    ["an empty key", "", []],
    ["empty bytes", new Uint8Array(0), []],
    ["a number for a key", 42, []],
    ["a list for the key", ["new"], []],
    ["an empty fallback", "new", ["old", ""]],
    ["null for a fallback", "new", [null]],
    ["text for the list of fallbacks, whose characters Flask would take for keys", "new", "old"],
    ["bytes for the list of fallbacks", "new", utf8("old")],
  ])("are refused with %s", (_, secretKey, fallbacks) => {
    expect(() => checkSecretKeys(secretKey as string, fallbacks as string[])).toThrow(ConfigError);
  });

  test("that are missing say how to make one", () => {
    expect(() => checkSecretKeys(undefined)).toThrow(
      expect.objectContaining({
        code: "NO_SECRET_KEY",
        message: expect.stringContaining("npx hipflask secret make"),
      }),
    );
  });

  test("are never in a message", () => {
    for (const run of [() => checkSecretKeys("new", GOOD as never), () => checkSecretKeys("", [GOOD])]) {
      expect(run).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(GOOD.slice(0, 6)) }),
      );
    }
  });
});

describe("the keys of a signer", () => {
  test("are one, or a list with at least one", () => {
    expect(secretKeyList("key")).toEqual([utf8("key")]);
    expect(secretKeyList(["a", utf8("b")])).toEqual([utf8("a"), utf8("b")]);
    expect(() => secretKeyList([])).toThrow(ConfigError);
    expect(() => secretKeyList(["a", ""])).toThrow(ConfigError);
  });
});
