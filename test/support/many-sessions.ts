import { SqliteStore } from "../../src/stores/sqlite.ts";
import { sqliteAt } from "../../src/cli/stores/clients.ts";

/**
 * Puts so many sessions into a database of SQLite's, by its own means, which are the quickest.
 *
 * @param ended how many more there are whose time is over
 * @param size characters that each holds beside its user
 */
export async function fillSqlite(
  path: string,
  { live, ended, size }: { live: number; ended: number; size: number },
): Promise<void> {
  const database = await sqliteAt(path, process.cwd());
  database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; ${SqliteStore.schema()}`);
  const now = Date.now();
  for (const [count, expires] of [
    [live, now + 86_400_000],
    [ended, now - 1000],
  ] as const) {
    database
      .prepare(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
        INSERT INTO hipflask_sessions (id, owner, version, data, expires, seen)
        SELECT hex(randomblob(21)) || 'A', NULL, lower(hex(randomblob(8))),
          CAST('{"_created":1795000000,"_user_id":"' || n || '","text":"' || printf('%0${size}d', n) || '"}' AS BLOB), ?, ?
        FROM numbers`,
      )
      .run(count, expires, now - 5000);
  }
  database.close();
}
