import type { SaveResult, SessionRecord, StoredRecord, Version } from "../session/store.ts";

/** What a script may be given. */
export type Argument = string | Buffer;

/** Milliseconds that Redis keeps a record after its end, for clocks that do not agree. */
const SLACK = 60_000;

/** What a script that writes a record is told: version, data, expires, now, time to live. */
export function writing(version: string, { data, expires }: SessionRecord, now: Date): Argument[] {
  // The client may keep the bytes waiting, so they are copied.
  return [version, Buffer.from(data), milliseconds(expires), milliseconds(now), timeToLive(expires, now)];
}

/** Since 1970. */
export function milliseconds(date: Date): string {
  return String(date.getTime());
}

/** Milliseconds until Redis removes a record, by its own clock: `now` need not be that one's. */
export function timeToLive(expires: Date, now: Date): string {
  return String(Math.max(expires.getTime() - now.getTime(), 0) + SLACK);
}

/** What a script answers that changes or looks up one record: whether it has done its work, and what the record was. */
export interface Reply {
  readonly done: boolean;
  readonly fields: readonly Buffer[];
}

export function readReply(reply: unknown): Reply {
  const [done, ...fields] = reply as [unknown, ...Buffer[]];
  return { done: String(done) === "1", fields };
}

export interface Answer {
  readonly done: boolean;
  readonly record: StoredRecord | undefined;
}

export function readAnswer({ done, fields }: Reply): Answer {
  return { done, record: fields.length > 0 ? readRecord(fields) : undefined };
}

export function readRecord(fields: readonly Buffer[]): StoredRecord {
  const [version, data, expires, seen] = fields as [Buffer, Buffer, Buffer, Buffer];
  return {
    version: String(version),
    data: new Uint8Array(data),
    expires: new Date(Number(String(expires))),
    seen: new Date(Number(String(seen))),
  };
}

/** `version` is the one that was to be written. */
export function saveResult({ done, record }: Answer, version: Version): SaveResult {
  if (done) return { outcome: "saved", version };
  return record === undefined ? { outcome: "gone" } : { outcome: "conflict", current: record };
}
