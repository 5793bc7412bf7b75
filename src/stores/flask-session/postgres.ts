import { ConfigError } from "../../errors.ts";
import { fromBase64, type PostgresPool, PostgresQueries } from "../postgres-pool.ts";
import { BASE64, isOnlyCleaner, SETUP_LOCK } from "../postgres-sql.ts";
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
} from "./sql.ts";
import { FlaskSqlStore, type Row } from "./sql-store.ts";

export type { PostgresPool } from "../postgres-pool.ts";

/** What {@link FlaskPostgresStore} is told beside its pool. */
export interface FlaskPostgresStoreOptions extends FlaskSqlOptions {
  /**
   * Whose table it is: the Python app's `SESSION_TYPE`. With `"postgresql"`, which came after Flask-Session 0.8, it is
   * `flask_sessions` in the schema `public` by default (`SESSION_POSTGRESQL_TABLE`, `SESSION_POSTGRESQL_SCHEMA`), and its
   * times are in the time zone of the connection, so that must be the same in both apps. Default: `"sqlalchemy"`.
   */
  readonly layout?: "sqlalchemy" | "postgresql";
}

/**
 * Keeps sessions in PostgreSQL as Flask-Session does with `SESSION_TYPE = "sqlalchemy"`, or `"postgresql"`. Nothing of ours overwrites
 * what we have not seen; Python does not look before it writes, and may overwrite a change of ours or bring back a session that was
 * ended.
 *
 * Each statement is complete in itself, so a pooler in transaction mode may stand in between. The isolation level must be READ
 * COMMITTED, which is PostgreSQL's default.
 *
 * @throws ConfigError when the pool is none, a name is no plain identifier, the prefix is too long, or the layout is unknown
 * @see flask_session/sqlalchemy/sqlalchemy.py, flask_session/postgresql/_queries.py; docs/stores/flask-session.md
 * @example
 * const store = new FlaskPostgresStore(new Pool({ connectionString: process.env.DATABASE_URL }));
 * await store.setup();
 */
export class FlaskPostgresStore extends FlaskSqlStore {
  readonly #queries: PostgresQueries;
  readonly #name: string;
  readonly #layout: Layout;
  readonly #schema: string;

  constructor(pool: PostgresPool, options: FlaskPostgresStoreOptions = {}) {
    const { prefix, layout = "sqlalchemy" } = options;
    if (!Object.hasOwn(LAYOUTS, layout)) {
      throw new ConfigError('layout is the SESSION_TYPE of the Python app, "sqlalchemy" or "postgresql".');
    }
    const { table = LAYOUTS[layout].table, schema = LAYOUTS[layout].schema } = options;
    const name = quotedName(table, schema, '"');
    super(
      statements(name, (key) => sql`session_id = ${key}`),
      prefix,
    );
    this.#queries = new PostgresQueries(pool, false, "FlaskPostgresStore");
    this.#name = name;
    this.#layout = LAYOUTS[layout];
    this.#schema = this.#layout.create(name, table);
  }

  /** The schema must be there. Where the table is, no right to make one is needed. */
  async setup(): Promise<void> {
    if (await this.#queries.isMissing(this.#name)) await this.#queries.run(`${SETUP_LOCK};\n${this.#schema}`);
  }

  /** One cleaner at a time, over all processes: while another one works the answer is 0. */
  deleteExpired(limit: number, now: Date): Promise<number> {
    const table = raw(this.#name);
    return this.change(sql`DELETE FROM ${table} WHERE session_id = ANY (ARRAY(
      SELECT session_id FROM ${table} WHERE ${isExpired(now)} AND ${raw(isOnlyCleaner(this.#name))}
      LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ))`);
  }

  /** What is read are bytes alone. */
  protected override async read(question: Statement): Promise<Row[]> {
    const rows = await this.#run<{ data: string }>(sql`SELECT ${raw(BASE64)} FROM (${question}) AS found`);
    return rows.map(({ data }) => ({ data: fromBase64(data) }));
  }

  protected override async change(statement: Statement): Promise<number> {
    return (await this.#run(sql`${statement} RETURNING true`)).length;
  }

  /** Times travel as seconds since 1970, so that no parser for dates takes part. */
  #run<R>(statement: Statement): Promise<R[]> {
    const text = textOf(statement, (value, index) =>
      value instanceof Date ? this.#layout.time(`to_timestamp($${index + 1}::float8)`) : `$${index + 1}`,
    );
    const values = statement.values.map((value) => (value instanceof Date ? value.getTime() / 1000 : value));
    return this.#queries.rows(text, values);
  }
}

interface Layout {
  readonly table: string;
  readonly schema?: string;
  /** An instant as the column keeps it. */
  time(instant: string): string;
  create(name: string, table: string): string;
}

const LAYOUTS: Readonly<Record<"sqlalchemy" | "postgresql", Layout>> = {
  sqlalchemy: {
    table: "sessions",
    time: (instant) => `(${instant} AT TIME ZONE 'UTC')`,
    create: (name) => createTable(name, "SERIAL NOT NULL", "BYTEA", "TIMESTAMP WITHOUT TIME ZONE"),
  },
  postgresql: {
    table: "flask_sessions",
    schema: "public",
    time: (instant) => instant,
    create: (name, table) => `CREATE TABLE IF NOT EXISTS ${name} (
  session_id VARCHAR(255) NOT NULL PRIMARY KEY,
  created TIMESTAMP WITHOUT TIME ZONE DEFAULT (NOW() AT TIME ZONE 'utc'),
  data BYTEA,
  expiry TIMESTAMP WITHOUT TIME ZONE
);
CREATE UNIQUE INDEX IF NOT EXISTS "uq_${table}_session_id" ON ${name} (session_id);
CREATE INDEX IF NOT EXISTS "${table}_expiry_idx" ON ${name} (expiry);`,
  },
};
