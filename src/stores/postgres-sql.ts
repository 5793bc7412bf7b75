/** The SQL of `PostgresStore`. */
import { tableParts } from "./table-name.ts";

/** The first half of every advisory lock that is taken ("hipf"). The second: 0 to set up, the table's OID to clean. */
const LOCKS = 0x68_69_70_66;

/** Before {@link schema} in one message, which is one transaction: IF NOT EXISTS alone fails when two do this at once. */
export const SETUP_LOCK = `SELECT pg_advisory_xact_lock(${LOCKS}, 0)`;

/** True for one cleaner of a table at a time, until its transaction ends. */
export function isOnlyCleaner(table: string): string {
  return `(SELECT pg_try_advisory_xact_lock(${LOCKS}, '${table}'::regclass::oid::int))`;
}

/** The column `data` as text, which costs no more than bytea itself. */
export const BASE64 = "encode(data, 'base64') AS data";

/** How many records are ended at a time when all are. */
const BATCH = 1000;

/** The table and its indexes. */
export function schema(table: string): string {
  const quoted = quotedName(table);
  const name = tableParts(table, 2).at(-1)!;
  return `CREATE TABLE IF NOT EXISTS ${quoted} (
  id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C",
  version uuid NOT NULL,
  data bytea NOT NULL,
  expires timestamptz NOT NULL,
  seen timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS "${name}_owner" ON ${quoted} (owner) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS "${name}_expires" ON ${quoted} (expires);`;
}

/**
 * Everything comes back as text, for which no program chooses a parser: times as seconds since 1970, so that no time zone takes part, and
 * data as {@link BASE64}. Names that end in $ are the statement's own: no table can have them.
 */
export function statements(name: string) {
  const table = quotedName(name);
  const record = `version::text, ${BASE64}, extract(epoch FROM expires)::text AS expires, extract(epoch FROM seen)::text AS seen`;
  const at = (parameter: string) => `to_timestamp(${parameter}::float8)`;
  const key = "id = $1 AND owner IS NOT DISTINCT FROM $2::text";
  const live = `${key} AND expires > ${at("$4")}`;
  const columns = "(id, owner, version, seen, data, expires)";
  const write = `UPDATE ${table} SET version = gen_random_uuid(), seen = ${at("$4")}, data = $5, expires = ${at("$6")}
    WHERE ${live} AND version = $3 RETURNING version::text`;
  // Every part of a statement sees the table as it was when the statement began, also what follows the UPDATE.
  const written = (
    from: string,
  ) => `SELECT 'yes' AS written, version, NULL AS data, NULL AS expires, NULL AS seen FROM ${from}
    UNION ALL SELECT 'no', ${record} FROM ${table} WHERE ${live} AND NOT EXISTS (SELECT FROM written$)`;
  const endAll = (
    which: string,
  ) => `WITH ended$ AS (DELETE FROM ${table} WHERE ${which} RETURNING id, version)
    SELECT count(ended$.id)::text AS ended,
      CASE WHEN bool_or(ended$.version IS DISTINCT FROM seen.version) THEN 'yes' ELSE 'no' END AS changed
    FROM (SELECT id, version FROM ${table} WHERE ${which}) AS seen LEFT JOIN ended$ USING (id)`;
  return {
    create: `INSERT INTO ${table} ${columns} VALUES ($1, $2, gen_random_uuid(), ${at("$3")}, $4, ${at("$5")})
    ON CONFLICT (id) DO NOTHING RETURNING version::text`,
    load: `SELECT ${record} FROM ${table} WHERE ${key} AND expires > ${at("$3")}`,
    save: `WITH written$ AS (${write}) ${written("written$")}`,
    replace: `WITH written$ AS (${write}), next$ AS (
      INSERT INTO ${table} ${columns}
      SELECT $7, $8, gen_random_uuid(), ${at("$4")}, $9, ${at("$10")} FROM written$ RETURNING version::text
    ) ${written("next$")}`,
    touch: `UPDATE ${table} SET seen = ${at("$4")}, expires = ${at("$5")} WHERE ${live} AND version = $3 RETURNING true`,
    delete: `DELETE FROM ${table} WHERE ${key} RETURNING ${record}`,
    deleteExpired: `WITH ended$ AS (DELETE FROM ${table} WHERE id = ANY (ARRAY(
      SELECT id FROM ${table}
      WHERE expires <= ${at("$2")} AND ${isOnlyCleaner(table)}
      ORDER BY expires LIMIT $1 FOR UPDATE SKIP LOCKED
    )) RETURNING true) SELECT count(*)::text AS ended FROM ended$`,
    list: `SELECT id, owner, ${record} FROM ${table} WHERE id > $1 ORDER BY id LIMIT $2`,
    listOwned: `SELECT id, owner, ${record} FROM ${table} WHERE owner = $1 AND expires > ${at("$2")}`,
    deleteOwned: endAll("owner = $1 AND id <> ALL ($2::text[])"),
    deleteRest: endAll("true"),
    deleteBatch: `WITH batch$ AS (SELECT id FROM ${table} WHERE id > $1 ORDER BY id LIMIT ${BATCH}),
      ended$ AS (DELETE FROM ${table} WHERE id = ANY (ARRAY(SELECT id FROM batch$)) RETURNING true)
    SELECT (SELECT count(*) FROM ended$)::text AS ended, CASE WHEN count(*) = ${BATCH} THEN max(id) END AS last FROM batch$`,
  };
}

/** A table's name as SQL takes it. */
export function quotedName(table: string): string {
  return tableParts(table, 2)
    .map((part) => `"${part}"`)
    .join(".");
}
