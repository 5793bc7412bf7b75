import { Buffer } from "node:buffer";
import type {
  OwnedRecord,
  RecordPage,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "../session/store.ts";
import { fromBase64, type PostgresPool, PostgresQueries } from "./postgres-pool.ts";
import { idAfter, pageById } from "./record-page.ts";
import { quotedName, schema, SETUP_LOCK, statements } from "./postgres-sql.ts";

export type { PostgresPool } from "./postgres-pool.ts";

/** What {@link PostgresStore} is told beside its pool. */
export interface PostgresStoreOptions {
  /**
   * The table, used exactly as it is written here, upper and lower case too; a schema and a dot may stand before it.
   * Default: `hipflask_sessions`.
   */
  readonly table?: string;
  /**
   * Whether statements are prepared under names, once per connection, which halves what they cost the server and the
   * time they take. A pooler in transaction mode must know of that: PgBouncer 1.21 with `max_prepared_statements`.
   * Default: false.
   */
  readonly prepare?: boolean;
}

/**
 * Keeps records in a table of PostgreSQL 13 or newer. Each statement is complete in itself, so any connection will do for any of
 * them, and a pooler in transaction mode may stand in between.
 *
 * The isolation level must be READ COMMITTED, which is PostgreSQL's default.
 *
 * @example
 * import { Pool } from "pg";
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 * pool.on("error", (error) => console.error(error)); // a lost idle connection; without a listener it ends the process
 * const store = new PostgresStore(pool);
 * await store.setup();
 *
 * @throws ConfigError when the pool is none, or the table's name is no plain identifier
 */
export class PostgresStore implements SessionStore {
  readonly #queries: PostgresQueries;
  readonly #table: string;
  readonly #sql: ReturnType<typeof statements>;

  constructor(pool: PostgresPool, options: PostgresStoreOptions = {}) {
    this.#queries = new PostgresQueries(pool, options.prepare ?? false, "PostgresStore");
    this.#table = options.table ?? TABLE;
    this.#sql = statements(this.#table);
  }

  /**
   * The SQL that makes what the store needs, for whoever makes tables with a tool of their own.
   *
   * @throws ConfigError when the table's name is no plain identifier
   */
  static schema(table: string = TABLE): string {
    return schema(table);
  }

  /** Makes the table with its indexes. Where there is one, nothing is done, and no right to make one is needed. */
  async setup(): Promise<void> {
    if (!(await this.#queries.isMissing(quotedName(this.#table)))) return;
    await this.#queries.run(`${SETUP_LOCK};\n${schema(this.#table)}`);
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const values = [key.id, key.owner, seconds(now), bytes(record), seconds(record.expires)];
    const [row] = await this.#queries.rows<{ version: string }>(this.#sql.create, values);
    return row?.version;
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const [row] = await this.#queries.rows<Row>(this.#sql.load, [key.id, key.owner, seconds(now)]);
    return row && stored(row);
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const values = [key.id, key.owner, version, seconds(now), bytes(record), seconds(record.expires)];
    const [row] = await this.#queries.rows<WriteRow>(this.#sql.save, values);
    return this.#result(row, key, version, now);
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    const values = [key.id, key.owner, version, seconds(now), bytes(retired), seconds(retired.expires)];
    values.push(nextKey.id, nextKey.owner, bytes(record), seconds(record.expires));
    const [row] = await this.#queries.rows<WriteRow>(this.#sql.replace, values);
    return this.#result(row, key, version, now);
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const values = [key.id, key.owner, version, seconds(now), seconds(expires)];
    return (await this.#queries.rows(this.#sql.touch, values)).length > 0;
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    const [row] = await this.#queries.rows<Row>(this.#sql.delete, [key.id, key.owner]);
    return row && stored(row);
  }

  /** One cleaner at a time, over all processes: while another one works the answer is 0. */
  async deleteExpired(limit: number, now: Date): Promise<number> {
    const [row] = await this.#queries.rows<Ended>(this.#sql.deleteExpired, [limit, seconds(now)]);
    return Number(row!.ended);
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const rows = await this.#queries.rows<OwnedRow>(this.#sql.listOwned, [owner, seconds(now)]);
    return rows.map(owned);
  }

  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const rows = await this.#queries.rows<OwnedRow>(this.#sql.list, [idAfter(after), limit]);
    return pageById(rows.map(owned), limit, now);
  }

  deleteOwned(owner: string, except: readonly string[]): Promise<number> {
    return this.#endAll(this.#sql.deleteOwned, [owner, [...except]]);
  }

  /**
   * In batches, so that no statement takes longer the more records there are. Each begins behind the one before, so there is an end to
   * them however many are created meanwhile; the last statement finds those that a `replace` has put where they had been already.
   */
  async deleteAll(): Promise<number> {
    let total = 0;
    for (let after: string | null = ""; after !== null;) {
      const [row]: Batch[] = await this.#queries.rows<Batch>(this.#sql.deleteBatch, [after]);
      total += Number(row!.ended);
      after = row!.last;
    }
    return total + (await this.#endAll(this.#sql.deleteRest, []));
  }

  /**
   * A statement sees what was committed when it began, so the next record of a `replace` that is committed while it runs
   * would escape it. Such a `replace` changes a record that the statement saw; where that happened, it is run again.
   */
  async #endAll(sql: string, values: unknown[]): Promise<number> {
    let total = 0;
    for (;;) {
      const [row] = await this.#queries.rows<Ended & { changed: Answer }>(sql, values);
      total += Number(row!.ended);
      if (row!.changed === "no") return total;
    }
  }

  async #result(
    row: WriteRow | undefined,
    key: SessionKey,
    version: Version,
    now: Date,
  ): Promise<SaveResult> {
    if (row === undefined) return { outcome: "gone" };
    if (row.written === "yes") return { outcome: "saved", version: row.version };
    // The record as it was when the statement began, still of this version: another writer was faster in the meantime.
    const current = row.version === version ? await this.load(key, now) : stored(row);
    return current ? { outcome: "conflict", current } : { outcome: "gone" };
  }
}

const TABLE = "hipflask_sessions";

/** A record as it comes from the driver. */
interface Row {
  readonly version: string;
  readonly data: string;
  readonly expires: string;
  readonly seen: string;
}

interface OwnedRow extends Row {
  readonly id: string;
  readonly owner: string | null;
}

/** A boolean as text, for which programs choose no parser. */
type Answer = "yes" | "no";

type WriteRow = { readonly written: "yes"; readonly version: string } | (Row & { readonly written: "no" });

interface Ended {
  readonly ended: string;
}

interface Batch extends Ended {
  /** The id behind which the next batch begins. */
  readonly last: string | null;
}

/** A copy, because a pool may send it later. */
function bytes(record: SessionRecord): Buffer {
  return Buffer.from(record.data);
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}

function stored({ version, data, expires, seen }: Row): StoredRecord {
  const date = (epoch: string) => new Date(Math.round(Number(epoch) * 1000));
  return { version, data: fromBase64(data), expires: date(expires), seen: date(seen) };
}

function owned(row: OwnedRow): OwnedRecord {
  return { ...stored(row), key: { id: row.id, owner: row.owner ?? undefined } };
}
