import type { Buffer } from "node:buffer";
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
import { isError, type MysqlPool, type MysqlRunner, type MysqlSession, runnerOf } from "./mysql-session.ts";
import { BATCH, type OwnedRow, type Row, schema, SEE_ALL, statements, type Write } from "./mysql-sql.ts";
import { newVersion } from "./new-version.ts";
import { idAfter, pageById } from "./record-page.ts";

export type { MysqlPool } from "./mysql-session.ts";

/** What {@link MysqlStore} is told beside its pool. */
export interface MysqlStoreOptions {
  /** The table; a database and a dot may stand before it. Default: `hipflask_sessions`, in the connection's own database. */
  readonly table?: string;
  /**
   * Seconds that the server may take for one statement. After that its connection is closed and left to its fate: mysql2 has
   * no such limit of its own, and would wait for a server that is gone. Default: 2. It should be more than `timeout` of
   * `serverSide`.
   */
  readonly timeout?: number;
}

/**
 * Keeps records in a table of MariaDB (10.11 is what the tests run) or MySQL 8. Only `replace` is more than one statement in a
 * transaction; all others hold no lock while anybody waits for this process.
 *
 * @example
 * import { createPool } from "mysql2/promise";
 *
 * const store = new MysqlStore(createPool({ uri: process.env.DATABASE_URL, connectTimeout: 1000 }));
 * await store.setup();
 *
 * @throws ConfigError when the pool is none, the table's name is no plain identifier, or the timeout is no positive number
 */
export class MysqlStore implements SessionStore {
  readonly #run: MysqlRunner;
  readonly #table: string;
  readonly #sql: ReturnType<typeof statements>;

  /** @param pool - of `mysql2/promise`, or of `mysql2` */
  constructor(pool: MysqlPool | { promise(): MysqlPool }, options: MysqlStoreOptions = {}) {
    const { table = TABLE, timeout = 2 } = options;
    this.#run = runnerOf(pool, timeout, "MysqlStore");
    this.#table = table;
    this.#sql = statements(table);
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
    try {
      await this.#run((session) => session.ask(this.#sql.exists));
    } catch (error) {
      if (!isError(error, "ER_NO_SUCH_TABLE")) throw error;
      await this.#run((session) => session.change(schema(this.#table)));
    }
  }

  async create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const write = newState(record, now);
    const statement = this.#sql.insert(key, write);
    try {
      await this.#run((session) => session.change(statement));
      return write.version;
    } catch (error) {
      if (isError(error, "ER_DUP_ENTRY")) return undefined;
      throw error;
    }
  }

  async load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    const question = this.#sql.load(key, now);
    const [row] = await this.#run((session) => session.ask<Row>(question));
    return row && stored(row);
  }

  async save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const write = newState(record, now);
    const statement = this.#sql.save(key, version, write);
    return this.#write(key, version, now, async (session) =>
      (await session.change(statement)) > 0 ? write.version : undefined,
    );
  }

  async replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    const next = newState(record, now);
    const save = this.#sql.save(key, version, newState(retired, now));
    const insert = this.#sql.insert(nextKey, next);
    return this.#write(key, version, now, async (session) =>
      (await session.exchange(save, insert)) ? next.version : undefined,
    );
  }

  async touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const statement = this.#sql.touch(key, version, expires, now);
    const question = this.#sql.load(key, now);
    return this.#run(async (session) => {
      if ((await session.change(statement)) > 0) return true;
      // Made without FOUND_ROWS, a connection does not count a record that was touched in the same millisecond before.
      const [row] = await session.ask<Row>(question);
      const current = row && stored(row);
      return current?.version === version && current.expires.getTime() === expires.getTime();
    });
  }

  async delete(key: SessionKey): Promise<StoredRecord | undefined> {
    const question = this.#sql.find(key);
    return this.#run(async (session) => {
      for (;;) {
        const [row] = await session.ask<Row>(question);
        if (row === undefined) return undefined;
        // Nobody has written it in between, so this is what it was.
        if ((await session.change(this.#sql.delete(key, row))) > 0) return stored(row);
      }
    });
  }

  /** One cleaner at a time, over all processes: while another one works the answer is 0. */
  async deleteExpired(limit: number, now: Date): Promise<number> {
    const statement = this.#sql.deleteExpired(limit, now);
    return this.#run((session) => session.alone(this.#sql.lock, () => session.change(statement)));
  }

  async listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const question = this.#sql.listOwned(owner, now);
    return (await this.#run((session) => session.ask<OwnedRow>(question))).map(owned);
  }

  async list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const question = this.#sql.list(idAfter(after), limit);
    const rows = await this.#run((session) => session.ask<OwnedRow>(question));
    return pageById(rows.map(owned), limit, now);
  }

  async deleteOwned(owner: string, except: readonly string[]): Promise<number> {
    const statement = this.#sql.deleteOwned(owner, except);
    return this.#run((session) => session.change(statement, SEE_ALL));
  }

  /** In batches, so that logins need not wait until all is done. The last one finds too few, and leaves none. */
  async deleteAll(): Promise<number> {
    return this.#run(async (session) => {
      for (let total = 0; ;) {
        const ended = await session.change(this.#sql.deleteBatch, SEE_ALL);
        total += ended;
        if (ended < BATCH) return total;
      }
    });
  }

  /** What `write` comes to. Where it gives no version, the record was no longer of the one that was loaded. */
  async #write(
    key: SessionKey,
    loaded: Version,
    now: Date,
    write: (session: MysqlSession) => Promise<Version | undefined>,
  ): Promise<SaveResult> {
    const question = this.#sql.load(key, now);
    return this.#run(async (session) => {
      const version = await write(session);
      if (version !== undefined) return { outcome: "saved", version };
      const [row] = await session.ask<Row>(question);
      const current = row && stored(row);
      // Of this version still, it had expired: somebody whose clock is late has touched it in the meantime.
      if (current === undefined || current.version === loaded) return { outcome: "gone" };
      return { outcome: "conflict", current };
    });
  }
}

const TABLE = "hipflask_sessions";

function newState(record: SessionRecord, now: Date): Write {
  return { record, version: newVersion(), now };
}

/** The bytes are a copy: those of the driver belong to more than one row. */
function stored({ version, data, expires, seen }: Row): StoredRecord {
  const date = (text: Buffer) => new Date(Number(String(text)));
  return { version: String(version), data: new Uint8Array(data), expires: date(expires), seen: date(seen) };
}

function owned(row: OwnedRow): OwnedRecord {
  const owner = row.owner === null ? undefined : String(row.owner);
  return { ...stored(row), key: { id: String(row.id), owner } };
}
