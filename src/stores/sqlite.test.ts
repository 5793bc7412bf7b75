import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeSuite } from "../testing/index.ts";
import { SqliteStore } from "./sqlite.ts";

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
      return { store: new SqliteStore(database), close: async () => database.close() };
    },
    capabilities: { deleteExpired: true, owners: true, deleteAll: true },
  });
});
