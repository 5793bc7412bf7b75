import crypto from "node:crypto";
import { describe, expect, test } from "vitest";
import { withoutRandomness } from "../../../test/support/no-randomness.ts";
import { failure, setUpServer } from "../../../test/support/server-sessions.ts";
import { newSessionId, ownerTag, readSessionId } from "./session-id.ts";

const AMOUNT = process.env["HIPFLASK_LONG"] === "1" ? 1_000_000 : 100_000;

describe("a new ID", () => {
  test("is never given twice, and all its bytes are equally likely", () => {
    const seen = new Set<string>();
    const counts = Array.from({ length: 256 }, () => 0);
    for (let i = 0; i < AMOUNT; i++) {
      const { text } = newSessionId(undefined);
      seen.add(text);
      for (const byte of Buffer.from(text, "base64url")) counts[byte]!++;
    }
    expect(seen.size).toBe(AMOUNT);
    const mean = (AMOUNT * 32) / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
    // 255 degrees of freedom: six standard deviations on both sides.
    expect(chiSquare).toBeGreaterThan(255 - 6 * Math.sqrt(510));
    expect(chiSquare).toBeLessThan(255 + 6 * Math.sqrt(510));
  });

  test("has 32 bytes, and the user's tag where there is a user", () => {
    const [nobody, user] = [newSessionId(undefined), newSessionId(ownerTag("42"))];
    expect(nobody.text).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(nobody.text, "base64url")).toHaveLength(32);
    expect(user.text).toMatch(/^[\w-]{43}\.[\w-]{22}$/);
    expect([nobody.key.owner, user.key.owner]).toEqual([undefined, ownerTag("42")]);
  });

  test("is not in the name under which its session is kept", () => {
    const { text, key } = newSessionId(ownerTag("42"));
    expect(key.id).toBe(crypto.createHash("sha256").update(text).digest("base64url"));
    expect(readSessionId(text)).toEqual({ text, key });
  });

  test("is not made where the system has no randomness: nothing takes its place", async () => {
    const { visitor, countRecords } = setUpServer();
    await withoutRandomness(async () => {
      expect(() => newSessionId(undefined)).toThrow("no entropy");
      expect(await failure(visitor.visit(({ data }) => (data["a"] = 1)))).toMatchObject({
        message: "no entropy",
      });
    });
    expect(visitor.cookie).toBe("");
    expect(await countRecords()).toBe(0);
  });
});

describe("what a cookie holds", () => {
  const good = newSessionId(ownerTag("42")).text;

  test.each([
    "",
    "x",
    good.slice(0, 42),
    `${good.slice(0, 43)}.`,
    `${good}A`,
    good.slice(0, -1),
    `${good}.${good}`,
    good.replace(".", "_"),
    ` ${good}`,
    `${good}\n`,
    `"${good}"`,
    `${good.slice(0, 42)}=`,
    `${good.slice(0, 42)}/`,
    `${good.slice(0, 42)}é`,
    "../../../../etc/passwd",
    "session:*\r\nFLUSHALL\r\n",
    "' OR 1=1 --",
    "A".repeat(10_000),
    "__proto__",
  ])("is no ID unless it has an ID's form: %j", (text) => expect(readSessionId(text)).toBeUndefined());

  test("names another session with every change of a character", () => {
    const names = new Set([readSessionId(good)!.key.id]);
    for (let i = 0; i < good.length; i++) {
      if (good[i] === ".") continue;
      const changed = good.slice(0, i) + (good[i] === "A" ? "B" : "A") + good.slice(i + 1);
      names.add(readSessionId(changed)!.key.id);
    }
    expect(names.size).toBe(good.length);
  });
});

describe("the tag of a user", () => {
  test("is always the same for one, and another one for each", () => {
    const users = [
      "42",
      "43",
      "042",
      "42 ",
      "a",
      "A",
      "ä",
      "a\u0308",
      "\u0000",
      "constructor",
      "😀",
      "x".repeat(10_000),
    ];
    expect(new Set(users.map(ownerTag)).size).toBe(users.length);
    expect(users.map(ownerTag)).toEqual(users.map(ownerTag));
    for (const user of users) expect(ownerTag(user)).toMatch(/^[\w-]{22}$/);
  });
});
