import type { OwnedRecord, RecordPage } from "../session/store.ts";

/** The id after which a page begins whose records are looked at in the order of their ids; empty at the beginning, and for what is no id. */
export function idAfter(after: string | undefined): string {
  return after !== undefined && /^[\w-]{43}$/.test(after) ? after : "";
}

/** The page of those among `found` that are live. `found` are the records after the last page's, `limit` at most. */
export function pageById(found: readonly OwnedRecord[], limit: number, now: Date): RecordPage {
  return {
    records: found.filter(({ expires }) => expires > now),
    next: found.length < limit ? undefined : found.at(-1)!.key.id,
  };
}
