import { Buffer } from "node:buffer";
import { TooLargeError } from "../../errors.ts";
import { isError, type MysqlPool, type MysqlRunner, type MysqlSession, runnerOf } from "../mysql-session.ts";
import { cleanersLock, exists } from "../mysql-sql.ts";
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

export type { MysqlPool } from "../mysql-session.ts";

/** What {@link FlaskMysqlStore} is told beside its pool. */
export interface FlaskMysqlStoreOptions extends FlaskSqlOptions {
  /**
   * Seconds that the server may take for one statement; mysql2 has no such limit of its own. It should be more than `timeout`
   * of `flaskSession`. Default: 2.
   */
  readonly timeout?: number;
}

/** Milliseconds that the times of a DATETIME are apart. */
const SECOND = 1000;
/** Bytes that every kind of BLOB has room for but the smallest. */
const SURELY_SHORT = 65_535;

/**
 * Keeps sessions in MariaDB or MySQL as Flask-Session does with `SESSION_TYPE = "sqlalchemy"`. Nothing of ours overwrites what we have
 * not seen; Python does not look before it writes, and may overwrite a change of ours or bring back a session that was ended.
 *
 * The table has times in whole seconds, so a session may live up to a second too long, and as SQLAlchemy makes it, room for 65,535
 * bytes of a session; more is a TooLargeError.
 *
 * @throws ConfigError when the pool is none, a name is no plain identifier, the prefix is too long, or the timeout is no positive number
 * @see flask_session/sqlalchemy/sqlalchemy.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskMysqlStore(createPool({ uri: process.env.DATABASE_URL, connectTimeout: 1000 }));
 * await store.setup();
 */
export class FlaskMysqlStore extends FlaskSqlStore {
  readonly #run: MysqlRunner;
  readonly #name: string;
  readonly #capacity: string;

  /** @param pool - of `mysql2/promise`, or of `mysql2` */
  constructor(pool: MysqlPool | { promise(): MysqlPool }, options: FlaskMysqlStoreOptions = {}) {
    const { prefix, table = "sessions", schema, timeout = 2 } = options;
    const name = quotedName(table, schema, "`");
    super(statements(name, isKey), prefix, SECOND);
    this.#run = runnerOf(pool, timeout, "FlaskMysqlStore");
    this.#name = name;
    this.#capacity = `SELECT (SELECT MIN(character_octet_length) FROM information_schema.columns
      WHERE table_schema = ${schema === undefined ? "DATABASE()" : `'${schema}'`} AND table_name = '${table}' AND column_name = 'data') AS most`;
  }

  async setup(): Promise<void> {
    try {
      await this.#run((session) => session.ask(exists(this.#name)));
    } catch (error) {
      if (!isError(error, "ER_NO_SUCH_TABLE")) throw error;
      const schema = createTable(this.#name, "INTEGER NOT NULL AUTO_INCREMENT", "BLOB", "DATETIME");
      await this.#run((session) => session.change(schema));
    }
  }

  /**
   * One cleaner at a time, over all processes: while another one works the answer is 0. It looks before it deletes, because a DELETE
   * locks whatever it goes through, and without an index that is everything.
   */
  deleteExpired(limit: number, now: Date): Promise<number> {
    const table = raw(this.#name);
    const expired = isExpired(new Date(now));
    return this.#run((session) =>
      session.alone(cleanersLock(this.#name), async () => {
        for (let ended = 0; ;) {
          const most = limit - ended;
          const found = await session.ask<{ readonly id: Buffer }>(
            textOf(sql`SELECT id FROM ${table} WHERE ${expired} LIMIT ${most}`, written),
          );
          if (found.length === 0) return ended;
          const ids = raw(found.map(({ id }) => String(id)).join());
          ended += await session.change(
            textOf(sql`DELETE FROM ${table} WHERE id IN (${ids}) AND ${expired}`, written),
          );
          if (found.length < most || ended === limit) return ended;
        }
      }),
    );
  }

  protected override read(question: Statement): Promise<Row[]> {
    const text = textOf(question, written);
    return this.#run((session) => session.ask<Row>(text));
  }

  protected override change(statement: Statement): Promise<number> {
    const text = textOf(statement, written);
    return this.#run(async (session) => {
      await this.#checkRoom(session, statement);
      return session.change(text);
    });
  }

  protected override async insert(statement: Statement): Promise<boolean> {
    try {
      return (await this.change(statement)) > 0;
    } catch (error) {
      if (isError(error, "ER_DUP_ENTRY")) return false;
      throw error;
    }
  }

  /** A server that is not strict would cut off what the column has no room for. */
  async #checkRoom(session: MysqlSession, { values }: Statement): Promise<void> {
    const length = Math.max(...values.map((value) => (value instanceof Uint8Array ? value.length : 0)));
    if (length <= SURELY_SHORT) return;
    const [column] = await session.ask<{ readonly most: Buffer }>(this.#capacity);
    const most = Number(String(column?.most));
    if (!(length > most)) return;
    const message = `A session takes ${length} bytes, and the table has room for ${most}. Keep less in it, or ALTER TABLE ${this.#name} MODIFY data LONGBLOB.`;
    throw new TooLargeError(message, length, most, []);
  }
}

/** What a collation takes for the same may be another session's, so bytes are compared, too. */
function isKey(key: string): Statement {
  return sql`session_id = ${key} AND CAST(CONVERT(session_id USING utf8mb4) AS BINARY) = ${Buffer.from(key)}`;
}

/** Values as literals that mean the same whatever `sql_mode`, character set and formats a server, a connection or a program have chosen. */
function written(value: Value): string {
  if (typeof value === "number") return String(value);
  if (value instanceof Date) return `'${value.toISOString().replace("T", " ").replace("Z", "")}'`;
  return typeof value === "string" ? `_utf8mb4 ${hex(Buffer.from(value))}` : hex(value);
}

function hex({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return `x'${Buffer.from(buffer, byteOffset, byteLength).toString("hex")}'`;
}
