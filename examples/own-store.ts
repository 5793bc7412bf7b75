// A store of your own, on any database that can write one row only if nobody changed it since; and the suite that checks it.
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { SaveResult, SessionKey, SessionRecord, SessionStore, StoredRecord } from "hipflask";
import { storeSuite } from "hipflask/testing";

interface Row {
  data: Uint8Array;
  expires: number;
  seen: number;
  version: string;
}

/** Stands for your database. `revision` is its own: an ETag, a row version, a revision of etcd. */
class Database {
  readonly #rows = new Map<string, { row: Row; revision: string }>();

  async read(id: string): Promise<{ row: Row; revision: string } | undefined> {
    return structuredClone(this.#rows.get(id));
  }

  /** Writes only over the revision that was read; undefined: only where there is no row. */
  async write(id: string, row: Row, revision: string | undefined): Promise<boolean> {
    if (this.#rows.get(id)?.revision !== revision) return false;
    this.#rows.set(id, structuredClone({ row, revision: randomUUID() }));
    return true;
  }

  async remove(id: string, revision: string): Promise<boolean> {
    return this.#rows.get(id)?.revision === revision && this.#rows.delete(id);
  }

  async findExpired(limit: number, now: number): Promise<[id: string, revision: string][]> {
    const expired = Array.from(this.#rows).filter(([, { row }]) => row.expires <= now);
    return expired.slice(0, limit).map(([id, { revision }]) => [id, revision]);
  }
}

class OwnStore implements SessionStore {
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
    return this.#change(key, version, now, () => toRow(record, now));
  }

  async touch(key: SessionKey, version: string, expires: Date, now: Date): Promise<boolean> {
    const moved = { expires: expires.getTime(), seen: now.getTime() };
    // The row changes, the version does not: a save over it goes on as if nothing had happened.
    const result = await this.#change(key, version, now, (row) => ({ ...row, ...moved }));
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

  /** Everything is here: look, decide, write only if nobody wrote since, or look again. */
  async #change(key: SessionKey, version: string, now: Date, change: (row: Row) => Row): Promise<SaveResult> {
    for (;;) {
      const found = await this.#database.read(key.id);
      if (found === undefined || !isLive(found.row, now)) return { outcome: "gone" };
      if (found.row.version !== version) return { outcome: "conflict", current: toStored(found.row) };
      const row = change(found.row);
      if (await this.#database.write(key.id, row, found.revision)) {
        return { outcome: "saved", version: row.version };
      }
    }
  }
}

function isLive(row: Row, now: Date): boolean {
  return now.getTime() < row.expires;
}

function toRow(record: SessionRecord, now: Date): Row {
  const data = Uint8Array.from(record.data);
  return { data, expires: record.expires.getTime(), seen: now.getTime(), version: randomUUID() };
}

function toStored({ data, expires, seen, version }: Row): StoredRecord {
  return { data, expires: new Date(expires), seen: new Date(seen), version };
}

const spaces = new Map<string, Database>();
storeSuite({
  test,
  open: async (space) => {
    const database = spaces.get(space) ?? new Database();
    spaces.set(space, database);
    return { store: new OwnStore(database), close: async () => {} };
  },
  capabilities: { deleteExpired: true },
});
