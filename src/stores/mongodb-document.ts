import { TooLargeError } from "../errors.ts";
import type { OwnedRecord, SessionKey, SessionRecord, StoredRecord } from "../session/store.ts";

/** What the driver is given: filters, updates, options. */
export type Fields = Record<string, unknown>;

/** A document, as the driver gives it by the options of {@link READ}. */
interface Kept {
  readonly _id: string;
  readonly owner?: string;
  readonly version: string;
  readonly data: Uint8Array;
  readonly expires: Date;
  readonly seen: Date;
}

/** How values come back, whatever the client does by default. */
const VALUES = { raw: false, promoteValues: true, promoteBuffers: true };

/** Of each read: what the primary has, also what the others do not have yet. Every write is conditional on that. */
export const READ: Fields = { ...VALUES, readPreference: "primary", readConcern: { level: "local" } };

/** Of each write: it is answered when most members have it on their disks, or the only one has. */
export const WRITE: Fields = { ...VALUES, writeConcern: { w: "majority", journal: true } };

/** The same, for one that gives a document back. */
export const WRITE_AND_GIVE: Fields = { ...WRITE, includeResultMetadata: false };

/** Visitors have no owner, and are not in the index of owners. */
export const INDEXES: { key: Record<string, 1>; name: string; sparse?: true; expireAfterSeconds?: 0 }[] = [
  { key: { owner: 1 }, name: "owner", sparse: true },
  { key: { removeAt: 1 }, name: "removeAt", expireAfterSeconds: 0 },
];

/** A document may have 16 MiB, of which everything but the data takes a few hundred bytes. */
const MAX_DATA = 16 * 1024 * 1024 - 16 * 1024;

/** Milliseconds that MongoDB keeps a document after its record's end. */
const SLACK = 60_000;

/** The document under a key. Any other value, `{ $ne: "" }` say, would be a condition that is met by others' documents. */
export function byKey({ id, owner }: SessionKey): Fields {
  return { _id: checked(id, 43), owner: owner === undefined ? null : checkedOwner(owner) };
}

/** The same, if its record is live. */
export function live(key: SessionKey, now: Date): Fields {
  return { ...byKey(key), expires: { $gt: new Date(now) } };
}

/** The documents of an owner, but for those with the ids in `except`. */
export function byOwner(owner: string, except: readonly string[]): Fields {
  return { owner: checkedOwner(owner), _id: { $nin: except.map((id) => checked(id, 43)) } };
}

export function checkedOwner(owner: string): string {
  return checked(owner, 22);
}

/** @throws TooLargeError */
export function writing({ data, expires }: SessionRecord, now: Date): Fields {
  return { data: bytesOf(data), ...lasting(expires, now) };
}

/** A copy, because the driver may send it later. @throws TooLargeError */
export function bytesOf(data: Uint8Array): Buffer {
  if (data.length <= MAX_DATA) return Buffer.from(data);
  const message = `A session in MongoDB may have ${MAX_DATA} bytes, and this one has ${data.length}.`;
  throw new TooLargeError(message, data.length, MAX_DATA, []);
}

/** The time to live counts from MongoDB's own clock, which need not be that of `now`. */
export function lasting(expires: Date, now: Date): Fields {
  const timeToLive = Math.max(expires.getTime() - now.getTime(), 0) + SLACK;
  return {
    expires: new Date(expires),
    seen: new Date(now),
    removeAt: { $add: ["$$NOW", timeToLive] },
  };
}

export function recordIn(document: unknown): StoredRecord | undefined {
  if (document === null) return undefined;
  const { version, data, expires, seen } = document as Kept;
  // The driver's bytes are a part of the whole answer.
  return { version, data: new Uint8Array(data), expires, seen };
}

export function ownedRecordIn(document: unknown): OwnedRecord {
  const { _id: id, owner } = document as Kept;
  return { ...recordIn(document)!, key: { id, owner } };
}

/** @throws TypeError for what is no text of so many characters of base64url */
function checked(text: string, length: number): string {
  if (typeof text === "string" && text.length === length && /^[\w-]+$/.test(text)) return text;
  throw new TypeError(`A record's id and owner are base64url, and this is not ${length} characters of it.`);
}
