import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "libsql";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { naive, Sqlalchemy } from "../../../test/flask-session/sqlalchemy.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { vectors } from "../../../test/support/vectors.ts";
import { driverSuite } from "../../../test/stores/sqlite-drivers.ts";
import { ConfigError } from "../../errors.ts";
import { FlaskSqliteStore } from "./sqlite.ts";

/** A row that Flask-Session wrote. */
interface Written {
  readonly id: string;
  readonly sid: string;
  readonly row: { readonly session_id: string; readonly data_hex: string; readonly expiry: string };
  readonly schema: readonly string[];
}

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** The clock of the vectors, and Flask's PERMANENT_SESSION_LIFETIME by default. */
const CLOCK = new Date(1_795_200_000_250);
const LIFETIME = 31 * DAY;

describe("FlaskSqliteStore", () => {
  let folder: string;
  const opened: Database.Database[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hipflask-flask-sqlite-"));
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

  async function open(name: string): Promise<{ database: Database.Database; store: FlaskSqliteStore }> {
    const database = connect(name);
    const store = new FlaskSqliteStore(database);
    await store.setup();
    return { database, store };
  }

  layoutSuite({ open: async (space) => (await open(space)).store, deleteExpired: true });

  driverSuite(connect, (database) => new FlaskSqliteStore(database));

  test("refuses what is no database, names that are none, and prefixes that do not fit", () => {
    for (const database of [undefined, null, "sessions.db", {}, { exec() {} }]) {
      expect(() => new FlaskSqliteStore(database as never)).toThrow(ConfigError);
    }
    const database = connect("options");
    for (const name of ["", "a b", 'a"b', "a;b", "1a", "main.a", "é", "a-b", "x".repeat(51)]) {
      expect(() => new FlaskSqliteStore(database, { table: name })).toThrow(ConfigError);
      expect(() => new FlaskSqliteStore(database, { schema: name })).toThrow(ConfigError);
    }
    for (const prefix of ["x".repeat(128), "é", "a\n", "\0", 1, null]) {
      expect(() => new FlaskSqliteStore(database, { prefix: prefix as string })).toThrow(ConfigError);
    }
  });

  const written = vectors<Written>("flask_session_sqlite");

  test("what Python wrote is loaded, and what is written is what Python would have: the row and the table", async () => {
    const { database, store } = await open("vectors");
    expect(written.length).toBeGreaterThan(10);
    expect(database.prepare("SELECT sql FROM sqlite_master WHERE type = 'table'").all()).toEqual([
      { sql: written[0]!.schema[0]!.replace("sessions", '"sessions"') },
    ]);
    const find = database.prepare(
      "SELECT session_id, hex(data) AS hex, expiry, typeof(data) AS data, typeof(expiry) AS time FROM sessions",
    );
    const insert = database.prepare("INSERT INTO sessions (session_id, data, expiry) VALUES (?, ?, ?)");
    for (const { sid, row } of written) {
      const own = { id: sid, owner: undefined };
      const [data, expires] = [Buffer.from(row.data_hex, "hex"), new Date(CLOCK.getTime() + LIFETIME)];
      const theirs = {
        session_id: row.session_id,
        hex: row.data_hex.toUpperCase(),
        expiry: row.expiry,
        data: "blob",
        time: "text",
      };
      insert.run(row.session_id, data, row.expiry);
      expect(find.all()).toMatchObject([theirs]);
      const loaded = { data: new Uint8Array(data), version: new Uint8Array(data) };
      expect(await store.load(own, new Date(expires.getTime() - 1))).toEqual(loaded);
      expect(await store.load(own, expires)).toBeUndefined();
      expect(await store.delete(own)).toEqual(loaded);

      await store.create(own, { data, expires });
      expect(find.all()).toMatchObject([theirs]);
      const other = saved(await store.save(own, data, record("other"), CLOCK));
      const version = saved(await store.save(own, other, { data, expires: CLOCK }, CLOCK));
      expect(await store.touch(own, version, expires, new Date(CLOCK.getTime() - 1))).toBe(true);
      expect(find.all()).toMatchObject([theirs]);
      await store.delete(own);
    }
  });

  test("a session without an expiry has ended, and is removed", async () => {
    const { database, store } = await open("null");
    database
      .prepare("INSERT INTO sessions (session_id, data, expiry) VALUES (?, ?, NULL)")
      .run(`session:${key("a").id}`, Buffer.from("data"));
    const version = Buffer.from("data");
    expect(await store.load(key("a"), at(0))).toBeUndefined();
    expect(await store.save(key("a"), version, record("x"), at(0))).toEqual({ outcome: "gone" });
    expect(await store.touch(key("a"), version, at(HOUR), at(0))).toBe(false);
    expect(await store.create(key("a"), record("x"))).toBeUndefined();
    expect(await store.deleteExpired(10, at(0))).toBe(1);
    expect(await store.delete(key("a"))).toBeUndefined();
  });

  test("a row without bytes is no session, and holds up no call", async () => {
    const { database, store } = await open("empty");
    const insert = database.prepare(
      "INSERT INTO sessions (session_id, data, expiry) VALUES (?, ?, '2999-01-01 00:00:00.000000')",
    );
    for (const [name, data] of [
      ["null", null],
      ["text", "99999999999"],
      ["number", 7],
    ] as const) {
      insert.run(`session:${key(name).id}`, data);
      expect(await store.load(key(name), at(0))).toBeUndefined();
      expect(await store.save(key(name), Buffer.from("7"), record("x"), at(0))).toEqual({ outcome: "gone" });
      expect(await store.delete(key(name))).toBeUndefined();
      expect(await store.create(key(name), record("x"))).toBeUndefined();
    }
  });

  test("table, schema and prefix are those that Flask-Session was told", async () => {
    const database = connect("options");
    database.exec(`ATTACH '${join(folder, "other.db")}' AS web`);
    for (const table of ["select", "Sessions", "_0"]) {
      const store = new FlaskSqliteStore(database, { table, schema: "web", prefix: "" });
      await store.setup();
      await store.setup();
      const version = (await store.create(key("a"), record("kept")))!;
      saved(await store.save(key("a"), version, record("saved"), at(0)));
      expect(database.prepare(`SELECT session_id FROM web."${table}"`).all()).toEqual([
        { session_id: key("a").id },
      ]);
      expect(await store.deleteExpired(10, at(2 * HOUR))).toBe(1);
      expect(
        text(await new FlaskSqliteStore(connect("other"), { table }).load(key("a"), at(0))),
      ).toBeUndefined();
    }
  });

  test("a table that is missing, or lets one session be there twice, is the driver's error", async () => {
    const database = connect("missing");
    const store = new FlaskSqliteStore(database);
    await expect(store.load(key("a"), at(0))).rejects.toThrow("no such table");
    database.exec("CREATE TABLE sessions (id INTEGER PRIMARY KEY, session_id, data, expiry)");
    await expect(store.create(key("a"), record("x"))).rejects.toThrow("UNIQUE");
  });

  test("the journal stays as it is, and an acknowledged write survives a power cut", async () => {
    const { database } = await open("pragmas");
    const settings = ["synchronous", "busy_timeout", "journal_mode"].map((name) =>
      database.prepare(`PRAGMA ${name}`).get(),
    );
    expect(settings).toMatchObject([{ synchronous: 2 }, { timeout: 0 }, { journal_mode: "delete" }]);
  });

  test("while Python reads or writes, calls wait and the event loop turns", async () => {
    const { store } = await open("busy");
    const version = (await store.create(key("a"), record("first")))!;
    const python = connect("busy");
    for (const lock of ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; SELECT * FROM sessions"]) {
      python.exec(lock);
      if (lock.endsWith("sessions")) python.prepare("SELECT * FROM sessions").all();
      let done = 0;
      const calls = [
        store.touch(key("a"), version, at(HOUR), at(0)).then(() => done++),
        store.load(key("a"), at(0)).then(() => done++),
      ];
      for (let round = 0; round < 10; round++) await delay(2);
      expect(done).toBeLessThan(2);
      python.exec("COMMIT");
      await Promise.all(calls);
    }
  });

  describeWith("sqlalchemy", "with SQLAlchemy", () => {
    let python: Sqlalchemy;
    beforeAll(() => {
      python = new Sqlalchemy();
    });
    afterAll(() => python.stop());
    const place = (name: string) => ({ url: `sqlite:///${join(folder, `${name}.db`)}`, table: "sessions" });

    test("makes the table that Python makes", async () => {
      await python.ask("create", place("theirs"));
      await open("ours");
      const sql = (name: string) =>
        connect(name).prepare("SELECT sql FROM sqlite_master ORDER BY name").all();
      expect(JSON.stringify(sql("ours")).replace(String.raw`\"sessions\"`, "sessions")).toBe(
        JSON.stringify(sql("theirs")),
      );
      expect(await python.ask("describe", place("ours"))).toEqual(
        await python.ask("describe", place("theirs")),
      );
    });

    test("shares a session with it, written in turn", async () => {
      await python.ask("create", place("shared"));
      const { store } = await open("shared");
      const name = `session:${key("a").id}`;
      const version = (await store.create(key("a"), record("ours", HOUR + 250)))!;
      expect(await python.ask("retrieve", { ...place("shared"), key: name, now: naive(at(0)) })).toEqual({
        data: Buffer.from("ours").toString("hex"),
        expiry: naive(at(HOUR + 250)),
      });
      const theirs = { data: Buffer.from("theirs").toString("hex"), expiry: naive(at(DAY)) };
      await python.ask("upsert", { ...place("shared"), key: name, ...theirs });
      const late = await store.save(key("a"), version, record("late"), at(0));
      expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
      expect(text(await store.load(key("a"), at(DAY - 1)))).toBe("theirs");
      expect(await store.load(key("a"), at(DAY))).toBeUndefined();
      if (late.outcome === "conflict")
        saved(await store.save(key("a"), late.current.version, record("merged", 1000), at(0)));
      const ask = (now: number) =>
        python.ask("retrieve", { ...place("shared"), key: name, now: naive(at(now)) });
      expect(await ask(999)).toMatchObject({ data: Buffer.from("merged").toString("hex") });
      expect(await ask(1000)).toBeNull();
      expect(await store.create(key("a"), record("new"))).toBeDefined();
    });
  });
});
