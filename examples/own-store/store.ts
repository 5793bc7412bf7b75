import type { SessionStore } from "hipflask";
import type { Database } from "./database.ts";
import { change } from "./change.ts";
import { isLive, toRow, toStored } from "./row.ts";

type Whole = Required<SessionStore>;

export class OwnStore implements SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  create: Whole["create"] = async (key, record, now) => {
    const row = toRow(record, now);
    return (await this.#database.write(key.id, row, undefined)) ? row.version : undefined;
  };

  load: Whole["load"] = async (key, now) => {
    const found = await this.#database.read(key.id);
    return found && isLive(found.row, now) ? toStored(found.row) : undefined;
  };

  save: Whole["save"] = (key, version, record, now) =>
    change(this.#database, key.id, version, now, () => toRow(record, now));

  touch: Whole["touch"] = async (key, version, expires, now) => {
    const moved = { expires: expires.getTime(), seen: now.getTime() };
    // The row changes, the version does not: a save over it goes on as if nothing had happened.
    const result = await change(this.#database, key.id, version, now, (row) => ({ ...row, ...moved }));
    return result.outcome === "saved";
  };

  replace: Whole["replace"] = async (key, version, retired, nextKey, record, now) => {
    const next = (await this.create(nextKey, record, now))!;
    const result = await this.save(key, version, retired, now);
    if (result.outcome === "saved") return { outcome: "saved", version: next };
    await this.delete(nextKey);
    return result;
  };

  delete: Whole["delete"] = async (key) => {
    for (;;) {
      const found = await this.#database.read(key.id);
      if (found === undefined) return undefined;
      if (await this.#database.remove(key.id, found.revision)) return toStored(found.row);
    }
  };

  deleteExpired: Whole["deleteExpired"] = async (limit, now) => {
    let removed = 0;
    while (removed < limit) {
      const expired = await this.#database.findExpired(limit - removed, now.getTime());
      if (expired.length === 0) break;
      for (const [id, revision] of expired) if (await this.#database.remove(id, revision)) removed += 1;
    }
    return removed;
  };
}
