// What to keep of a password, and how to compare: argon2id, by a library that does nothing else.
import assert from "node:assert/strict";
import { hash, verify as isMadeOf } from "@node-rs/argon2";

export { hash };

// Takes as long for a name that nobody has, so that nobody learns who has an account.
const nobody = hash("nobody");

export async function verify(stored: string | undefined, password: string): Promise<boolean> {
  const isRight = await isMadeOf(stored ?? (await nobody), password);
  return isRight && stored !== undefined;
}

const stored = await hash("correct horse");
assert.equal(await verify(stored, "correct horse"), true);
assert.equal(await verify(stored, "battery staple"), false);
assert.equal(await verify(undefined, "nobody"), false);
assert.notEqual(stored, await hash("correct horse"));
assert.match(stored, /^\$argon2id\$/);
