import { setTimeout as delay } from "node:timers/promises";
import { Client, Pool, type PoolConfig, types } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { at, key, layoutSuite, record, saved, text } from "../../../test/flask-session/layout-suite.ts";
import { naive, Sqlalchemy } from "../../../test/flask-session/sqlalchemy.ts";
import { PostgresServer } from "../../../test/support/postgres-server.ts";
import { describeWith } from "../../../test/support/provisioned.ts";
import { ConfigError } from "../../errors.ts";
import { FlaskPostgresStore, type FlaskPostgresStoreOptions } from "./postgres.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const LAYOUTS = ["sqlalchemy", "postgresql"] as const;
/** A zone whose difference from UTC is no whole number of hours. */
const KATHMANDU = "-c timezone=Asia/Kathmandu -c datestyle=German,DMY -c bytea_output=escape";

/** What a program may have parse bytes' neighbours: dates and numbers. */
const CHOSEN: Record<number, (text: string) => unknown> = {
  1114: () => "a date",
  16: () => "a boolean",
  17: String,
};

describe("FlaskPostgresStore without a server", () => {
  const pool = { query: () => Promise.reject(new Error("Nobody should have been asked.")) };

  test("refuses what is no pool, names that are none, prefixes that do not fit, and layouts that there are not", () => {
    for (const none of [undefined, null, "postgres://127.0.0.1", {}]) {
      expect(() => new FlaskPostgresStore(none as never)).toThrow(ConfigError);
    }
    const names = ["", "a b", 'a"b', "a;b", "1a", "a.b", "é", "a-b", "a\0", "x".repeat(51)];
    const options = [
      ...names.flatMap((name) => [{ table: name }, { schema: name }]),
      ...["x".repeat(128), "é", "a\n", "\0", 1, null].map((prefix) => ({ prefix })),
      ...["flask_sessions", "toString", "", null].map((layout) => ({ layout })),
    ] as FlaskPostgresStoreOptions[];
    for (const strange of options) expect(() => new FlaskPostgresStore(pool, strange)).toThrow(ConfigError);
  });
});

describeWith("postgres", "FlaskPostgresStore", () => {
  let server: PostgresServer;
  const opened: { end(): Promise<void> }[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.end()));
  });

  afterAll(() => server.close());

  function connect(config: PoolConfig = {}): Pool {
    const pool = new Pool({ connectionString: server.url, ...config });
    pool.on("error", () => undefined);
    opened.push(pool);
    return pool;
  }

  async function open(
    options: FlaskPostgresStoreOptions,
    config: PoolConfig = {},
  ): Promise<{ pool: Pool; store: FlaskPostgresStore }> {
    const pool = connect(config);
    const store = new FlaskPostgresStore(pool, options);
    await store.setup();
    return { pool, store };
  }

  for (const layout of LAYOUTS) {
    describe(layout, () => {
      layoutSuite({
        open: async (space) =>
          (await open({ layout, table: `${layout}_${space}` }, { max: 5, options: KATHMANDU })).store,
        deleteExpired: true,
      });
    });
  }

  describe("the table", () => {
    test.for(LAYOUTS)(
      "%s: is made once by any number of processes that call setup together",
      async (layout) => {
        const options = { layout, table: `made_${layout}` };
        const stores = Array.from({ length: 20 }, () => new FlaskPostgresStore(connect({ max: 1 }), options));
        await Promise.all(stores.map((store) => store.setup()));
        expect(await stores[0]!.create(key("a"), record("kept"))).toBeDefined();
      },
    );

    test.for(LAYOUTS)(
      "%s: may be there already, in a schema, for a role that may make none",
      async (layout) => {
        const pool = connect();
        const options = { layout, table: "Sessions", schema: `Web_${layout}`, prefix: "app:" };
        await pool.query(`CREATE SCHEMA "Web_${layout}"; CREATE ROLE app_${layout} LOGIN`);
        await new FlaskPostgresStore(pool, options).setup();
        await pool.query(`GRANT USAGE ON SCHEMA "Web_${layout}" TO app_${layout};
        GRANT SELECT, INSERT, UPDATE, DELETE ON "Web_${layout}"."Sessions" TO app_${layout};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA "Web_${layout}" TO app_${layout}`);
        const app = connect({ connectionString: server.url.replace("test@", `app_${layout}@`) });
        const store = new FlaskPostgresStore(app, options);
        await store.setup();
        const version = (await store.create(key("a"), record("kept")))!;
        saved(await store.save(key("a"), version, record("saved"), at(0)));
        const { rows } = await pool.query(`SELECT session_id FROM "Web_${layout}"."Sessions"`);
        expect(rows).toEqual([{ session_id: `app:${key("a").id}` }]);
        expect(await store.deleteExpired(10, at(2 * HOUR))).toBe(1);
        await expect(
          new FlaskPostgresStore(app, { ...options, table: "other" }).setup(),
        ).rejects.toMatchObject({
          code: "42501",
        });
      },
    );

    test("that is missing is the driver's error", async () => {
      const store = new FlaskPostgresStore(connect(), { table: "missing" });
      await expect(store.load(key("a"), at(0))).rejects.toMatchObject({ code: "42P01" });
    });

    test("has any plain name, also one that SQL uses itself", async () => {
      for (const layout of LAYOUTS) {
        for (const table of ["select", "data", "expiry", "_0"].map((name) =>
          layout === "sqlalchemy" ? name : `${name}_2`,
        )) {
          const { store } = await open({ layout, table });
          const version = (await store.create(key("a"), record("1")))!;
          saved(await store.save(key("a"), version, record("2"), at(0)));
          expect(text(await store.delete(key("a")))).toBe("2");
          expect(await store.deleteExpired(10, at(0))).toBe(0);
        }
      }
    });
  });

  test.for([
    ["parsers", { types: { getTypeParser: (oid: number) => CHOSEN[oid] ?? types.getTypeParser(oid) } }],
    ["binary", { binary: true }],
  ] as const)(
    "types, time zones and formats that a program has chosen change nothing: %s",
    async ([name, chosen]) => {
      const table = `chosen_${name}`;
      const { store } = await open({ table }, { options: KATHMANDU, ...(chosen as PoolConfig) });
      const data = Uint8Array.from({ length: 256 }, (_, index) => index);
      await store.create(key("a"), { data, expires: at(HOUR) });
      const { store: plain, pool } = await open({ table });
      for (const each of [store, plain])
        expect(await each.load(key("a"), at(HOUR - 1))).toEqual({ data, version: data });
      expect(await plain.load(key("a"), at(HOUR))).toBeUndefined();
      const { rows } = await pool.query(`SELECT expiry::text FROM ${table}`);
      expect(rows).toEqual([{ expiry: naive(at(HOUR)).replace(/\.?0+$/, "") }]);
      expect(await store.touch(key("a"), data, at(DAY), at(HOUR - 1))).toBe(true);
      expect(await store.delete(key("a"))).toEqual({ data, version: data });
    },
  );

  test("a session without an expiry has ended, and is removed", async () => {
    for (const layout of LAYOUTS) {
      const { pool, store } = await open({ layout, table: `null_${layout}` });
      const insert = `INSERT INTO null_${layout} (session_id, data) VALUES ($1, 'data')`;
      await pool.query(insert, [`session:${key("a").id}`]);
      expect(await store.load(key("a"), at(0))).toBeUndefined();
      expect(await store.save(key("a"), Buffer.from("data"), record("x"), at(0))).toEqual({
        outcome: "gone",
      });
      expect(await store.create(key("a"), record("x"))).toBeUndefined();
      expect(await store.deleteExpired(10, at(0))).toBe(1);
      expect(await store.delete(key("a"))).toBeUndefined();
    }
  });

  describe("against a write that is not committed yet", () => {
    /** What a save comes to, when it waits for what another connection does in a transaction that then ends. */
    async function behind(
      table: string,
      early: (store: FlaskPostgresStore, version: Uint8Array) => Promise<unknown>,
      end: "COMMIT" | "ROLLBACK" = "COMMIT",
    ) {
      const { store, pool } = await open({ table });
      const version = (await store.create(key("a"), record("first"))) as Uint8Array;
      const other = new Client(server.url);
      await other.connect();
      opened.push(other);
      await other.query("BEGIN");
      await early(new FlaskPostgresStore(other, { table }), version);
      const result = store.save(key("a"), version, record("late"), at(0));
      await untilSomeoneWaits(pool);
      await other.query(end);
      return { result: await result, left: text(await store.load(key("a"), at(0))) };
    }

    test("a save gets the record that the other one saved", async () => {
      const { result, left } = await behind("save_saved", (other, version) =>
        other.save(key("a"), version, record("early"), at(0)),
      );
      expect(result).toMatchObject({ outcome: "conflict", current: { data: record("early").data } });
      expect(left).toBe("early");
    });

    test("a save finds the record gone that the other one deleted", async () => {
      const { result, left } = await behind("save_deleted", (other) => other.delete(key("a")));
      expect(result).toEqual({ outcome: "gone" });
      expect(left).toBeUndefined();
    });

    test("a save goes on where the other one only touched the record, or gives up", async () => {
      const touched = await behind("save_touched", (other, version) =>
        other.touch(key("a"), version, at(DAY), at(0)),
      );
      expect(touched).toMatchObject({ result: { outcome: "saved" }, left: "late" });
      const givenUp = await behind(
        "save_given_up",
        (other, version) => other.save(key("a"), version, record("early"), at(0)),
        "ROLLBACK",
      );
      expect(givenUp).toMatchObject({ result: { outcome: "saved" }, left: "late" });
    });

    test("deleteExpired waits for nobody: neither another cleaner nor a row that somebody writes", async () => {
      const { store } = await open({ table: "cleaned" });
      for (const name of ["a", "b", "c"]) await store.create(key(name), record(name, 5000));
      const other = new Client(server.url);
      await other.connect();
      opened.push(other);
      const theirs = new FlaskPostgresStore(other, { table: "cleaned" });
      await other.query("BEGIN");
      expect(await theirs.deleteExpired(1, at(5000))).toBe(1);
      expect(await store.deleteExpired(10, at(5000))).toBe(0);
      await other.query("COMMIT");
      await other.query("BEGIN");
      const version = Buffer.from("b");
      expect(await theirs.touch(key("b"), version, at(DAY), at(0))).toBe(true);
      expect(await store.deleteExpired(10, at(5000))).toBe(1);
      await other.query("COMMIT");
      expect(text(await store.load(key("b"), at(5000)))).toBe("b");
      expect(text(await store.delete(key("c")))).toBeUndefined();
    });
  });

  test("a connection that is cut in the middle of a call is that call's error, and the next call works", async () => {
    const { store, pool } = await open({ table: "cut" });
    const version = (await store.create(key("a"), record("first")))!;
    const other = new Client(server.url);
    await other.connect();
    opened.push(other);
    await other.query("BEGIN; SELECT * FROM cut FOR UPDATE");
    const result = store.save(key("a"), version, record("late"), at(0));
    result.catch(() => undefined);
    const pid = await untilSomeoneWaits(pool);
    await pool.query("SELECT pg_terminate_backend($1)", [pid]);
    await expect(result).rejects.toMatchObject({ code: "57P01" });
    await other.query("COMMIT");
    expect(text(await store.load(key("a"), at(0)))).toBe("first");
    saved(await store.save(key("a"), version, record("second"), at(0)));
  });

  test("the statements of Flask-Session's own PostgreSQL interface find what is written, and are seen", async () => {
    // flask_session/postgresql/_queries.py, on a server whose zone is not UTC.
    const { pool, store } = await open({ layout: "postgresql" }, { options: KATHMANDU });
    const upsert = `INSERT INTO public.flask_sessions (session_id, data, expiry) VALUES ($1, $2, NOW() + $3::interval)
      ON CONFLICT (session_id) DO UPDATE SET data = $2, expiry = NOW() + $3::interval`;
    const retrieve = async (name: string) => {
      const id = `session:${key(name).id}`;
      await pool.query("DELETE FROM public.flask_sessions WHERE session_id = $1 AND expiry < NOW()", [id]);
      const found = await pool.query("SELECT data FROM public.flask_sessions WHERE session_id = $1", [id]);
      return text(found.rows[0]);
    };
    const soon = new Date(Date.now() + 60_000);
    const version = (await store.create(key("a"), { data: Buffer.from("ours"), expires: soon }))!;
    await store.create(key("b"), { data: Buffer.from("ended"), expires: new Date(Date.now() - 60_000) });
    expect(await retrieve("a")).toBe("ours");
    expect(await retrieve("b")).toBeUndefined();
    await pool.query(upsert, [`session:${key("a").id}`, Buffer.from("theirs"), "120 seconds"]);
    expect(text(await store.load(key("a"), new Date(Date.now() + 100_000)))).toBe("theirs");
    expect(await store.load(key("a"), new Date(Date.now() + 121_000))).toBeUndefined();
    const late = await store.save(key("a"), version, record("late"), new Date());
    expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
    const { rows } = await pool.query(
      "SELECT indexname FROM pg_indexes WHERE tablename = 'flask_sessions' ORDER BY 1",
    );
    expect(rows.map(({ indexname }) => indexname)).toEqual([
      "flask_sessions_expiry_idx",
      "flask_sessions_pkey",
      "uq_flask_sessions_session_id",
    ]);
  });

  describeWith("sqlalchemy", "with SQLAlchemy", () => {
    describeWith("psycopg2", "and psycopg2", () => {
      let python: Sqlalchemy;
      beforeAll(() => {
        python = new Sqlalchemy();
      });
      afterAll(() => python.stop());
      const place = (table: string) => ({
        url: server.url.replace("postgres://", "postgresql+psycopg2://"),
        table,
      });

      test("makes the table that Python makes", async () => {
        await python.ask("create", place("theirs"));
        await open({ table: "ours" });
        const ours = await python.ask("describe", place("ours"));
        expect(ours).toEqual(await python.ask("describe", place("theirs")));
      });

      test("shares a session with it, written in turn", async () => {
        await python.ask("create", place("shared"));
        const { store } = await open({ table: "shared" }, { options: KATHMANDU });
        const name = { ...place("shared"), key: `session:${key("a").id}` };
        const version = (await store.create(key("a"), record("ours", HOUR + 250)))!;
        expect(await python.ask("retrieve", { ...name, now: naive(at(0)) })).toEqual({
          data: Buffer.from("ours").toString("hex"),
          expiry: naive(at(HOUR + 250)),
        });
        const data = Buffer.from("theirs").toString("hex");
        await python.ask("upsert", { ...name, data, expiry: naive(at(DAY)) });
        const late = await store.save(key("a"), version, record("late"), at(0));
        expect(late).toMatchObject({ outcome: "conflict", current: { data: record("theirs").data } });
        expect(text(await store.load(key("a"), at(DAY - 1)))).toBe("theirs");
        expect(await store.load(key("a"), at(DAY))).toBeUndefined();
        saved(await store.save(key("a"), Buffer.from("theirs"), record("merged", 1000), at(0)));
        expect(await python.ask("retrieve", { ...name, now: naive(at(999)) })).not.toBeNull();
        expect(await python.ask("retrieve", { ...name, now: naive(at(1000)) })).toBeNull();
        expect(await store.create(key("a"), record("new"))).toBeDefined();
      });
    });
  });
});

/** The process of the server that waits for a lock. */
async function untilSomeoneWaits(pool: Pool): Promise<number> {
  for (;;) {
    const { rows } = await pool.query("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    if (rows.length > 0) return rows[0].pid;
    await delay(5);
  }
}
