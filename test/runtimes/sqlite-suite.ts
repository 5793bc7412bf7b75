/**
 * The store suite against SqliteStore on the drivers that not every runtime has. The environment's DRIVER says which one;
 * the runner is node:test, which Node, Bun and Deno have.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type SqliteDatabase, SqliteStore } from "../../src/stores/sqlite.ts";
import { storeSuite } from "../../src/testing/index.ts";

type Open = (path: string) => SqliteDatabase & { close(): void };

// The names are variables for the type checker, which knows none of these modules.
const OPENERS: Readonly<Record<string, () => Promise<Open>>> = {
  "node:sqlite": async () => {
    const { DatabaseSync } = await import(String("node:sqlite"));
    return (path) => new DatabaseSync(path);
  },
  "better-sqlite3": async () => {
    const { default: Database } = await import(String("better-sqlite3"));
    return (path) => new Database(path);
  },
  "bun:sqlite": async () => {
    const { Database } = await import(String("bun:sqlite"));
    return (path) => new Database(path);
  },
};

const openDatabase = await OPENERS[process.env["DRIVER"]!]!();
const folder = mkdtempSync(join(tmpdir(), "hipflask-runtimes-"));
after(() => rmSync(folder, { recursive: true }));

storeSuite({
  test,
  open: async (space) => {
    const database = openDatabase(join(folder, `${space}.db`));
    return { store: new SqliteStore(database), close: async () => database.close() };
  },
  capabilities: { deleteExpired: true, owners: true, deleteAll: true },
});

test("a write waits, and the event loop turns, while another connection holds the lock", async () => {
  const path = join(folder, "busy.db");
  const database = openDatabase(path);
  const store = new SqliteStore(database);
  await store.setup();
  const other = openDatabase(path);
  other.exec("BEGIN IMMEDIATE");
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  const created = store.create(
    { id: "a".padEnd(43, "0"), owner: undefined },
    { data: new Uint8Array(1), expires: new Date(2000) },
    new Date(1000),
  );
  setTimeout(() => other.exec("COMMIT"), 100);
  assert.equal(typeof (await created), "string");
  clearInterval(turning);
  assert.ok(turns > 20, `the event loop turned ${turns} times`);
  other.close();
  database.close();
});
