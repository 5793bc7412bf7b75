import { Buffer } from "node:buffer";
import type { SessionKey, SessionRecord, Version } from "../session/store.ts";
import { tableParts } from "./table-name.ts";

/** A record's new state. */
export interface Write {
  readonly record: SessionRecord;
  readonly version: string;
  readonly now: Date;
}

/** A record as it is in the table: as the bytes that the server sends. */
export interface Row {
  readonly version: Buffer;
  readonly data: Buffer;
  readonly expires: Buffer;
  readonly seen: Buffer;
}

export interface OwnedRow extends Row {
  readonly id: Buffer;
  readonly owner: Buffer | null;
}

/** How many records are ended at a time when all are. */
export const BATCH = 1000;

/** The table with its indexes. What is compared is kept as bytes, so no collation has a say in what is equal. */
export function schema(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${quotedName(table)} (
  id BINARY(43) NOT NULL PRIMARY KEY,
  owner BINARY(22),
  version BINARY(12) NOT NULL,
  data LONGBLOB NOT NULL,
  expires BIGINT NOT NULL, -- milliseconds since 1970
  seen BIGINT NOT NULL,
  INDEX by_owner (owner),
  INDEX by_expires (expires)
) ENGINE = InnoDB`;
}

/**
 * Before a `DELETE` of many, and for that alone. It locks whatever it has looked at, gaps too, so when it is done there is
 * no record left that it should have found: for one that a `replace` is making it waits, or that is undone.
 */
export const SEE_ALL = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/**
 * Values stand in a statement as whole numbers and as bytes in hexadecimal. So there is nothing to escape, whatever
 * `sql_mode`, character set and formats a server, a connection or a program have chosen, and nothing that a server which
 * is not strict could cut off: what has a size in the table has that size.
 */
export function statements(name: string) {
  const table = quotedName(name);
  const record = STATE.join();
  return {
    exists: exists(table),
    /** Fails with ER_DUP_ENTRY when there is one. */
    insert: (key: SessionKey, write: Write) =>
      `INSERT INTO ${table} (id, owner, ${record}) VALUES (${[...place(key), ...state(write)].join()})`,
    load: (key: SessionKey, now: Date) => `SELECT ${record} FROM ${table} WHERE ${isLive(key, now)}`,
    save: (key: SessionKey, version: Version, write: Write) =>
      `UPDATE ${table} SET ${assigned(state(write))} WHERE ${isCurrent(key, version, write.now)}`,
    touch: (key: SessionKey, version: Version, expires: Date, now: Date) =>
      `UPDATE ${table} SET seen = ${at(now)}, expires = ${at(expires)} WHERE ${isCurrent(key, version, now)}`,
    find: (key: SessionKey) => `SELECT ${record} FROM ${table} WHERE ${isPlace(key)}`,
    delete: (key: SessionKey, { version, expires, seen }: Row) =>
      `DELETE FROM ${table} WHERE ${isPlace(key)} AND version = ${bytes(version)} AND expires = ${String(expires)} AND seen = ${String(seen)}`,
    lock: cleanersLock(name),
    deleteExpired: (limit: number, now: Date) =>
      `DELETE FROM ${table} WHERE expires <= ${at(now)} ORDER BY expires LIMIT ${limit}`,
    list: (after: string, limit: number) =>
      `SELECT id, owner, ${record} FROM ${table} WHERE id > ${bytes(Buffer.from(after))} ORDER BY id LIMIT ${limit}`,
    listOwned: (owner: string, now: Date) =>
      `SELECT id, owner, ${record} FROM ${table} WHERE owner = ${text(owner, OWNER)} AND expires > ${at(now)}`,
    deleteOwned: (owner: string, except: readonly string[]) =>
      `DELETE FROM ${table} WHERE owner = ${text(owner, OWNER)} AND id NOT IN (${["x''", ...except.map((id) => text(id, ID))].join()})`,
    /** The condition is always true, and is there for `sql_safe_updates`. */
    deleteBatch: `DELETE FROM ${table} WHERE id >= x'' LIMIT ${BATCH}`,
  };
}

/** A question with one row, whatever the table has in it. Fails with ER_NO_SUCH_TABLE when there is none. */
export function exists(table: string): string {
  return `SELECT (SELECT 1 FROM ${table} LIMIT 0) AS found`;
}

/** The lock of whoever cleans a table. */
export function cleanersLock(table: string): string {
  return `CONCAT('hipflask:', SHA1(CONCAT_WS('.', DATABASE(), '${table}')))`;
}

const STATE = ["version", "data", "expires", "seen"] as const;
const [ID, OWNER] = [43, 22];

function state({ record, version, now }: Write): string[] {
  return [bytes(Buffer.from(version)), bytes(record.data), at(record.expires), at(now)];
}

function assigned(values: readonly string[]): string {
  return values.map((value, i) => `${STATE[i]} = ${value}`).join();
}

function place({ id, owner }: SessionKey): [id: string, owner: string] {
  return [text(id, ID), owner === undefined ? "NULL" : text(owner, OWNER)];
}

function isPlace(key: SessionKey): string {
  const [id, owner] = place(key);
  return `id = ${id} AND owner <=> ${owner}`;
}

function isLive(key: SessionKey, now: Date): string {
  return `${isPlace(key)} AND expires > ${at(now)}`;
}

function isCurrent(key: SessionKey, version: Version, now: Date): string {
  return `${isLive(key, now)} AND version = ${bytes(Buffer.from(String(version)))}`;
}

/** @throws TypeError for what would be cut off or filled up */
function text(value: string, length: number): string {
  if (typeof value === "string" && value.length === length && !NOT_BASE64URL.test(value))
    return bytes(Buffer.from(value));
  throw new TypeError(`A key's id is ${ID} characters of base64url, and its owner ${OWNER}.`);
}

const NOT_BASE64URL = /[^\w-]/;

function bytes(value: Uint8Array): string {
  return `x'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}'`;
}

/** Milliseconds since 1970. */
function at(date: Date): string {
  return String(date.getTime());
}

/** A table's name as SQL takes it. */
function quotedName(table: string): string {
  return tableParts(table, 2)
    .map((part) => `\`${part}\``)
    .join(".");
}
