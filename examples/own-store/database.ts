import { randomUUID } from "node:crypto";
import type { Row } from "./row.ts";

/** Stands for your database. `revision` is its own: an ETag, a row version, a revision of etcd. */
export class Database {
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
