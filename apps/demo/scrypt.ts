import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** 32 MiB and three passes, one of OWASP's choices. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 2 ** 20 };
const LENGTH = 32;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/**
 * Stands in the place of `@node-rs/argon2`, which is compiled for each machine, where the demo comes out of the package: what Node has of its own.
 *
 * @returns the salt, and what scrypt made of both
 */
export async function hash(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, LENGTH, COST);
  return `scrypt:${salt.toString("base64url")}:${key.toString("base64url")}`;
}

/** Whether it is the password that {@link hash} made `kept` of. */
export async function verify(kept: string, password: string): Promise<boolean> {
  const [, salt = "", key = ""] = kept.split(":");
  const wanted = Buffer.from(key, "base64url");
  return timingSafeEqual(await derive(password, Buffer.from(salt, "base64url"), LENGTH, COST), wanted);
}
