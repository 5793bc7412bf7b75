import { Buffer } from "node:buffer";
import type { SessionRecord, StoredRecord, Version } from "../session/store.ts";

/**
 * What a record is in Memcached: one value, so that one `cas` changes all of it.
 *
 *     form (1), version (12 characters), expires and seen (8 each: milliseconds since 1970 as a big-endian double), data
 *
 * The version is not the token of `cas`, which a touch changes too.
 */
const FORM = 1;
const VERSION = 1;
const EXPIRES = 13;
const SEEN = 21;
const DATA = 29;

/** Seconds that Memcached keeps a record after its end, for clocks that do not agree. */
const SLACK = 60;

/** Seconds. Memcached takes larger numbers for an instant by its own clock. */
const LONGEST = 30 * 24 * 60 * 60;

/** A copy of a record, as it is to be stored. */
export function stored(version: Version, { data, expires }: SessionRecord, now: Date): StoredRecord {
  return { version, data: new Uint8Array(data), expires: new Date(expires), seen: new Date(now) };
}

export function encode({ version, data, expires, seen }: StoredRecord): Uint8Array {
  const value = Buffer.alloc(DATA + data.length);
  value[0] = FORM;
  value.write(String(version), VERSION, "latin1");
  value.writeDoubleBE(expires.getTime(), EXPIRES);
  value.writeDoubleBE(seen.getTime(), SEEN);
  value.set(data, DATA);
  return value;
}

/** @throws Error when somebody else wrote it, or a hipflask of another form */
export function decode(bytes: Uint8Array): StoredRecord {
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (value.length < DATA || value[0] !== FORM) {
    throw new Error(
      "There is something under a session's key in Memcached that MemcachedStore did not write.",
    );
  }
  return {
    version: value.toString("latin1", VERSION, EXPIRES),
    data: new Uint8Array(value.subarray(DATA)),
    expires: new Date(value.readDoubleBE(EXPIRES)),
    seen: new Date(value.readDoubleBE(SEEN)),
  };
}

/**
 * When Memcached removes a record: seconds from now, or 0 for never. That is for what lives longer than 30 days, because
 * otherwise Memcached's clock and the one of `now` had to agree.
 */
export function exptime({ expires, seen }: StoredRecord): number {
  const seconds = Math.ceil(Math.max(expires.getTime() - seen.getTime(), 0) / 1000) + SLACK;
  return seconds > LONGEST ? 0 : seconds;
}
