import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanTogether } from "../../test/stores/cleaning.ts";
import { surviveCrashes } from "../../test/stores/crashes.ts";
import { storeSuite } from "../testing/index.ts";
import { SqliteStore } from "./sqlite.ts";

const long = process.env["HIPFLASK_LONG"] === "1";

describe("SqliteStore", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hipflask-sqlite-"));
  });

  afterAll(() => rm(folder, { recursive: true }));

  storeSuite({
    test,
    open: async (space) => {
      const database = new Database(join(folder, `${space}.db`));
      return { store: new SqliteStore(database), close: async () => void database.close() };
    },
    capabilities: { deleteExpired: true, owners: true, deleteAll: true },
  });

  test(`${long ? 500 : 20} kills of four writers tear no record, lose no acknowledged write and leave no lock`, async () => {
    const place = join(folder, "crashes.db");
    const database = new Database(place);
    await surviveCrashes({ kind: "sqlite", place, store: new SqliteStore(database) }, long ? 500 : 20);
    database.close();
  }, 600_000);

  test(`eight processes that clean ${long ? "1,000,000" : "20,000"} records at once let requests go on`, async () => {
    const place = join(folder, "cleaning.db");
    const database = new Database(place);
    const fill = async (expired: number) =>
      database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${expired})
        INSERT INTO hipflask_sessions SELECT printf('%043d', i), NULL, 'v', zeroblob(200), ${Date.now() - 86_400_000} + i, 0 FROM n`);
    await cleanTogether(
      { kind: "sqlite", place, store: new SqliteStore(database), fill },
      long ? 1_000_000 : 20_000,
    );
    database.close();
  }, 600_000);
});
