import type { Dict } from "../codec/index.ts";
import { setOwn } from "../encoding/plain.ts";
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
  /** What the user's list of sessions calls the device. */
  device: "_device",
  /** What the browser was known by that logged in: a digest. */
  client: "_client",
  /** The name of the series of remember-me tokens that the login belongs to. */
  series: "_series",
  /** In a cookie: what the session is called in a store, by which it can be ended. */
  sid: "_sid",
  /** In a cookie: which record of the store it is a copy of, and since when. */
  copy: "_copy",
  /** The key of the session that this one has become. */
  successor: "_successor",
  /** The key of the session that this one was, and when it ceased to be, in seconds since 1970. */
  predecessor: "_predecessor",
  /** In a cookie: where the record is that another program has of the session, and since when it is not needed, in seconds since 1970. */
  adopted: "_adopted",
} as const;

/** Flask-Login's: whether the user has just entered a password. */
export const FRESH = "_fresh";

/** What stays when a session is emptied: it says where the session is and was, not what is in it. */
export const LASTING: readonly string[] = [
  RESERVED.created,
  RESERVED.device,
  RESERVED.predecessor,
  RESERVED.sid,
];

/** What means the same in the sessions of Flask as in ours. */
const FLASKS: readonly string[] = [
  RESERVED.permanent,
  RESERVED.flashes,
  RESERVED.user,
  RESERVED.authenticated,
];

const NAMES: ReadonlySet<string> = new Set(Object.values(RESERVED));
const UNDERSCORE = 0x5f;

/** Stored data without the session's own keys, and those. (A key that is deleted would make its object a slow one.) */
export function splitReserved(stored: Dict): { data: Dict; reserved: Dict } {
  const data: Dict = {};
  const reserved: Dict = {};
  for (const key of Object.keys(stored)) {
    setOwn(key.charCodeAt(0) === UNDERSCORE && NAMES.has(key) ? reserved : data, key, stored[key]);
  }
  return { data, reserved };
}

/** What Flask keeps, without what has a meaning in our sessions alone. */
export function withoutOwn(stored: Dict): Dict {
  const { data, reserved } = splitReserved(stored);
  return { ...data, ...withOwn(reserved, FLASKS) };
}

/** Those of a dict's keys that are among `keys`. */
export function withOwn(dict: Dict, keys: readonly string[]): Dict {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(dict, key)).map((key) => [key, dict[key]]));
}

/** An application that copies keys from a request into its data must not let it choose, say, the user. @throws DataError */
export function refuseReserved(data: Dict): void {
  for (const key in data) {
    if (key.charCodeAt(0) === UNDERSCORE && NAMES.has(key)) {
      throw new DataError("UNSERIALIZABLE", key, "has a name that is the session's own. Use another key.");
    }
  }
}
