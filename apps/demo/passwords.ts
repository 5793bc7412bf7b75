import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

// Where you can install it, prefer argon2id, hash() and verify() of @node-rs/argon2: only this file would change.
const stretch = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** What a guess costs: scrypt's parameters. */
export interface PasswordCost {
  /** A power of two. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and a third of a second or so, one of OWASP's choices for scrypt. */
const COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 };

/** Keeps passwords so that whoever has what is kept must guess them, one by one, at a price. */
export class Passwords {
  readonly #cost: PasswordCost;
  /** Nobody's, made when it is first needed. */
  #nobody: Promise<string> | undefined;

  constructor(cost: PasswordCost = COST) {
    this.#cost = cost;
  }

  /** What is kept of a password: the cost, its salt, and what scrypt made of all. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    const { N, r, p } = this.#cost;
    const hash = await hashed(password, salt, this.#cost);
    return `scrypt.${N}.${r}.${p}.${salt.toString("base64url")}.${hash.toString("base64url")}`;
  }

  /**
   * Whether a password is the one that is kept.
   *
   * @param kept undefined where there is no such account: then it takes as long, and is false
   */
  async isRight(kept: string | undefined, password: string): Promise<boolean> {
    this.#nobody ??= this.hash(randomBytes(16).toString("base64url"));
    const [, N, r, p, salt = "", expected = ""] = (kept ?? (await this.#nobody)).split(".");
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    const found = await hashed(password, Buffer.from(salt, "base64url"), cost);
    return timingSafeEqual(found, Buffer.from(expected, "base64url"));
  }
}

/** The same letters are the same password, however a keyboard composes them (NIST SP 800-63B). */
function hashed(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  return stretch(password.normalize("NFKC"), salt, 32, { ...cost, maxmem: 64 * 1024 * 1024 });
}
