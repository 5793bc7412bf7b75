/** What a session of Flask-Session's is in DynamoDB: an item under `id`, with `val`, and `expiration` in seconds since 1970. */
import { Buffer } from "node:buffer";
import type { LoadedRecord, Version } from "../../session/store.ts";
import type { Found, Item } from "../dynamodb-client.ts";

/** The changes and conditions of writes. */
export const WRITE = "SET val = :value, expiration = :exp";
export const MOVE = "SET expiration = :exp";
export const NEW = "attribute_not_exists(id)";
export const SAME = "val = :old";
export const CURRENT = "val = :old AND expiration > :now";
export const EXPIRED = "attribute_exists(val) AND expiration <= :now";

/** What {@link SAME} is told. */
export function same(version: Version): Item {
  return { ":old": { B: Buffer.from(version as Uint8Array) } };
}

/** What {@link CURRENT} is told. */
export function current(version: Version, now: Date): Item {
  return { ...same(version), ":now": { N: seconds(now) } };
}

/** An instant as Python writes it, `Decimal(datetime.timestamp())`: a float, to its last digit. */
export function seconds(instant: Date): string {
  const ms = instant.getTime();
  const whole = Math.floor(ms / 1000);
  // Python adds the microseconds as a fraction of their own.
  const float = whole + ((ms - whole * 1000) * 1000) / 1e6;
  return float.toFixed(MOST_DIGITS).replace(/\.?0+$/, "");
}

/** More than the fraction of such a float has. */
const MOST_DIGITS = 30;

/** The session in an item, if it is live. One without an end has ended. */
export function liveIn(found: Found | undefined, now: Date): LoadedRecord | undefined {
  return endOf(found) > Number(seconds(now)) ? recordIn(found) : undefined;
}

/** The session in an item, live or not. */
export function recordIn(found: Found | undefined): LoadedRecord | undefined {
  const value = found?.["val"]?.B;
  return value && { data: new Uint8Array(value), version: new Uint8Array(value) };
}

/** Whether an item is what a write was to make it. */
export function isWritten(found: Found | undefined, data: Uint8Array, expires: Date): boolean {
  const value = found?.["val"]?.B;
  return (
    value !== undefined && Buffer.compare(value, data) === 0 && endOf(found) === Number(seconds(expires))
  );
}

function endOf(found: Found | undefined): number {
  return Number(found?.["expiration"]?.N);
}
