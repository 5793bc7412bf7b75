// A link in an e-mail that proves who clicked it: itsdangerous' URLSafeTimedSerializer, readable by Python too.
import assert from "node:assert/strict";
import { SignatureExpired, URLSafeTimedSerializer } from "hipflask/signer";

const now = { time: Date.now(), now: () => now.time };
const tokens = new URLSafeTimedSerializer("a secret key of your own, from the environment", {
  salt: "email-confirm", // keeps these tokens apart from all others that are signed with the same key
  clock: now,
});

const token = tokens.dumps({ email: "ada@example.com" });
console.log(`https://example.com/confirm?token=${token}`);

assert.deepEqual(tokens.loads(token, { maxAge: 3600 }), { email: "ada@example.com" });
assert.throws(() => tokens.loads(`${token}x`, { maxAge: 3600 }), { code: "BAD_TIME_SIGNATURE" });

now.time += 3601 * 1000;
assert.throws(() => tokens.loads(token, { maxAge: 3600 }), SignatureExpired);
