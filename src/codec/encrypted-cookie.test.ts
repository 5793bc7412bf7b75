import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tampered } from "../../test/support/tampered.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { ConfigError, TooLargeError } from "../errors.ts";
import { EncryptedCookie, type EncryptedCookieOptions } from "./encrypted-cookie.ts";
import { FlaskCookie } from "./flask-cookie.ts";

const KEY = "q8Zr2Vn6Yw0Xb4Tc1Lf7Pd9Hs5Kj3Mg";
const OTHER = "m1Nb3Vc5Xz7Lk9Jh2Gf4Ds6Ap8Qw0Er";
const NAME = "__Host-session";
const DATA = { user: "ada", visits: 3 };

function codec(keys: string | string[] = KEY, options: EncryptedCookieOptions = {}): EncryptedCookie {
  return new EncryptedCookie([keys].flat(), options);
}

function seal(by: EncryptedCookie, data: object = DATA, name = NAME): string {
  return by.seal(by.stringify({ ...data }), name);
}

describe("EncryptedCookie", () => {
  test("reads what it wrote, and shows nothing of it", () => {
    const value = seal(codec());
    expect(codec().open(value, undefined, NAME)).toMatchObject({
      data: DATA,
      json: '{"user":"ada","visits":3}',
      oldKey: false,
    });
    expect(Buffer.from(value, "base64url").toString("latin1")).not.toContain("ada");
  });

  test("two values of one session have nothing in common but the head", () => {
    const by = codec();
    expect(seal(by).slice(7, 40)).not.toBe(seal(by).slice(7, 40));
    expect(seal(by).slice(0, 6)).toBe(seal(by).slice(0, 6));
  });

  test("every flipped bit, cut and insertion looks like no cookie", () => {
    const by = codec();
    const value = seal(by, { ...DATA, more: "x".repeat(30) });
    const hostile = tampered(value);
    expect(hostile.length).toBeGreaterThan(5000);
    for (const text of hostile) expect(by.open(text, undefined, NAME).refused).toBeTypeOf("string");
  });

  test("takes no other text for the same bytes", () => {
    // 176 bytes: the last character has four spare bits.
    const value = seal(codec(), { x: "x".repeat(70) });
    expect(value.length % 4).not.toBe(0);
    const twins = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
      .map((last) => value.slice(0, -1) + last)
      .filter((twin) => twin !== value);
    const same = twins.filter((twin) =>
      Buffer.from(twin, "base64url").equals(Buffer.from(value, "base64url")),
    );
    expect(same.length).toBeGreaterThan(0);
    for (const twin of same) expect(codec().open(twin, undefined, NAME)).toEqual({ refused: "malformed" });
  });

  test("is bound to its cookie's name and to its application", () => {
    expect(codec().open(seal(codec()), undefined, "session")).toEqual({ refused: "bad_mac" });
    const shop = codec(KEY, { application: "shop" });
    expect(shop.open(seal(codec()), undefined, NAME)).toEqual({ refused: "bad_mac" });
    expect(shop.open(seal(shop), undefined, NAME)).toMatchObject({ data: DATA });
  });

  test("names its key: one that is gone is unknown, a former one is said to be old", () => {
    const value = seal(codec(OTHER));
    expect(codec(KEY).open(value, undefined, NAME)).toEqual({ refused: "unknown_key" });
    expect(codec([OTHER, KEY]).open(value, undefined, NAME)).toMatchObject({ data: DATA, oldKey: true });
    expect(codec([KEY, OTHER]).open(value, undefined, NAME)).toMatchObject({ data: DATA, oldKey: false });
  });

  test("a key that is listed twice counts once, and no key at all is an error", () => {
    expect(codec([KEY, OTHER, KEY]).open(seal(codec(KEY)), undefined, NAME)).toMatchObject({ oldKey: false });
    expect(() => codec([])).toThrow(ConfigError);
  });

  test("knows its age, whatever the browser says", () => {
    const clock = new FakeClock();
    const by = codec(KEY, { clock });
    const value = seal(by);
    clock.move(60);
    expect(by.open(value, 60, NAME)).toMatchObject({ data: DATA });
    clock.move(1);
    expect(by.open(value, 60, NAME)).toEqual({ refused: "expired" });
    clock.move(-61 - 5);
    expect(by.open(value, 60, NAME)).toMatchObject({ data: DATA });
    clock.move(-1);
    expect(by.open(value, 60, NAME)).toEqual({ refused: "future" });
  });

  test("its length says nothing within 64 bytes, and nothing is compressed", () => {
    const lengths = Array.from({ length: 40 }, (_, i) => seal(codec(), { secret: "x".repeat(i) }).length);
    expect(new Set(lengths).size).toBe(1);
    const guesses = Array.from({ length: 26 }, (_, i) =>
      seal(codec(), { secret: "swordfish", guess: `secret=${String.fromCharCode(97 + i)}` }),
    );
    expect(new Set(guesses.map((value) => value.length)).size).toBe(1);
  });

  test("takes no signed cookie, and is none", () => {
    const flask = new FlaskCookie(KEY);
    const signed = flask.seal(flask.stringify(DATA));
    expect(codec().open(signed, undefined, NAME)).toEqual({ refused: "malformed" });
    expect(flask.open(seal(codec()), undefined)).toEqual({ refused: "bad_mac" });
  });

  test("knows its limits", () => {
    const by = codec();
    const large = (size: number) => seal(by, { x: "x".repeat(size) });
    expect(by.open(large(by.maxJsonBytes - 8), undefined, NAME)).toMatchObject({
      signedAt: expect.any(Number),
    });
    expect(() => large(by.maxJsonBytes)).toThrow(TooLargeError);
    expect(by.open("A".repeat(16_385), undefined, NAME)).toEqual({ refused: "too_large" });
  });

  test("reads the vectors of docs/encrypted-cookie.md, and what it writes itself", () => {
    const page = readFileSync(new URL("../../docs/encrypted-cookie.md", import.meta.url), "utf8");
    const vectors = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as {
      secretKey: string;
      application: string;
      name: string;
      signedAt: number;
      json: string;
      value: string;
    }[];
    expect(vectors.length).toBeGreaterThan(3);
    for (const { secretKey, application, name, signedAt, json, value } of vectors) {
      const by = codec(secretKey, { application, clock: { now: () => signedAt * 1000 } });
      expect(by.open(value, undefined, name)).toMatchObject({ json, signedAt });
      expect(by.open(by.sealAt(json, name, signedAt), undefined, name)).toMatchObject({ json, signedAt });
    }
  });
});
