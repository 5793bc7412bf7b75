/** Flask-Session's table in SQL, which is SQLAlchemy's, and what is asked of it in every dialect. */
import { tableParts } from "../table-name.ts";

export interface FlaskSqlOptions {
  /** What stands before each ID: `SESSION_KEY_PREFIX`. Default: `session:`. */
  readonly prefix?: string;
  /** The table, exactly as it is written here: `SESSION_SQLALCHEMY_TABLE`. Default: `sessions`. */
  readonly table?: string;
  /** The schema that it is in: `SESSION_SQLALCHEMY_SCHEMA`. Default: where the connection looks first. */
  readonly schema?: string | undefined;
}

/** What a statement may be given. */
export type Value = string | number | Uint8Array | Date;

/** A statement: what stands between its values, and these. Each store writes both as its driver takes them. */
export interface Statement {
  readonly pieces: readonly string[];
  readonly values: readonly Value[];
}

/** A statement from SQL with values and other statements in it. */
export function sql(pieces: readonly string[], ...parts: readonly (Value | Statement)[]): Statement {
  const [written, values]: [string[], Value[]] = [[pieces[0]!], []];
  for (const [index, part] of parts.entries()) {
    const inner = typeof part === "object" && "pieces" in part ? part : { pieces: ["", ""], values: [part] };
    const [first, ...rest] = inner.pieces;
    written.push(written.pop()! + first, ...rest);
    values.push(...inner.values);
    written.push(written.pop()! + pieces[index + 1]);
  }
  return { pieces: written, values };
}

/** A statement's text, with `written` in the place of each value. */
export function textOf(
  { pieces, values }: Statement,
  written: (value: Value, index: number) => string,
): string {
  return pieces
    .map((piece, index) => (index === 0 ? piece : written(values[index - 1]!, index - 1) + piece))
    .join("");
}

/** A part of a statement that stands for itself. Only what was checked or is a constant may. */
export function raw(text: string): Statement {
  return { pieces: [text], values: [] };
}

/** A name with its schema. @throws ConfigError when one of them is no plain identifier */
export function quotedName(table: string, schema: string | undefined, quote: '"' | "`"): string {
  const names = schema === undefined ? [table] : [schema, table];
  return names.map((name) => quote + tableParts(name, 1)[0]! + quote).join(".");
}

/** What SQLAlchemy makes of Flask-Session's model, to the last blank. */
export function createTable(name: string, id: string, data: string, time: string): string {
  return `CREATE TABLE IF NOT EXISTS ${name} (
	id ${id}, 
	session_id VARCHAR(255), 
	data ${data}, 
	expiry ${time}, 
	PRIMARY KEY (id), 
	UNIQUE (session_id)
)`;
}

/**
 * A session without an expiry has expired: releases before 0.6 wrote such for sessions that are not permanent, and
 * none reads them.
 */
export function isExpired(now: Date): Statement {
  return sql`(expiry IS NULL OR expiry <= ${now})`;
}

/** The statements of a table, each made for its values. */
export interface Statements {
  insert(key: string, data: Uint8Array, expires: Date): Statement;
  load(key: string, now: Date): Statement;
  save(key: string, version: Uint8Array, data: Uint8Array, expires: Date, now: Date): Statement;
  touch(key: string, version: Uint8Array, expires: Date, now: Date): Statement;
  touched(key: string, version: Uint8Array, expires: Date, now: Date): Statement;
  find(key: string): Statement;
  delete(key: string, data: Uint8Array): Statement;
}

/**
 * @param isKey - true for the row of one key, and of no other one that the column's collation may take for the same
 * @param hasBytes - true for a row with a session in it
 */
export function statements(
  name: string,
  isKey: (key: string) => Statement,
  hasBytes: Statement = sql`data IS NOT NULL`,
): Statements {
  const table = raw(name);
  const isLive = (key: string, now: Date) => sql`${isKey(key)} AND expiry > ${now}`;
  const isCurrent = (key: string, version: Uint8Array, now: Date) =>
    sql`${isLive(key, now)} AND data = ${version}`;
  return {
    insert: (key, data, expires) =>
      sql`INSERT INTO ${table} (session_id, data, expiry) VALUES (${key}, ${data}, ${expires})`,
    load: (key, now) => sql`SELECT data FROM ${table} WHERE ${isLive(key, now)} AND ${hasBytes}`,
    save: (key, version, data, expires, now) =>
      sql`UPDATE ${table} SET data = ${data}, expiry = ${expires} WHERE ${isCurrent(key, version, now)}`,
    touch: (key, version, expires, now) =>
      sql`UPDATE ${table} SET expiry = ${expires} WHERE ${isCurrent(key, version, now)}`,
    touched: (key, version, expires, now) =>
      sql`SELECT data FROM ${table} WHERE ${isCurrent(key, version, now)} AND expiry = ${expires}`,
    find: (key) => sql`SELECT data FROM ${table} WHERE ${isKey(key)} AND ${hasBytes}`,
    delete: (key, data) => sql`DELETE FROM ${table} WHERE ${isKey(key)} AND data = ${data}`,
  };
}
