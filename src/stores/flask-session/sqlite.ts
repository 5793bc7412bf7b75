import { DURABILITY, SqliteConnection, type SqliteDatabase } from "../sqlite-connection.ts";
import {
  createTable,
  type FlaskSqlOptions,
  isExpired,
  quotedName,
  raw,
  sql,
  type Statement,
  statements,
  textOf,
  type Value,
} from "./sql.ts";
import { FlaskSqlStore, type Row } from "./sql-store.ts";

export type { SqliteDatabase } from "../sqlite-connection.ts";

/**
 * Keeps sessions in SQLite as Flask-Session does with `SESSION_TYPE = "sqlalchemy"`. Nothing of ours overwrites what we have not seen;
 * Python does not look before it writes, and may overwrite a change of ours or bring back a session that was ended.
 *
 * It needs a connection of its own, whose `busy_timeout` and `synchronous` it sets; SQLite 3.35 or newer. The journal stays what it is.
 *
 * @throws ConfigError when the database is none, a name is no plain identifier, or the prefix is too long
 * @see flask_session/sqlalchemy/sqlalchemy.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskSqliteStore(new DatabaseSync("instance/app.db"));
 * await store.setup();
 */
export class FlaskSqliteStore extends FlaskSqlStore {
  readonly #database: SqliteConnection;
  readonly #table: string;

  constructor(database: SqliteDatabase, { prefix, table = "sessions", schema }: FlaskSqlOptions = {}) {
    const name = quotedName(table, schema, '"');
    super(statements(name, isKey, sql`typeof(data) = 'blob'`), prefix);
    this.#database = new SqliteConnection(database, "FlaskSqliteStore", DURABILITY.sync);
    this.#table = name;
  }

  async setup(): Promise<void> {
    const schema = createTable(this.#table, "INTEGER NOT NULL", "BLOB", "DATETIME");
    await this.#database.write(() => this.#database.exec(schema));
  }

  deleteExpired(limit: number, now: Date): Promise<number> {
    const table = raw(this.#table);
    return this.change(
      sql`DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${isExpired(now)} LIMIT ${limit})`,
    );
  }

  protected override read(question: Statement): Promise<Row[]> {
    const [text, values] = bound(question);
    return this.#database.read(() => this.#database.all<Row>(text, values));
  }

  protected override change(statement: Statement): Promise<number> {
    const [text, values] = bound(statement);
    return this.#database.write(() => this.#database.run(text, values));
  }
}

function isKey(key: string): Statement {
  return sql`session_id = ${key}`;
}

/** With question marks, the one way that all drivers have. */
function bound(statement: Statement): [text: string, values: Exclude<Value, Date>[]] {
  const values = statement.values.map((value) => (value instanceof Date ? naive(value) : value));
  return [textOf(statement, () => "?"), values];
}

/** As SQLAlchemy writes a datetime: in UTC, and with six digits, because it reads them as microseconds. */
function naive(date: Date): string {
  return date.toISOString().replace("T", " ").replace("Z", "000");
}
