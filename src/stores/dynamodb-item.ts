/**
 * What a record is in DynamoDB: an item under `pk`, which all records of one owner share and a visitor's has for itself, and
 * `id`. It has `version`, `bytes`, `expires` and `seen` (milliseconds since 1970), and `remove_at` (seconds since 1970);
 * one that was replaced has the key of the next one too. Of a record that was ended the key is left, and `remove_at`: a
 * `create` that arrives late finds the place taken.
 */
import { Buffer } from "node:buffer";
import { TooLargeError } from "../errors.ts";
import type { SessionKey, SessionRecord, StoredRecord, Version } from "../session/store.ts";
import type { Found, Item } from "./dynamodb-client.ts";
import { newVersion } from "./new-version.ts";

/** The conditions of writes, and the changes of those that write no whole item. */
export const LIVE = "attribute_exists(version)";
export const NEW = "attribute_not_exists(pk)";
export const SAME = "version = :version";
export const CURRENT = "version = :version AND expires > :now";
export const TOUCH = "SET expires = :expires, seen = :now, remove_at = :remove";
export const END = "SET remove_at = :remove REMOVE version, bytes, expires, seen, next_pk, next_id";

/** The attribute that DynamoDB's time to live goes by. */
export const REMOVE_AT = "remove_at";

/** Bytes of data that a record may have: DynamoDB's 400 KiB, less one for everything else in an item. */
const MAX_BYTES = 399 * 1024;

/** Seconds that an item stays after its record's end: that much a clock may be off, or a request be late. */
const SLACK = 24 * 60 * 60;

/** A record that is about to be written, with a new version, in a copy of its own. @throws TooLargeError */
export function itemOf(
  key: SessionKey,
  { data, expires }: SessionRecord,
  now: Date,
  next?: SessionKey,
): Item {
  return {
    ...keyItem(key),
    version: { S: newVersion() },
    bytes: { B: bytesOf(data) },
    expires: milliseconds(expires),
    seen: milliseconds(now),
    remove_at: removeAfter(expires.getTime() - now.getTime()),
    ...(next === undefined ? {} : { next_pk: { S: partition(next) }, next_id: { S: next.id } }),
  };
}

/** A copy. @throws TooLargeError */
export function bytesOf(data: Uint8Array): Buffer {
  if (data.length <= MAX_BYTES) return Buffer.from(data);
  const message = `A session takes ${data.length} bytes, and an item of DynamoDB has room for ${MAX_BYTES}. Keep less in it.`;
  throw new TooLargeError(message, data.length, MAX_BYTES, []);
}

/** @throws TypeError for an id or an owner that is no text */
export function keyItem(key: SessionKey): Item {
  const pk = partition(key);
  if (typeof key.id !== "string" || typeof pk !== "string") throw new TypeError("A key is made of strings.");
  return { pk: { S: pk }, id: { S: key.id } };
}

/** What `CURRENT` is told. */
export function current(version: Version, now: Date): Item {
  return { ":version": { S: String(version) }, ":now": milliseconds(now) };
}

/** What `TOUCH` is told beside that. */
export function touching(expires: Date, now: Date): Item {
  return { ":expires": milliseconds(expires), ":remove": removeAfter(expires.getTime() - now.getTime()) };
}

/** What `END` is told. */
export function ending(): Item {
  return { ":remove": removeAfter(0) };
}

/** The record in an item that was not ended. */
export function recordIn(found: Found): StoredRecord {
  return {
    version: versionIn(found)!,
    data: new Uint8Array(found["bytes"]!.B!),
    expires: date(found, "expires"),
    seen: date(found, "seen"),
  };
}

/** Undefined when the record was ended. */
export function versionIn(found: Found): string | undefined {
  return found["version"]?.S;
}

/** Whether there is a record that was not ended and has not expired. */
export function isLive(found: Found | undefined, now: Date): found is Found {
  return found?.["version"] !== undefined && date(found, "expires") > now;
}

export function keyIn(found: Found): SessionKey {
  return keyOf(text(found, "pk"), text(found, "id"));
}

/** The key of the record that was put in the place of this one. */
export function nextIn(found: Found): SessionKey | undefined {
  return found["next_pk"] && keyOf(text(found, "next_pk"), text(found, "next_id"));
}

function partition({ id, owner }: SessionKey): string {
  return owner ?? id;
}

function keyOf(pk: string, id: string): SessionKey {
  return { id, owner: pk === id ? undefined : pk };
}

function milliseconds(instant: Date): { N: string } {
  return { N: String(instant.getTime()) };
}

/** By the machine's clock, because DynamoDB removes by the real time, whatever time the store is told. */
function removeAfter(ms: number): { N: string } {
  return { N: String(Math.ceil((Date.now() + Math.max(ms, 0)) / 1000) + SLACK) };
}

function text(found: Found, name: string): string {
  return found[name]!.S!;
}

function date(found: Found, name: string): Date {
  return new Date(Number(found[name]!.N!));
}
