import type { SaveResult, SessionKey, SessionRecord, SessionStore, Version } from "../session/store.ts";

/** `replace` where two records cannot be written at once: never two sessions, at worst a record that nobody knows the ID of. */
export async function replaceApart(
  store: Pick<SessionStore, "create" | "save"> & { delete(key: SessionKey): Promise<unknown> },
  key: SessionKey,
  version: Version,
  retired: SessionRecord,
  nextKey: SessionKey,
  record: SessionRecord,
  now: Date,
): Promise<SaveResult> {
  const created = await store.create(nextKey, record, now);
  if (created === undefined) throw new Error("There is a record under the next key already.");
  let result: SaveResult | undefined;
  try {
    result = await store.save(key, version, retired, now);
  } finally {
    if (result?.outcome !== "saved") await store.delete(nextKey);
  }
  return result.outcome === "saved" ? { outcome: "saved", version: created } : result;
}
