import { createPool as createCallbackPool } from "mysql2";
import type { PoolOptions, RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { naive, Sqlalchemy } from "../../../test/flask-session/sqlalchemy.ts";
import { MysqlStores } from "../../../test/stores/mysql-stores.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { ConfigError, TooLargeError } from "../../errors.ts";
import { FlaskMysqlStore, type FlaskMysqlStoreOptions } from "./mysql.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const SECOND = 1000;

describe("FlaskMysqlStore without a server", () => {
  const nobody = { getConnection: () => Promise.reject(new Error("Nobody should have asked.")) };

  test("refuses what is no pool, names that are none, prefixes that do not fit, and timeouts that are none", () => {
    for (const none of [undefined, null, "mysql://127.0.0.1", {}, { promise: () => ({}) }]) {
      expect(() => new FlaskMysqlStore(none as never)).toThrow(ConfigError);
    }
    const names = ["", "a b", "a`b", "a;b", "1a", "a.b", "é", "a-b", "a\0", "x".repeat(51)];
    const options = [
      ...names.flatMap((name) => [{ table: name }, { schema: name }]),
      ...["x".repeat(128), "é", "a\n", "\0", 1, null].map((prefix) => ({ prefix })),
      ...[0, -1, Infinity, NaN, "2"].map((timeout) => ({ timeout })),
    ] as FlaskMysqlStoreOptions[];
    for (const strange of options) expect(() => new FlaskMysqlStore(nobody, strange)).toThrow(ConfigError);
  });
});

/** How clients and programs may have set up their connections, so that nothing is as it is by default. */
const ODD: PoolOptions = {
  flags: ["-FOUND_ROWS"],
  charset: "latin1",
  timezone: "-03:00",
  dateStrings: true,
  rowsAsArray: true,
  nestTables: "_",
  typeCast: (field) => field.string(),
  queryFormat: (statement) => statement.replaceAll("?", "'?'"),
};

for (const [title, args, options] of [
  ["as it is", ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"], {}],
  [
    "on a server and connections that somebody else has set up",
    [
      "--sql-mode=EMPTY_STRING_IS_NULL,NO_BACKSLASH_ESCAPES,ANSI,TIME_ROUND_FRACTIONAL",
      "--transaction-isolation=READ-COMMITTED",
      "--character-set-server=latin1",
      "--collation-server=latin1_swedish_ci",
      "--default-time-zone=+05:45",
      "--init-connect=SET sql_safe_updates = 1",
    ],
    ODD,
  ],
] as const) {
  describeWith("mysql", `FlaskMysqlStore ${title}`, () => {
    const stores = new MysqlStores(args);

    async function open(table: string, more: FlaskMysqlStoreOptions = {}): Promise<FlaskMysqlStore> {
      const store = new FlaskMysqlStore(stores.connect({ connectionLimit: 5, ...options }), {
        table,
        ...more,
      });
      await store.setup();
      return store;
    }

    layoutSuite({ open: (space) => open(space), deleteExpired: true, grain: SECOND - 1 });

    test("the end is the next whole second, and a touch to the same one is one", async () => {
      const store = await open("seconds");
      const admin = await stores.admin();
      const whole = Math.ceil(Date.now() / SECOND) * SECOND;
      const data = Buffer.from("data");
      for (const [index, ms] of [0, 1, 250, 500, 999].entries()) {
        const own = key(`at-${index}`);
        await store.create(own, { data, expires: new Date(whole + ms) });
        const [[row]] = await admin.query<RowDataPacket[]>(
          "SELECT DATE_FORMAT(expiry, '%Y-%m-%d %H:%i:%s') AS expiry FROM test.seconds WHERE session_id = ?",
          [`session:${own.id}`],
        );
        const end = ms === 0 ? whole : whole + SECOND;
        expect(`${row!["expiry"]}.000000`).toBe(naive(new Date(end)));
        const now = new Date(end - 1);
        expect(await store.touch(own, data, new Date(whole + ms), now)).toBe(true);
        expect(await store.touch(own, Buffer.from("Data"), new Date(whole + ms), now)).toBe(false);
        expect(await store.touch(own, data, new Date(whole + ms), new Date(end))).toBe(false);
        saved(await store.save(own, data, { data, expires: new Date(whole + ms) }, now));
      }
    });

    test("a connection that does not commit by itself is refused, for reading too", async () => {
      const store = await open("uncommitted");
      const version = (await store.create(key("a"), record("kept")))!;
      const admin = await stores.admin();
      await admin.query("SET GLOBAL autocommit = 0");
      try {
        const other = new FlaskMysqlStore(stores.connect(options), { table: "uncommitted" });
        await expect(other.setup()).rejects.toThrow(ConfigError);
        await expect(other.load(key("a"), at(0))).rejects.toThrow(ConfigError);
        await expect(other.save(key("a"), version, record("lost"), at(0))).rejects.toThrow(ConfigError);
        await expect(other.delete(key("a"))).rejects.toThrow(ConfigError);
      } finally {
        await admin.query("SET GLOBAL autocommit = 1");
      }
      expect(text(await store.load(key("a"), at(0)))).toBe("kept");
    });

    test("a session that is larger than the table has room for is refused, and nothing is cut off", async () => {
      const store = await open("small");
      const version = (await store.create(key("a"), record("kept")))!;
      const most = { data: new Uint8Array(65_535).fill(7), expires: at(HOUR) };
      const more = { data: new Uint8Array(65_536).fill(7), expires: at(HOUR) };
      await expect(store.create(key("b"), more)).rejects.toThrow(TooLargeError);
      await expect(store.save(key("a"), version, more, at(0))).rejects.toMatchObject({ limit: 65_535 });
      expect(text(await store.load(key("a"), at(0)))).toBe("kept");
      const large = saved(await store.save(key("a"), version, most, at(0)));
      expect((await store.load(key("a"), at(0)))?.data).toEqual(most.data);
      await (await stores.admin()).query("ALTER TABLE test.small MODIFY data LONGBLOB");
      const larger = saved(await store.save(key("a"), large, more, at(0)));
      saved(await store.save(key("a"), larger, record("small again"), at(0)));
      expect(await store.load(key("b"), at(0))).toBeUndefined();
    });

    test("the database is the one that Flask-Session calls its schema, also for a user who may make nothing", async () => {
      const admin = await stores.admin();
      await admin.query("CREATE DATABASE web; CREATE USER web@'127.0.0.1'");
      const place = { table: "Sessions", schema: "web", prefix: "app:" };
      await new FlaskMysqlStore(stores.connect({ uri: stores.server.adminUrl, ...options }), place).setup();
      await admin.query("GRANT SELECT, INSERT, UPDATE, DELETE ON web.Sessions TO web@'127.0.0.1'");
      const pool = stores.connect({
        uri: stores.server.url.replace("app:secret@", "web@").replace("/test", ""),
        ...options,
      });
      const store = new FlaskMysqlStore(pool, place);
      await store.setup();
      const version = (await store.create(key("a"), record("kept")))!;
      await expect(
        store.save(key("a"), version, { ...record(""), data: new Uint8Array(70_000) }, at(0)),
      ).rejects.toThrow(TooLargeError);
      const [rows] = await admin.query("SELECT session_id FROM web.Sessions");
      expect(rows).toEqual([{ session_id: `app:${key("a").id}` }]);
      expect(await store.deleteExpired(10, at(2 * HOUR))).toBe(1);
      await expect(new FlaskMysqlStore(pool, { ...place, table: "other" }).setup()).rejects.toMatchObject({
        code: "ER_TABLEACCESS_DENIED_ERROR",
      });
    });

    test("a session without an expiry has ended, and is removed", async () => {
      const store = await open("without");
      const admin = await stores.admin();
      const insert = "INSERT INTO test.without (session_id, data) VALUES (?, 'data')";
      await admin.query(insert, [`session:${key("a").id}`]);
      expect(await store.load(key("a"), at(0))).toBeUndefined();
      expect(await store.save(key("a"), Buffer.from("data"), record("x"), at(0))).toEqual({
        outcome: "gone",
      });
      expect(await store.create(key("a"), record("x"))).toBeUndefined();
      expect(await store.deleteExpired(10, at(0))).toBe(1);
      expect(await store.delete(key("a"))).toBeUndefined();
    });

    test("a save waits for one that is not committed yet, and then meets what that one left", async () => {
      const store = await open("waiting");
      const admin = await stores.admin();
      const version = (await store.create(key("a"), record("first")))!;
      for (const [early, end, outcome] of [
        ["UPDATE test.waiting SET data = 'early'", "ROLLBACK", "saved"],
        ["UPDATE test.waiting SET data = 'early'", "COMMIT", "conflict"],
        ["DELETE FROM test.waiting", "COMMIT", "gone"],
      ] as const) {
        const { version: known } = (await store.load(key("a"), at(0)))!;
        await admin.query(`START TRANSACTION; ${early}`);
        const saving = store.save(key("a"), known, record("late"), at(0));
        await stores.untilSomeoneWaits();
        await admin.query(end);
        expect(await saving).toMatchObject({ outcome });
      }
      expect(await store.touch(key("a"), version, at(HOUR), at(0))).toBe(false);
    });

    test("deleteExpired leaves a session alone that was renewed in the meantime, and locks no other one", async () => {
      const store = await open("renewed");
      const admin = await stores.admin();
      for (const name of ["a", "b", "c"])
        await store.create(key(name), record(name, name === "c" ? HOUR : SECOND));
      const renew = `UPDATE test.renewed SET expiry = '2999-01-01' WHERE session_id = 'session:${key("b").id}'`;
      await admin.query(`START TRANSACTION; ${renew}`);
      const cleaning = store.deleteExpired(10, at(2 * SECOND));
      await stores.untilSomeoneWaits();
      expect(await store.deleteExpired(10, at(2 * SECOND))).toBe(0);
      saved(await store.save(key("c"), Buffer.from("c"), record("not locked"), at(0)));
      await admin.query("COMMIT");
      expect(await cleaning).toBe(1);
      expect(text(await store.load(key("b"), at(2 * SECOND)))).toBe("b");
    });

    describeWith("sqlalchemy", "with SQLAlchemy", () => {
      describeWith("pymysql", "and PyMySQL", () => {
        let python: Sqlalchemy;
        beforeAll(() => {
          python = new Sqlalchemy();
        });
        afterAll(() => python.stop());
        const place = (table: string) => ({
          url: `${stores.server.url.replace("mysql://", "mysql+pymysql://")}?charset=utf8mb4`,
          table,
        });

        test("makes the table that Python makes", async () => {
          await python.ask("create", place("theirs"));
          await open("ours");
          const ours = await python.ask("describe", place("ours"));
          expect(ours).toEqual(await python.ask("describe", place("theirs")));
        });

        test("shares a session with it, written in turn", async () => {
          await python.ask("create", place("shared"));
          const store = await open("shared");
          const name = { ...place("shared"), key: `session:${key("a").id}` };
          const end = Math.ceil(at(HOUR).getTime() / SECOND) * SECOND;
          const version = (await store.create(key("a"), record("ours", HOUR)))!;
          expect(await python.ask("retrieve", { ...name, now: naive(at(0)) })).toEqual({
            data: Buffer.from("ours").toString("hex"),
            expiry: naive(new Date(end)),
          });
          const data = Buffer.from("theirs").toString("hex");
          await python.ask("upsert", { ...name, data, expiry: naive(at(DAY)) });
          const late = await store.save(key("a"), version, record("late"), at(0));
          expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
          expect(text(await store.load(key("a"), at(DAY - SECOND)))).toBe("theirs");
          expect(await store.load(key("a"), at(DAY + SECOND))).toBeUndefined();
          saved(await store.save(key("a"), Buffer.from("theirs"), record("merged", 0), at(-SECOND)));
          expect(await python.ask("retrieve", { ...name, now: naive(at(-1)) })).not.toBeNull();
          expect(await python.ask("retrieve", { ...name, now: naive(at(SECOND)) })).toBeNull();
          expect(await store.create(key("a"), record("new"))).toBeDefined();
        });
      });
    });
  });
}

describeWith("mysql", "FlaskMysqlStore", () => {
  const stores = new MysqlStores();

  test("takes a pool of callbacks too, and a table of times with fractions", async () => {
    const pool = createCallbackPool({ uri: stores.server.url });
    const store = new FlaskMysqlStore(pool);
    await Promise.all([store.setup(), store.setup()]);
    await (await stores.admin()).query("ALTER TABLE test.sessions MODIFY expiry DATETIME(6)");
    await store.create(key("a"), record("kept", HOUR));
    expect(text(await store.load(key("a"), at(HOUR - 1)))).toBe("kept");
    expect(await store.load(key("a"), at(HOUR + SECOND))).toBeUndefined();
    await new Promise((resolve) => pool.end(resolve));
  });

  test("a table that is missing is the driver's error", async () => {
    const store = new FlaskMysqlStore(stores.connect(), { table: "missing" });
    await expect(store.load(key("a"), at(0))).rejects.toMatchObject({ code: "ER_NO_SUCH_TABLE" });
    await expect(store.deleteExpired(10, at(0))).rejects.toMatchObject({ code: "ER_NO_SUCH_TABLE" });
    await store.setup();
    expect(await store.deleteExpired(10, at(0))).toBe(0);
  });
});
