import { randomBytes } from "../crypto/random.ts";
import { encodeBase64url } from "../encoding/base64url.ts";

/** Random: a server that takes over without the last writes makes no version that another state had. */
export function newVersion(): string {
  return encodeBase64url(randomBytes(9));
}
