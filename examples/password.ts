// What to keep of a password, and how to compare: scrypt of Node's. Where you can install it, prefer argon2id: hash() and verify() of @node-rs/argon2.
import assert from "node:assert/strict";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const stretch = promisify<string, Buffer, number, object, Buffer>(scrypt);
const COST = { N: 2 ** 14, r: 8, p: 5 };

export async function hash(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString("base64url")}.${(await stretch(password, salt, 32, COST)).toString("base64url")}`;
}

// Takes as long for a name that nobody has, so that nobody learns who has an account.
const nobody = hash("nobody");

export async function verify(stored: string | undefined, password: string): Promise<boolean> {
  const parts = (stored ?? (await nobody)).split(".");
  const [salt, expected] = parts.map((part) => Buffer.from(part, "base64url")) as [Buffer, Buffer];
  const isRight = timingSafeEqual(expected, await stretch(password, salt, 32, COST));
  return isRight && stored !== undefined;
}

const stored = await hash("correct horse");
assert.equal(await verify(stored, "correct horse"), true);
assert.equal(await verify(stored, "battery staple"), false);
assert.equal(await verify(undefined, "nobody"), false);
assert.notEqual(stored, await hash("correct horse"));
