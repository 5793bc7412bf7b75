import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { storeSuite } from "../testing/index.ts";
import { FileStore } from "./file.ts";

const root = mkdtempSync(join(tmpdir(), "hipflask-file-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

for (const durability of ["sync", "fast"] as const) {
  describe(`FileStore, ${durability}`, () => {
    storeSuite({
      test,
      open: async (space) => ({
        store: new FileStore(join(root, durability, space), { durability }),
        close: async () => {},
      }),
      capabilities: { deleteExpired: true, owners: true, deleteAll: true },
    });
  });
}
