import { randomBytes } from "node:crypto";
import { hash, type Options, verify } from "@node-rs/argon2";

/** What a guess costs: argon2's parameters. Default: argon2id with 19 MiB and two passes, one of OWASP's choices. */
export type PasswordCost = Pick<Options, "memoryCost" | "timeCost" | "parallelism">;

/** Keeps passwords so that whoever has what is kept must guess them, one by one, at a price. */
export class Passwords {
  readonly #cost: PasswordCost | undefined;
  /** Nobody's, made when it is first needed. */
  #nobody: Promise<string> | undefined;

  constructor(cost?: PasswordCost) {
    this.#cost = cost;
  }

  /** What is kept of a password: the cost, its salt, and what argon2 made of all. */
  hash(password: string): Promise<string> {
    return hash(composed(password), this.#cost);
  }

  /**
   * Whether a password is the one that is kept.
   *
   * @param kept undefined where there is no such account: then it takes as long, and is false
   */
  async isRight(kept: string | undefined, password: string): Promise<boolean> {
    this.#nobody ??= this.hash(randomBytes(16).toString("base64url"));
    const isRight = await verify(kept ?? (await this.#nobody), composed(password));
    return isRight && kept !== undefined;
  }
}

/** The same letters are the same password, however a keyboard composes them (NIST SP 800-63B). */
function composed(password: string): string {
  return password.normalize("NFKC");
}
