import { randomUUID } from "node:crypto";
import type { SessionRecord, StoredRecord } from "hipflask";

export interface Row {
  data: Uint8Array;
  expires: number;
  seen: number;
  version: string;
}

export function isLive(row: Row, now: Date): boolean {
  return now.getTime() < row.expires;
}

export function toRow(record: SessionRecord, now: Date): Row {
  const data = Uint8Array.from(record.data);
  return { data, expires: record.expires.getTime(), seen: now.getTime(), version: randomUUID() };
}

export function toStored({ data, expires, seen, version }: Row): StoredRecord {
  return { data, expires: new Date(expires), seen: new Date(seen), version };
}
