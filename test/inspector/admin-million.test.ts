import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { createSessions, serverSide } from "hipflask";
import { sessionsAdmin } from "hipflask/inspector/admin";
import { SqliteStore } from "hipflask/stores/sqlite";
import { expect, test } from "vitest";
import { ownerTag } from "../../src/session/server-side/session-id.ts";

const AMOUNT = 1_000_000;
/** Whose sessions are looked up. */
const USER = "user-0@example.com";

/** Fills the table in one statement; the store itself would wait for the disk a million times. Every second session is a user's, and four are one's. */
function fillTable(database: InstanceType<typeof Database>): void {
  const now = Date.now();
  const created = Math.floor(now / 1000) - 60;
  database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${AMOUNT - 1}),
      users (n, user) AS (SELECT n, iif(n % 2 = 0, n % 250000, NULL) FROM numbers)
    INSERT INTO hipflask_sessions (id, owner, version, data, expires, seen)
    SELECT
      substr(hex(randomblob(22)), 1, 43),
      iif(user = 0, '${ownerTag(USER)}', iif(user IS NULL, NULL, printf('%022d', user))),
      'v' || n,
      CAST('{"_created":${created},' || iif(user IS NULL, '', '"_device":"Firefox on Linux","_user_id":"user-' || user || '@example.com",')
        || '"basket":["hip flask","${"x".repeat(100)}"]}' AS BLOB),
      ${now + 86_400_000},
      ${now} - n % 3600 * 1000
    FROM users`);
}

/** Megabytes that the process holds, when what nobody needs is gone. */
function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1024 / 1024;
}

test.runIf(process.env["HIPFLASK_LONG"] === "1")(
  "a million sessions are paged through, counted and ended in flat memory",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "hipflask-million-"));
    const database = new Database(join(folder, "sessions.db"));
    try {
      const store = new SqliteStore(database, { durability: "fast" });
      await store.setup();
      fillTable(database);
      const sessions = createSessions({ storage: serverSide(store) });
      const admin = sessionsAdmin(sessions, { guard: () => true });
      const get = async (place: string) =>
        (await admin.fetch(new Request(`https://shop.example/admin/sessions${place}`))).text();
      await get("/");

      const before = memory();
      const times: number[] = [];
      let place: string | undefined = "/";
      let rows = 0;
      for (let pages = 0; pages < 500 && place !== undefined; pages++) {
        const begun = performance.now();
        const page: string = await get(place);
        times.push(performance.now() - begun);
        rows += page.match(/name="handle"/g)!.length;
        place = /href="\/admin\/sessions([^"]*)" rel="next"/.exec(page)?.[1];
      }
      expect(rows).toBe(25_000);
      const listed = memory();

      let after: string | undefined;
      let total = 0;
      const begun = performance.now();
      do {
        const page: Awaited<ReturnType<typeof sessions.list>> = await sessions.list({ after, limit: 1000 });
        total += page.sessions.length;
        after = page.next;
      } while (after !== undefined);
      const seconds = (performance.now() - begun) / 1000;
      expect(total).toBe(AMOUNT);
      expect(await sessions.forUser(USER).revokeAll()).toBe(4);

      const sorted = times.toSorted((a, b) => a - b);
      console.log(
        `a page: ${sorted[250]!.toFixed(1)} ms in the median, ${sorted[495]!.toFixed(1)} ms in the 99th of a hundred; all ${total}: ${seconds.toFixed(1)} s; memory: ${before.toFixed(0)} MB before, ${listed.toFixed(0)} MB after 500 pages, ${memory().toFixed(0)} MB after all`,
      );
      expect(memory() - before).toBeLessThan(100);
    } finally {
      database.close();
      rmSync(folder, { recursive: true });
    }
  },
  600_000,
);
