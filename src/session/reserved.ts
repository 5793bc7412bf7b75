import type { Dict } from "../codec/index.ts";
import { DataError } from "../errors.ts";

/** The session's own keys in what is stored: Flask's and Flask-Login's, and ours beside them, which Flask keeps and ignores. */
export const RESERVED = {
  permanent: "_permanent",
  flashes: "_flashes",
  user: "_user_id",
  /** Seconds since 1970. */
  created: "_created",
  /** Seconds since 1970. */
  authenticated: "_auth_at",
} as const;

/** Flask-Login's: whether the user has just entered a password. */
export const FRESH = "_fresh";

const NAMES: ReadonlySet<string> = new Set(Object.values(RESERVED));
const UNDERSCORE = 0x5f;

/** Moves the session's own keys out of stored data. */
export function takeReserved(stored: Dict): Dict {
  const reserved: Dict = {};
  for (const key in stored) {
    if (key.charCodeAt(0) !== UNDERSCORE || !NAMES.has(key)) continue;
    reserved[key] = stored[key];
    delete stored[key];
  }
  return reserved;
}

/** An application that copies keys from a request into its data must not let it choose, say, the user. @throws DataError */
export function refuseReserved(data: Dict): void {
  for (const key in data) {
    if (key.charCodeAt(0) === UNDERSCORE && NAMES.has(key)) {
      throw new DataError("UNSERIALIZABLE", key, "has a name that is the session's own. Use another key.");
    }
  }
}
