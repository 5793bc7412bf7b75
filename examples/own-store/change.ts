import type { SaveResult, Version } from "hipflask";
import type { Database } from "./database.ts";
import { isLive, type Row, toStored } from "./row.ts";

/** What a store is about: look, decide, write only if nobody wrote since, or look again. */
export async function change(
  database: Database,
  id: string,
  version: Version,
  now: Date,
  changed: (row: Row) => Row,
): Promise<SaveResult> {
  for (;;) {
    const found = await database.read(id);
    if (found === undefined || !isLive(found.row, now)) return { outcome: "gone" };
    if (found.row.version !== version) return { outcome: "conflict", current: toStored(found.row) };
    const row = changed(found.row);
    if (await database.write(id, row, found.revision)) return { outcome: "saved", version: row.version };
  }
}
