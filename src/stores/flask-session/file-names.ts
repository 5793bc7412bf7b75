import { Buffer } from "node:buffer";
import { digest } from "../../crypto/digest.ts";

/** How cachelib makes a name of a key: `sha256` in 0.17, `md5` in 0.15 and before. */
export type FlaskFileHash = "sha256" | "md5";

/** The name of the file that cachelib keeps a key in. */
export function fileName(key: string, hash: FlaskFileHash): string {
  return Buffer.from(digest(hash, Buffer.from(key))).toString("hex");
}

/** The name that a release of cachelib before or after would have used. Undefined where the system knows no MD5: nobody used it there. */
export function otherName(key: string, hash: FlaskFileHash): string | undefined {
  if (hash === "md5") return fileName(key, "sha256");
  try {
    return fileName(key, "md5");
  } catch {
    return undefined;
  }
}

/** Whether a name is one that cachelib makes, in whichever release. */
export function isHashed(name: string): boolean {
  return /^([0-9a-f]{32}|[0-9a-f]{64})$/.test(name);
}

/** Whether a name may be that of a session's file. */
export function isSession(name: string): boolean {
  return isHashed(name) && !COUNTS.has(name);
}

/** What cachelib keeps the number of its files under. */
export const COUNT_KEY = "__wz_cache_count";

/** The files of that, of either release. */
const COUNTS = new Set(["2029240f6d1128be89ddc32729463129", fileName(COUNT_KEY, "sha256")]);
