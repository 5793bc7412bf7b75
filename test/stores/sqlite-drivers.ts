import { setTimeout as delay } from "node:timers/promises";
import type Database from "libsql";
import { expect, test } from "vitest";
import type { RecordStore } from "../../src/session/store.ts";
import type { SqliteDatabase } from "../../src/stores/sqlite.ts";

/** What holds of every store over SQLite, whatever its layout. `connect` opens a file by its name. */
export function driverSuite(
  connect: (name: string) => InstanceType<typeof Database>,
  open: (database: SqliteDatabase) => RecordStore,
): void {
  test("is made while another connection locks the file, and waits with its first work", async () => {
    const [other, database] = [connect("locked"), connect("locked")];
    other.exec("CREATE TABLE other (x); BEGIN EXCLUSIVE");
    const store = open(database);
    const ready = store.setup!();
    await delay(30);
    other.exec("COMMIT");
    await ready;
    expect(database.prepare("PRAGMA synchronous").get()).toMatchObject({ synchronous: 2 });
    const nobody = { id: "A".repeat(43), owner: undefined };
    expect(await store.load(nobody, new Date())).toBeUndefined();
  });

  test("says so where the driver gives rows that are arrays", async () => {
    const database = connect("arrays");
    const arrays: SqliteDatabase = {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => database.prepare(sql).raw(),
    };
    await expect(open(arrays).setup!()).rejects.toThrow(/returnArrays/);
  });
}
