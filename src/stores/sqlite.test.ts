import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "libsql";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cleanTogether } from "../../test/stores/cleaning.ts";
import { surviveCrashes } from "../../test/stores/crashes.ts";
import { driverSuite } from "../../test/stores/sqlite-drivers.ts";
import { ConfigError } from "../errors.ts";
import type { SessionKey, SessionRecord } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import { type SqliteDatabase, SqliteStore } from "./sqlite.ts";

const long = process.env["HIPFLASK_LONG"] === "1";
const NOW = new Date("2031-05-06T07:08:09.123Z");
const LATER = new Date("2031-05-07T00:00:00.001Z");
const OWNER = "owner".padEnd(22, "0");

function key(name: string, owner?: string): SessionKey {
  return { id: name.padEnd(43, "0"), owner };
}

function record(text: string): SessionRecord {
  return { data: new TextEncoder().encode(text), expires: LATER };
}

describe("SqliteStore", () => {
  let folder: string;
  const opened: Database.Database[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hipflask-sqlite-"));
  });

  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
  });

  afterAll(() => rm(folder, { recursive: true }));

  function connect(name: string): Database.Database {
    const database = new Database(join(folder, `${name}.db`));
    opened.push(database);
    return database;
  }

  storeSuite({
    test,
    open: async (space) => ({ store: new SqliteStore(connect(space)), close: async () => undefined }),
    capabilities: { deleteExpired: true, owners: true, deleteAll: true, list: true },
  });

  driverSuite(connect, (database) => new SqliteStore(database));

  test("refuses what is no database, and options that it does not know", () => {
    for (const database of [undefined, null, "sessions.db", {}, { exec() {} }]) {
      expect(() => new SqliteStore(database as never)).toThrow(ConfigError);
    }
    const database = connect("options");
    for (const table of ["", "a b", 'a"b', "a;b", "1a", "main.a", "é", "a-b", "x".repeat(51)]) {
      expect(() => new SqliteStore(database, { table })).toThrow(ConfigError);
      expect(() => SqliteStore.schema(table)).toThrow(ConfigError);
    }
    for (const durability of ["full", "toString", 1, null]) {
      expect(() => new SqliteStore(database, { durability: durability as never })).toThrow(ConfigError);
    }
  });

  test("keeps its promise about a power cut, and sets the journal so that readers wait for nobody", async () => {
    for (const [durability, synchronous] of [
      [undefined, 2],
      ["sync", 2],
      ["fast", 1],
    ] as const) {
      const database = connect("pragmas");
      await new SqliteStore(database, durability && { durability }).setup();
      const settings = ["synchronous", "busy_timeout", "journal_mode"].map((name) =>
        database.prepare(`PRAGMA ${name}`).get(),
      );
      expect(settings).toMatchObject([{ synchronous }, { timeout: 0 }, { journal_mode: "wal" }]);
    }
  });

  test("the table can be made by hand, under any plain name", async () => {
    const database = connect("by-hand");
    for (const table of ["select", "Sessions", "_0", "id"]) {
      database.exec(SqliteStore.schema(table));
      const store = new SqliteStore(database, { table });
      const version = (await store.create(key("a"), record("1"), NOW))!;
      const replaced = store.replace(key("a"), version, record("old"), key("b", OWNER), record("2"), NOW);
      expect(await replaced).toMatchObject({ outcome: "saved" });
      expect(await store.deleteOwned(OWNER, [])).toBe(1);
      expect(await store.deleteExpired(10, LATER)).toBe(1);
    }
  });

  test("a table that is missing is the driver's error", async () => {
    const store = new SqliteStore(connect("missing"));
    await expect(store.load(key("a"), NOW)).rejects.toThrow("no such table");
    await expect(store.create(key("a"), record("1"), NOW)).rejects.toThrow("no such table");
    await store.setup();
    expect(await store.create(key("a"), record("1"), NOW)).toBeDefined();
  });

  test("integers that a program reads as bigints change nothing", async () => {
    const database = connect("bigints");
    database.defaultSafeIntegers(true);
    const store = new SqliteStore(database);
    await store.setup();
    const version = await store.create(key("a", OWNER), record("kept"), NOW);
    const stored = { ...record("kept"), version, seen: NOW };
    expect(await store.load(key("a", OWNER), NOW)).toEqual(stored);
    expect(await store.listOwned(OWNER, NOW)).toEqual([{ ...stored, key: key("a", OWNER) }]);
    expect(await store.deleteOwned(OWNER, [])).toBe(1);
  });

  test("writes that come together share a transaction, and each of them has its own result", async () => {
    const database = connect("together");
    const commands: string[] = [];
    const counting: SqliteDatabase = {
      prepare: (sql) => database.prepare(sql),
      exec(sql) {
        commands.push(sql);
        database.exec(sql);
      },
    };
    const store = new SqliteStore(counting);
    await store.setup();
    const version = (await store.create(key("a"), record("first"), NOW))!;
    await store.create(key("taken"), record("taken"), NOW);
    commands.length = 0;
    const [created, again, saved, late] = await Promise.all([
      store.create(key("b"), record("b"), NOW),
      store.create(key("b"), record("b again"), NOW),
      store.save(key("a"), version, record("second"), NOW),
      store.save(key("a"), version, record("late"), NOW),
    ]);
    expect(commands).toEqual(["BEGIN IMMEDIATE", "COMMIT"]);
    expect([typeof created, again]).toEqual(["string", undefined]);
    expect(saved).toMatchObject({ outcome: "saved" });
    expect(late).toMatchObject({ outcome: "conflict", current: record("second") });
    const second = (await store.load(key("a"), NOW))!.version;
    const results = await Promise.allSettled([
      store.create(key("c"), record("c"), NOW),
      store.replace(key("a"), second, record("retired"), key("taken"), record("next"), NOW),
      store.create(key("d"), record("d"), NOW),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    for (const [name, text] of [
      ["a", "second"],
      ["c", "c"],
      ["d", "d"],
      ["taken", "taken"],
    ] as const) {
      expect(await store.load(key(name), NOW)).toMatchObject(record(text));
    }
  });

  test("while another process writes, writes wait, the event loop turns, and reads see what is committed", async () => {
    const store = new SqliteStore(connect("busy"));
    await store.setup();
    const version = (await store.create(key("a"), record("first"), NOW))!;
    const other = connect("busy");
    const lock = () => {
      other.exec("BEGIN IMMEDIATE");
      other.exec(`UPDATE hipflask_sessions SET seen = seen + 1000`);
    };
    lock();
    let saved = false;
    const saving = store.save(key("a"), version, record("second"), NOW).then((result) => {
      saved = true;
      return result;
    });
    let longest = 0;
    for (let round = 1; round <= 100; round++) {
      const start = performance.now();
      await delay(2);
      longest = Math.max(longest, performance.now() - start);
      await store.load(key("a"), NOW);
      other.exec("COMMIT");
      const seen = new Date(NOW.getTime() + round * 1000);
      expect(await store.load(key("a"), NOW)).toMatchObject({ ...record("first"), seen });
      lock();
    }
    expect(saved).toBe(false);
    expect(longest).toBeLessThan(100);
    other.exec("COMMIT");
    expect(await saving).toMatchObject({ outcome: "saved" });
  });

  test.runIf(long)("a lock that nobody gives back is the driver's error after five seconds", async () => {
    const store = new SqliteStore(connect("stuck"));
    await store.setup();
    const other = connect("stuck");
    other.exec("BEGIN IMMEDIATE");
    const writes = ["a", "b", "c"].map((name) => store.create(key(name), record("late"), NOW));
    for (const write of writes) write.catch(() => undefined);
    for (const write of writes) await expect(write).rejects.toMatchObject({ code: "SQLITE_BUSY" });
    other.exec("COMMIT");
    for (const name of ["a", "b", "c"]) expect(await store.load(key(name), NOW)).toBeUndefined();
    expect(await store.create(key("a"), record("kept"), NOW)).toBeDefined();
  });

  test(
    `${long ? 500 : 20} kills of four writers tear no record, lose no acknowledged write and leave no lock`,
    { timeout: 600_000 },
    async () => {
      const place = join(folder, "crashes.db");
      const store = new SqliteStore(connect("crashes"));
      await surviveCrashes({ kind: "sqlite", place, store }, long ? 500 : 20);
    },
  );

  test(
    `eight processes that clean ${long ? "1,000,000" : "20,000"} records at once let requests go on`,
    { timeout: 600_000 },
    async () => {
      const place = join(folder, "cleaning.db");
      const database = connect("cleaning");
      const fill = async (expired: number) =>
        database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${expired})
          INSERT INTO hipflask_sessions
            SELECT printf('%043d', i), NULL, 'v', zeroblob(200), ${Date.now() - 86_400_000} + i, 0 FROM n`);
      const store = new SqliteStore(database);
      await cleanTogether({ kind: "sqlite", place, store, fill }, long ? 1_000_000 : 20_000);
    },
  );
});
