import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface SecretKeys {
  readonly secretKey: string;
  readonly secretKeyFallbacks: readonly string[];
  /** The key was made by this very call. */
  readonly generated: boolean;
}

/** Where a generated key is kept, below the working directory; git ignores it. */
export const KEY_FILE = ".hipflask/secret-key";

/**
 * The keys that sign sessions: `SECRET_KEY` and the comma-separated `SECRET_KEY_FALLBACKS`. Without a `SECRET_KEY` one is
 * generated and kept in {@link KEY_FILE}, so that sessions outlive a restart.
 */
export function secretKeys(env: NodeJS.ProcessEnv, folder: string): SecretKeys {
  const secretKeyFallbacks = (env["SECRET_KEY_FALLBACKS"] ?? "")
    .split(",")
    .map((key) => key.trim())
    .filter(Boolean);
  const given = env["SECRET_KEY"];
  if (given) return { secretKey: given, secretKeyFallbacks, generated: false };
  return { ...keptKey(folder), secretKeyFallbacks };
}

/** The folder of what the demo keeps, made where it is missing; git ignores it. */
export function homeOf(folder: string): string {
  const home = join(folder, ".hipflask");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}

function keptKey(folder: string): { secretKey: string; generated: boolean } {
  const file = join(homeOf(folder), "secret-key");
  const fresh = randomBytes(32).toString("base64url");
  try {
    // "wx" fails where there is a file: of two that start at once, one keeps its key and the other reads it.
    writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: "wx" });
    return { secretKey: fresh, generated: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const secretKey = readFileSync(file, "utf8").trim();
  if (secretKey === "") throw new Error(`${KEY_FILE} is empty. Delete it, and a new key is generated.`);
  return { secretKey, generated: false };
}
