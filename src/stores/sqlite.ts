import { Buffer } from "node:buffer";
import { ConfigError } from "../errors.ts";
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
import { idAfter, pageById } from "./record-page.ts";
import { DURABILITY, SqliteConnection, type SqliteDatabase } from "./sqlite-connection.ts";
import { tableParts } from "./table-name.ts";

export type { SqliteDatabase } from "./sqlite-connection.ts";

/** What {@link SqliteStore} is told beside its database. */
export interface SqliteStoreOptions {
  /** The table. Default: `hipflask_sessions`. */
  readonly table?: string;
  /**
   * What an acknowledged write survives. `"sync"`: a power cut (`synchronous = FULL`); `"fast"`: the end of the process,
   * however it comes, while a power cut may undo the last writes (`synchronous = NORMAL`). Default: `"sync"`.
   */
  readonly durability?: "sync" | "fast";
}

/**
 * Keeps records in a table of SQLite 3.37 or newer, for the processes of one machine. It needs a connection of its own, whose
 * `busy_timeout` and `synchronous` it sets: what is busy is tried again without stopping the event loop.
 *
 * @example
 * import { DatabaseSync } from "node:sqlite";
 *
 * const store = new SqliteStore(new DatabaseSync("sessions.db"));
 * await store.setup();
 *
 * @throws ConfigError when the database is none, the table's name is no plain identifier, or the durability is unknown
 */
export class SqliteStore implements SessionStore {
  readonly #database: SqliteConnection;
  readonly #table: string;
  readonly #sql: ReturnType<typeof statements>;

  constructor(database: SqliteDatabase, options: SqliteStoreOptions = {}) {
    const { table = TABLE, durability = "sync" } = options;
    if (!Object.hasOwn(DURABILITY, durability)) {
      throw new ConfigError('durability is "sync" or "fast".');
    }
    this.#table = table;
    this.#sql = statements(tableParts(table, 1)[0]!);
    this.#database = new SqliteConnection(database, "SqliteStore", DURABILITY[durability]);
  }

  /**
   * The SQL that makes what the store needs, for whoever makes tables with a tool of their own.
   *
   * @throws ConfigError when the table's name is no plain identifier
   */
  static schema(table: string = TABLE): string {
    const [name] = tableParts(table, 1);
    return `CREATE TABLE IF NOT EXISTS "${name}" (
  id TEXT PRIMARY KEY,
  owner TEXT,
  version TEXT NOT NULL,
  data BLOB NOT NULL,
  expires INTEGER NOT NULL, -- milliseconds since 1970
  seen INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS "${name}_owner" ON "${name}" (owner) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS "${name}_expires" ON "${name}" (expires);`;
  }

  /** Makes the table with its indexes where they are missing, and sets the file's journal to WAL, where readers wait for nobody. */
  async setup(): Promise<void> {
    await this.#database.read(() => this.#database.exec("PRAGMA journal_mode = WAL"));
    await this.#database.write(() => this.#database.exec(SqliteStore.schema(this.#table)));
  }

  create(key: SessionKey, record: SessionRecord, now: Date): Promise<Version | undefined> {
    const values = [...state(record, now), ...place(key)];
    return this.#database.write(
      () => this.#database.get<{ version: string }>(this.#sql.create, values)?.version,
    );
  }

  load(key: SessionKey, now: Date): Promise<StoredRecord | undefined> {
    return this.#database.read(() => this.#load([...place(key), now.getTime()]));
  }

  save(key: SessionKey, version: Version, record: SessionRecord, now: Date): Promise<SaveResult> {
    const [values, live] = [state(record, now), [...place(key), now.getTime()]];
    return this.#database.write(() => this.#save(live, version, values));
  }

  replace(
    key: SessionKey,
    version: Version,
    retired: SessionRecord,
    nextKey: SessionKey,
    record: SessionRecord,
    now: Date,
  ): Promise<SaveResult> {
    const [values, live] = [state(retired, now), [...place(key), now.getTime()]];
    const next = [...state(record, now), ...place(nextKey)];
    return this.#database.write(() => {
      const result = this.#save(live, version, values);
      if (result.outcome !== "saved") return result;
      return {
        outcome: "saved",
        version: this.#database.get<{ version: string }>(this.#sql.insert, next)!.version,
      };
    });
  }

  touch(key: SessionKey, version: Version, expires: Date, now: Date): Promise<boolean> {
    const values = [now.getTime(), expires.getTime(), ...place(key), now.getTime(), version];
    return this.#database.write(() => this.#database.get(this.#sql.touch, values) !== undefined);
  }

  delete(key: SessionKey): Promise<StoredRecord | undefined> {
    return this.#database.write(() => {
      const row = this.#database.get<Row>(this.#sql.delete, place(key));
      return row && stored(row);
    });
  }

  /** SQLite lets one connection write at a time, so batches of several processes take turns with all other writes. */
  deleteExpired(limit: number, now: Date): Promise<number> {
    return this.#end(this.#sql.deleteExpired, [now.getTime(), limit]);
  }

  listOwned(owner: string, now: Date): Promise<OwnedRecord[]> {
    const values = [owner, now.getTime()];
    return this.#database.read(() => {
      const rows = this.#database.all<OwnedRow>(this.#sql.listOwned, values);
      return rows.map(owned);
    });
  }

  list(after: string | undefined, limit: number, now: Date): Promise<RecordPage> {
    const values = [idAfter(after), limit];
    return this.#database.read(() =>
      pageById(this.#database.all<OwnedRow>(this.#sql.list, values).map(owned), limit, now),
    );
  }

  deleteOwned(owner: string, except: readonly string[]): Promise<number> {
    return this.#end(this.#sql.deleteOwned, [owner, JSON.stringify(except)]);
  }

  deleteAll(): Promise<number> {
    return this.#end(this.#sql.deleteAll, []);
  }

  #load(live: readonly unknown[]): StoredRecord | undefined {
    const row = this.#database.get<Row>(this.#sql.load, live);
    return row && stored(row);
  }

  #save(live: readonly unknown[], version: Version, values: readonly unknown[]): SaveResult {
    const row = this.#database.get<{ version: string }>(this.#sql.save, [...values, ...live, version]);
    if (row) return { outcome: "saved", version: row.version };
    const current = this.#load(live);
    return current ? { outcome: "conflict", current } : { outcome: "gone" };
  }

  #end(sql: string, values: readonly unknown[]): Promise<number> {
    return this.#database.write(() => this.#database.run(sql, values));
  }
}

const TABLE = "hipflask_sessions";

/** A record as it comes from the driver: bytes as Buffer, Uint8Array or ArrayBuffer, integers as numbers or, where a program chose so, bigints. */
interface Row {
  readonly version: string;
  readonly data: Uint8Array | ArrayBuffer;
  readonly expires: number | bigint;
  readonly seen: number | bigint;
}

interface OwnedRow extends Row {
  readonly id: string;
  readonly owner: string | null;
}

/** Values are bound in the order of their question marks, the one way that all drivers have: {@link state}, then {@link place}. */
function statements(name: string) {
  const table = `"${name}"`;
  const record = "version, data, expires, seen";
  const key = "id = ? AND owner IS ?";
  const live = `${key} AND expires > ?`;
  const version = "lower(hex(randomblob(8)))";
  const insert = `INSERT INTO ${table} (version, seen, data, expires, id, owner) VALUES (${version}, ?, ?, ?, ?, ?)`;
  return {
    insert: `${insert} RETURNING version`,
    create: `${insert} ON CONFLICT (id) DO NOTHING RETURNING version`,
    load: `SELECT ${record} FROM ${table} WHERE ${live}`,
    save: `UPDATE ${table} SET version = ${version}, seen = ?, data = ?, expires = ? WHERE ${live} AND version = ? RETURNING version`,
    touch: `UPDATE ${table} SET seen = ?, expires = ? WHERE ${live} AND version = ? RETURNING version`,
    delete: `DELETE FROM ${table} WHERE ${key} RETURNING ${record}`,
    deleteExpired: `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires <= ? ORDER BY expires LIMIT ?)`,
    list: `SELECT id, owner, ${record} FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`,
    listOwned: `SELECT id, owner, ${record} FROM ${table} WHERE owner = ? AND expires > ?`,
    deleteOwned: `DELETE FROM ${table} WHERE owner = ? AND id NOT IN (SELECT value FROM json_each(?))`,
    deleteAll: `DELETE FROM ${table}`,
  };
}

/** The bytes are a copy, because the write comes later. */
function state(record: SessionRecord, now: Date): readonly unknown[] {
  return [now.getTime(), Buffer.from(record.data), record.expires.getTime()];
}

function place(key: SessionKey): readonly unknown[] {
  return [key.id, key.owner ?? null];
}

function stored({ version, data, expires, seen }: Row): StoredRecord {
  return {
    version,
    data: new Uint8Array(data),
    expires: new Date(Number(expires)),
    seen: new Date(Number(seen)),
  };
}

function owned(row: OwnedRow): OwnedRecord {
  return { ...stored(row), key: { id: row.id, owner: row.owner ?? undefined } };
}
