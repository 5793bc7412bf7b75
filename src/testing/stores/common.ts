import assert from "node:assert/strict";
import type {
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../../session/store.ts";

/** Defines a test over two stores that share one new, empty space. */
export type Check = (name: string, run: (one: SessionStore, two: SessionStore) => Promise<void>) => void;

/** A record's lifetime where a test does not care, in milliseconds. */
export const HOUR = 60 * 60 * 1000;
export const DAY = 24 * HOUR;

/** The instant at which every test begins: in no relation to the machine's clock. */
const BEGINNING = Date.UTC(2031, 4, 6, 7, 8, 9, 123);

/** The instant `ms` milliseconds after the beginning. */
export function at(ms: number): Date {
  return new Date(BEGINNING + ms);
}

/** The key of the record that a test calls `name`, of base64url characters as real ones. */
export function key(name: string, owner?: string): SessionKey {
  return { id: name.padEnd(43, "_"), owner };
}

/** The tag of the user that a test calls `name`. */
export function tag(name: string): string {
  return name.padEnd(22, "_");
}

/** A record that holds `content` until the instant `expires` milliseconds after the beginning. */
export function record(content: string, expires = HOUR): SessionRecord {
  return { data: new TextEncoder().encode(content), expires: at(expires) };
}

/** Creates a record that must be new. */
export async function create(
  store: SessionStore,
  recordKey: SessionKey,
  kept: SessionRecord,
  now = at(0),
): Promise<Version> {
  const version = await store.create(recordKey, kept, now);
  assert.ok(version !== undefined, "create must keep a record under a new key");
  return version;
}

/** Saves, which must succeed, and gives the new version. */
export async function save(
  store: SessionStore,
  recordKey: SessionKey,
  version: Version,
  kept: SessionRecord,
  now = at(0),
): Promise<Version> {
  return savedVersion(await store.save(recordKey, version, kept, now));
}

export function savedVersion(result: SaveResult): Version {
  assert.ok(result.outcome === "saved", `the outcome must be saved, not ${result.outcome}`);
  return result.version;
}

/** Loads a record that must be live. */
export async function load(store: SessionStore, recordKey: SessionKey, now = at(0)): Promise<StoredRecord> {
  const stored = await store.load(recordKey, now);
  assert.ok(stored !== undefined, "there must be a live record");
  return stored;
}

/** Whether a record is live. */
export async function lives(store: SessionStore, recordKey: SessionKey, now = at(0)): Promise<boolean> {
  return (await store.load(recordKey, now)) !== undefined;
}

/** What a record holds, as text. */
export async function text(
  store: SessionStore,
  recordKey: SessionKey,
  now = at(0),
): Promise<string | undefined> {
  const stored = await store.load(recordKey, now);
  return stored && new TextDecoder().decode(stored.data);
}

/** The record that a `conflict` brings. */
export function conflicting(result: SaveResult): StoredRecord {
  assert.ok(result.outcome === "conflict", `the outcome must be conflict, not ${result.outcome}`);
  return result.current;
}

/** Checks everything that a store gives back of a record but its version. */
export function assertStored(stored: StoredRecord | undefined, expected: SessionRecord, seen: Date): void {
  assert.ok(stored !== undefined, "there must be a record");
  assert.ok(stored.data instanceof Uint8Array, "data must be a Uint8Array");
  assert.equal(stored.data.length, expected.data.length, "as many bytes as were kept");
  assert.equal(Buffer.compare(stored.data, expected.data), 0, "the very bytes that were kept");
  assert.equal(stored.expires.toISOString(), expected.expires.toISOString(), "expires");
  const off = Math.abs(stored.seen.getTime() - seen.getTime());
  assert.ok(off < 1000, `seen must be the time of the last write to the second, and is ${off} ms off`);
}

/** Checks that a record is gone for every method but `create` and `delete`. */
export async function assertGone(
  store: SessionStore,
  recordKey: SessionKey,
  version: Version,
  now = at(0),
): Promise<void> {
  const next = key("next-of-a-gone-one");
  const kept = { data: new Uint8Array([1]), expires: new Date(now.getTime() + HOUR) };
  assert.equal(await store.load(recordKey, now), undefined, "load must find nothing");
  assert.deepEqual(await store.save(recordKey, version, kept, now), { outcome: "gone" }, "save");
  assert.equal(await store.touch(recordKey, version, kept.expires, now), false, "touch");
  assert.deepEqual(
    await store.replace(recordKey, version, kept, next, kept, now),
    { outcome: "gone" },
    "replace",
  );
  assert.equal(await store.load(next, now), undefined, "a replace that failed must leave no new record");
  assert.equal(await store.load(recordKey, now), undefined, "nothing may bring it back");
}
