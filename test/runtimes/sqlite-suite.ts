/**
 * The store suite against SqliteStore on the drivers that not every runtime has. The environment's DRIVER says which one;
 * the runner is node:test, which Node, Bun and Deno have.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
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
  capabilities: { deleteExpired: true, owners: true, deleteAll: true, list: true },
});

test("while another connection writes, a write waits, the event loop turns, and reads see what is committed", async () => {
  const path = join(folder, "busy.db");
  const database = openDatabase(path);
  const store = new SqliteStore(database);
  await store.setup();
  const now = new Date(1000);
  const theirs = { id: "theirs".padEnd(43, "0"), owner: undefined };
  const ours = { id: "ours".padEnd(43, "0"), owner: undefined };
  const other = openDatabase(path);
  other.exec(
    `BEGIN IMMEDIATE; INSERT INTO hipflask_sessions VALUES ('${theirs.id}', NULL, 'v', x'00', 5000, 0)`,
  );
  const created = store.create(ours, { data: new Uint8Array(1), expires: new Date(2000) }, now);
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  await delay(100);
  clearInterval(turning);
  assert.ok(turns > 10, `the event loop turned ${turns} times`);
  assert.equal(await store.load(theirs, now), undefined);
  other.exec("COMMIT");
  assert.notEqual(await store.load(theirs, now), undefined);
  assert.equal(typeof (await created), "string");
  other.close();
  database.close();
});
