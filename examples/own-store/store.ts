import type { SaveResult, SessionKey, SessionRecord, SessionStore, StoredRecord } from "hipflask";
import type { Database } from "./database.ts";
import { change } from "./change.ts";
import { isLive, toRow, toStored } from "./row.ts";

export class OwnStore implements SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<string | undefined> {
    const row = toRow(record, now);
    return (await this.#database.write(key.id, row, undefined)) ? row.version : undefined;
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const found = await this.#database.read(key.id);
    return found && isLive(found.row, now) ? toStored(found.row) : undefined;
  }

  async save(key: SessionKey, version: string, record: SessionRecord, now: Date): Promise<SaveResult> {
    return change(this.#database, key.id, version, now, () => toRow(record, now));
  }

  async touch(key: SessionKey, version: string, expires: Date, now: Date): Promise<boolean> {
    const moved = { expires: expires.getTime(), seen: now.getTime() };
    // The row changes, the version does not: a save over it goes on as if nothing had happened.
    const result = await change(this.#database, key.id, version, now, (row) => ({ ...row, ...moved }));
    return result.outcome === "saved";
  }

  async replace(
    key: SessionKey,
    version: string,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    const next = (await this.create(nextKey, record, now))!;
    const result = await this.save(key, version, retired, now);
    if (result.outcome === "saved") return { outcome: "saved", version: next };
    await this.delete(nextKey);
    return result;
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    for (;;) {
      const found = await this.#database.read(key.id);
      if (found === undefined) return undefined;
      if (await this.#database.remove(key.id, found.revision)) return toStored(found.row);
    }
  }

  async deleteExpired(limit: number, now: Date): Promise<number> {
    let removed = 0;
    while (removed < limit) {
      const expired = await this.#database.findExpired(limit - removed, now.getTime());
      if (expired.length === 0) break;
      for (const [id, revision] of expired) if (await this.#database.remove(id, revision)) removed += 1;
    }
    return removed;
  }
}
