import { ConfigError } from "../errors.ts";
import { SqliteWriter, whenFree } from "./sqlite-writer.ts";

/** What a store needs of a connection: `DatabaseSync` of node:sqlite, and `Database` of better-sqlite3, libsql and bun:sqlite, have it. */
export interface SqliteDatabase {
  /** Runs statements without an answer. */
  exec(sql: string): unknown;
  /** Prepares a statement. */
  prepare(sql: string): SqliteStatement;
}

interface SqliteStatement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

/** A connection of a store's own. What is busy is tried again, and the event loop goes on. */
export class SqliteConnection {
  readonly #database: SqliteDatabase;
  readonly #prepared = new Map<string, SqliteStatement>();
  readonly #writer: SqliteWriter;
  /** What is to be set before the connection is used. */
  #pragmas: string | undefined;

  /**
   * @param store - what it was given to
   * @param pragmas - set what holds for this connection alone
   * @throws ConfigError when the database is none
   */
  constructor(database: SqliteDatabase, store: string, pragmas: string) {
    if (typeof database?.prepare !== "function" || typeof database.exec !== "function") {
      throw new ConfigError(
        `${store} takes an open database of node:sqlite, better-sqlite3 or bun:sqlite: new ${store}(new DatabaseSync(path)).`,
      );
    }
    this.#database = database;
    this.#writer = new SqliteWriter(database, () => this.#configure());
    this.#pragmas = pragmas;
    // SQLite's own way of waiting would stop the event loop.
    database.exec("PRAGMA busy_timeout = 0");
  }

  /** What `work` gives, which reads. */
  read<T>(work: () => T): Promise<T> {
    return whenFree(() => {
      this.#configure();
      return work();
    });
  }

  /** What `work` gives, in a transaction, when it is durable. It may run more than once, after what it did has been undone. */
  write<T>(work: () => T): Promise<T> {
    return this.#writer.write(work);
  }

  /** Runs statements that have no values. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** The first row, where there is one: drivers say undefined or null where there is none. */
  get<R>(sql: string, values: readonly unknown[]): R | undefined {
    return (this.#statement(sql).get(...values) ?? undefined) as R | undefined;
  }

  all<R>(sql: string, values: readonly unknown[]): R[] {
    return this.#statement(sql).all(...values) as R[];
  }

  /** How many rows it changed. */
  run(sql: string, values: readonly unknown[]): number {
    const { changes } = this.#statement(sql).run(...values) as { readonly changes: number | bigint };
    return Number(changes);
  }

  /** When it is first used, because it reads the file, which another process may have locked. */
  #configure(): void {
    if (this.#pragmas === undefined) return;
    this.#database.exec(this.#pragmas);
    if (Array.isArray(this.#database.prepare("SELECT 1").all()[0])) {
      throw new ConfigError("The store reads rows as objects: open its database without returnArrays.");
    }
    this.#pragmas = undefined;
  }

  /** Prepared when it is first used, because the table may not be there before. */
  #statement(sql: string): SqliteStatement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/** What an acknowledged write survives. `fullfsync` matters on macOS only, where a plain fsync does not reach the disk. */
export const DURABILITY = {
  sync: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON",
  fast: "PRAGMA synchronous = NORMAL",
};
