import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Client, Pool, type PoolConfig, types } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { PostgresServer } from "../../test/support/postgres-server.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { cleanTogether } from "../../test/stores/cleaning.ts";
import { ConfigError } from "../errors.ts";
import type { SaveResult, SessionKey, SessionRecord } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import { PostgresStore } from "./postgres.ts";

const long = process.env["HIPFLASK_LONG"] === "1";
const NOW = new Date("2031-05-06T07:08:09.123Z");
const LATER = new Date("2031-05-07T00:00:00.001Z");
const VISITOR = key("visitor");
const OWNER = "owner".padEnd(22, "0");

/** What a program may have parse numeric, bigint, timestamptz, integer, boolean, uuid and bytea. */
const CHOSEN: Record<number, (text: string) => unknown> = {
  23: BigInt,
  16: (text) => text,
  2950: (text) => ({ text }),
  1700: Number,
  20: BigInt,
  1184: () => "a date of another kind",
  17: (text) => text,
};

function key(name: string, owner?: string): SessionKey {
  return { id: name.padEnd(43, "0"), owner };
}

function record(text: string): SessionRecord {
  return { data: new TextEncoder().encode(text), expires: LATER };
}

describe("PostgresStore without a server", () => {
  test("refuses what is no pool", () => {
    for (const pool of [undefined, null, "postgres://127.0.0.1", {}]) {
      expect(() => new PostgresStore(pool as never)).toThrow(ConfigError);
    }
  });

  test("refuses names of tables that are no plain identifiers", () => {
    const pool = { query: async () => ({ rows: [] }) };
    for (const table of [
      "",
      "a b",
      'a"b',
      "a;b",
      "1a",
      "a.b.c",
      ".a",
      "a.",
      "é",
      "a-b",
      "a\0",
      "x".repeat(51),
    ]) {
      expect(() => new PostgresStore(pool, { table })).toThrow(ConfigError);
      expect(() => PostgresStore.schema(table)).toThrow(ConfigError);
    }
  });
});

describeWith("postgres", "PostgresStore", () => {
  let server: PostgresServer;
  /** What a test has opened and will not use any more. */
  const opened: { end(): Promise<void> }[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

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

  /** A store on a table of its own, and the pool behind it. */
  async function open(table: string, config: PoolConfig = {}): Promise<{ store: PostgresStore; pool: Pool }> {
    const pool = connect(config);
    const store = new PostgresStore(pool, { table });
    await store.setup();
    return { store, pool };
  }

  /** A store on one connection, in a transaction that is open until `end`. */
  async function begin(table: string): Promise<{ store: PostgresStore; end(how: string): Promise<unknown> }> {
    const client = new Client(server.url);
    await client.connect();
    opened.push(client);
    await client.query("BEGIN");
    return { store: new PostgresStore(client, { table }), end: (how) => client.query(how) };
  }

  for (const prepare of long ? [false, true] : [false]) {
    describe(prepare ? "with prepared statements" : "as it is", () => {
      storeSuite({
        test,
        open: async (space) => {
          const pool = connect({ max: 5 });
          const table = `${space}_${prepare}`;
          return { store: new PostgresStore(pool, { table, prepare }), close: async () => undefined };
        },
        capabilities: { deleteExpired: true, owners: true, deleteAll: true, list: true },
      });
    });
  }

  describe("the table", () => {
    test("is made once by any number of processes that call setup together", async () => {
      const stores = Array.from(
        { length: 20 },
        () => new PostgresStore(connect({ max: 1 }), { table: "made" }),
      );
      await Promise.all(stores.map((store) => store.setup()));
      expect(await stores[0]!.create(VISITOR, record("kept"), NOW)).toBeDefined();
    });

    test("can be made by hand, for a role that may make none, in a schema and with capitals", async () => {
      const pool = connect();
      await pool.query(`CREATE SCHEMA "Web"; ${PostgresStore.schema("Web.Sessions")}
        CREATE ROLE app LOGIN; GRANT USAGE ON SCHEMA "Web" TO app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON "Web"."Sessions" TO app`);
      const app = connect({ connectionString: server.url.replace("test@", "app@") });
      const store = new PostgresStore(app, { table: "Web.Sessions" });
      await store.setup();
      const version = await store.create(key("a", OWNER), record("kept"), NOW);
      await store.save(key("a", OWNER), version!, record("saved"), NOW);
      expect(await store.deleteExpired(10, NOW)).toBe(0);
      expect(await store.deleteOwned(OWNER, [])).toBe(1);
      const { rows } = await pool.query(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'Web' ORDER BY 1",
      );
      expect(rows.map((row) => row.indexname)).toEqual([
        "Sessions_expires",
        "Sessions_owner",
        "Sessions_pkey",
      ]);
      await expect(new PostgresStore(app, { table: "Web.Other" }).setup()).rejects.toMatchObject({
        code: "42501",
      });
    });

    test("that is missing is the driver's error", async () => {
      const store = new PostgresStore(connect(), { table: "missing" });
      await expect(store.load(VISITOR, NOW)).rejects.toMatchObject({ code: "42P01" });
    });
  });

  test("the table may have any plain name, also one that SQL or the store uses itself", async () => {
    for (const table of ["select", "written", "next", "ended", "seen", "id", "_0"]) {
      const { store } = await open(table);
      const version = (await store.create(VISITOR, record("1"), NOW))!;
      expect(await store.save(VISITOR, version, record("2"), NOW)).toMatchObject({ outcome: "saved" });
      const second = (await store.load(VISITOR, NOW))!.version;
      const replaced = await store.replace(VISITOR, second, record("3"), key("b", OWNER), record("4"), NOW);
      expect(replaced).toMatchObject({ outcome: "saved" });
      expect(await store.deleteOwned(OWNER, [])).toBe(1);
      expect(await store.deleteExpired(10, LATER)).toBe(1);
      expect(await store.deleteAll()).toBe(0);
    }
  });

  test("statements are prepared once per connection where that is wanted, and not at all elsewhere", async () => {
    for (const prepare of [false, true]) {
      const { pool } = await open(`prepared_${prepare}`, { max: 1 });
      const store = new PostgresStore(pool, { table: `prepared_${prepare}`, prepare });
      for (const name of ["a", "b", "c"]) {
        const version = (await store.create(key(name, OWNER), record("1"), NOW))!;
        const [retired, next] = [record("retired"), key(`next-${name}`, OWNER)];
        const replaced = await store.replace(key(name, OWNER), version, retired, next, record("2"), NOW);
        expect(await store.load(next, NOW)).toMatchObject({ ...record("2"), version: saved(replaced) });
      }
      expect(await store.deleteOwned(OWNER, [key("a").id])).toBe(5);
      const { rows } = await pool.query("SELECT count(*)::int AS n FROM pg_prepared_statements");
      expect(rows).toEqual([{ n: prepare ? 4 : 0 }]);
    }
  });

  test.for([
    ["parsers", { types: { getTypeParser: (oid: number) => CHOSEN[oid] ?? types.getTypeParser(oid) } }],
    ["binary", { binary: true }],
  ] as const)(
    "types, time zones and formats that a program has chosen change nothing: %s",
    async ([kind, chosen]) => {
      const { store } = await open(`types_${kind}`, {
        options: "-c timezone=Asia/Kathmandu -c datestyle=German,DMY -c bytea_output=escape",
        ...(chosen as PoolConfig),
      });
      const data = Uint8Array.from({ length: 256 }, (_, index) => index);
      const version = await store.create(key("a", OWNER), { data, expires: LATER }, NOW);
      const stored = { version, data, expires: LATER, seen: NOW };
      expect(await store.load(key("a", OWNER), NOW)).toEqual(stored);
      expect(await store.listOwned(OWNER, NOW)).toEqual([{ ...stored, key: key("a", OWNER) }]);
      const saving = await store.save(key("a", OWNER), randomUUID(), record("lost"), NOW);
      expect(saving).toEqual({ outcome: "conflict", current: stored });
      expect(await store.delete(key("a", OWNER))).toEqual(stored);
      for (const name of ["a", "b", "c"]) await store.create(key(name, OWNER), record("1"), NOW);
      await store.setup();
      expect(await store.deleteOwned(OWNER, [key("a").id])).toBe(2);
      expect(await store.deleteExpired(10, new Date(+LATER + 1))).toBe(1);
      expect(await store.deleteAll()).toBe(0);
    },
  );

  test("each method is one query, whatever it comes to", async () => {
    const { pool } = await open("counted");
    let queries = 0;
    const store = new PostgresStore(
      {
        query(text, values) {
          queries += 1;
          return pool.query(text, values);
        },
      },
      { table: "counted" },
    );
    const one = async <T>(work: Promise<T>): Promise<T> => {
      const result = await work;
      expect(queries).toBe(1);
      queries = 0;
      return result;
    };
    const first = (await one(store.create(key("a", OWNER), record("1"), NOW)))!;
    await one(store.create(key("a", OWNER), record("again"), NOW));
    await one(store.load(key("a", OWNER), NOW));
    await one(store.load(VISITOR, NOW));
    const second = saved(await one(store.save(key("a", OWNER), first, record("2"), NOW)));
    expect(await one(store.save(key("a", OWNER), first, record("3"), NOW))).toMatchObject({
      outcome: "conflict",
    });
    expect(await one(store.save(VISITOR, first, record("3"), NOW))).toEqual({ outcome: "gone" });
    await one(store.touch(key("a", OWNER), second, LATER, NOW));
    await one(store.listOwned(OWNER, NOW));
    const retired = record("retired");
    for (const [version, outcome] of [
      [first, "conflict"],
      [second, "saved"],
    ] as const) {
      const replaced = store.replace(key("a", OWNER), version, retired, key("b", OWNER), record("4"), NOW);
      expect(await one(replaced)).toMatchObject({ outcome });
    }
    await one(store.delete(key("a", OWNER)));
    await one(store.deleteExpired(10, NOW));
    await one(store.deleteOwned(OWNER, []));
  });

  describe("deleteAll", () => {
    /** A table with more records than are ended at a time. */
    async function openFilled(table: string): Promise<{ store: PostgresStore; pool: Pool }> {
      const filled = await open(table);
      await filled.pool.query(`INSERT INTO ${table}
        SELECT 'm' || lpad(i::text, 42, '0'), NULL, gen_random_uuid(), '', now() + interval '90 years', now()
        FROM generate_series(1, 2500) AS i`);
      return filled;
    }

    test("ends a thousand records at a time, so no statement takes longer the more there are", async () => {
      const { store, pool } = await openFilled("many");
      await pool.query(`CREATE FUNCTION refuse_many() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF (SELECT count(*) FROM gone) > 1000 THEN RAISE 'canceling statement'; END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER refuse_many AFTER DELETE ON many REFERENCING OLD TABLE AS gone
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_many()`);
      expect(await store.deleteAll()).toBe(2500);
      expect(await store.list(undefined, 1, NOW)).toEqual({ records: [], next: undefined });
    });

    test("ends a session that gets a new ID between two statements, too", async () => {
      const { store, pool } = await openFilled("between");
      const old = key("z", OWNER);
      const version = (await store.create(old, record("first"), NOW))!;
      let replaced: SaveResult | undefined;
      const slow = {
        async query(text: string, values: unknown[]) {
          const answer = await pool.query(text, values);
          replaced ??= await store.replace(old, version, record("old"), key("a", OWNER), record("next"), NOW);
          return answer;
        },
      };
      const ended = await new PostgresStore(slow as never, { table: "between" }).deleteAll();
      expect(replaced).toMatchObject({ outcome: "saved" });
      expect(ended).toBe(2502);
      expect(await store.listOwned(OWNER, NOW)).toEqual([]);
    });
  });

  test("a key that is not new makes replace fail as a whole", async () => {
    const { store } = await open("taken");
    const version = (await store.create(VISITOR, record("first"), NOW))!;
    await store.create(key("b"), record("other"), NOW);
    const replaced = store.replace(VISITOR, version, record("retired"), key("b"), record("next"), NOW);
    await expect(replaced).rejects.toMatchObject({ code: "23505" });
    expect(await store.load(VISITOR, NOW)).toMatchObject(record("first"));
    expect(await store.load(key("b"), NOW)).toMatchObject(record("other"));
  });

  describe("against a write that is not committed yet", () => {
    /** What `late` comes to, when it waits for `early`, which another connection does in a transaction that then ends. */
    async function behind<T>(
      table: string,
      early: (store: PostgresStore) => Promise<unknown>,
      late: (store: PostgresStore) => Promise<T>,
      end: "COMMIT" | "ROLLBACK" = "COMMIT",
    ): Promise<T> {
      const { store, pool } = await open(table);
      const other = await begin(table);
      await early(other.store);
      const result = late(store);
      await untilSomeoneWaits(pool);
      await other.end(end);
      return result;
    }

    for (const [method, write] of [
      ["save", (store: PostgresStore, version: string) => store.save(VISITOR, version, record("late"), NOW)],
      [
        "replace",
        (store: PostgresStore, version: string) =>
          store.replace(VISITOR, version, record("retired"), key("next"), record("late"), NOW),
      ],
    ] as const) {
      /** A record with its version on a table of its own. */
      const prepare = async (table: string) => {
        const { store } = await open(table);
        return { store, version: (await store.create(VISITOR, record("first"), NOW)) as string };
      };

      test(`${method} gets the record that the other one saved`, async () => {
        const table = `${method}_saved`;
        const { store, version } = await prepare(table);
        const result = await behind(
          table,
          (other) => other.save(VISITOR, version, record("early"), NOW),
          (late) => write(late, version),
        );
        expect(result).toEqual({ outcome: "conflict", current: await store.load(VISITOR, NOW) });
        expect(await store.load(VISITOR, NOW)).toMatchObject(record("early"));
        expect(await store.delete(key("next"))).toBeUndefined();
      });

      test(`${method} finds the record gone that the other one deleted`, async () => {
        const table = `${method}_deleted`;
        const { store, version } = await prepare(table);
        const result = await behind(
          table,
          (other) => other.delete(VISITOR),
          (late) => write(late, version),
        );
        expect(result).toEqual({ outcome: "gone" });
        expect(await store.deleteAll()).toBe(0);
      });

      test(`${method} goes on where the other one only touched the record`, async () => {
        const table = `${method}_touched`;
        const { version } = await prepare(table);
        const result = await behind(
          table,
          (other) => other.touch(VISITOR, version, LATER, NOW),
          (late) => write(late, version),
        );
        expect(result).toMatchObject({ outcome: "saved" });
      });

      test(`${method} goes on where the other one gives up`, async () => {
        const table = `${method}_given_up`;
        const { version } = await prepare(table);
        const result = await behind(
          table,
          (other) => other.save(VISITOR, version, record("early"), NOW),
          (late) => write(late, version),
          "ROLLBACK",
        );
        expect(result).toMatchObject({ outcome: "saved" });
      });
    }

    for (const [method, end] of [
      ["deleteOwned", (store: PostgresStore) => store.deleteOwned(OWNER, [])],
      ["deleteAll", (store: PostgresStore) => store.deleteAll()],
    ] as const) {
      test(`${method} ends the record that a replace has just made too`, async () => {
        const table = `${method}_replaced`.toLowerCase();
        const { store } = await open(table);
        const version = (await store.create(key("a", OWNER), record("first"), NOW))!;
        await store.create(key("other", OWNER), record("other"), NOW);
        const ended = await behind(
          table,
          (other) =>
            other.replace(key("a", OWNER), version, record("retired"), key("b", OWNER), record("next"), NOW),
          end,
        );
        expect(ended).toBe(3);
        expect(await store.listOwned(OWNER, NOW)).toEqual([]);
      });

      test(`${method} ends it also where the retired record is deleted in between`, async () => {
        const table = `${method}_retired`.toLowerCase();
        const { store } = await open(table);
        const version = (await store.create(key("a", OWNER), record("first"), NOW))!;
        await behind(
          table,
          async (other) => {
            await other.replace(
              key("a", OWNER),
              version,
              record("retired"),
              key("b", OWNER),
              record("next"),
              NOW,
            );
            await other.delete(key("a", OWNER));
          },
          end,
        );
        expect(await store.listOwned(OWNER, NOW)).toEqual([]);
      });
    }

    test("deleteExpired does nothing, and waits for nobody, while another one cleans", async () => {
      const { store } = await open("cleaner");
      for (const name of ["a", "b", "c"]) await store.create(key(name), record(name), NOW);
      const other = await begin("cleaner");
      expect(await other.store.deleteExpired(1, LATER)).toBe(1);
      expect(await store.deleteExpired(10, LATER)).toBe(0);
      expect(await (await open("cleaner_2")).store.deleteExpired(10, LATER)).toBe(0);
      await other.end("COMMIT");
      expect(await store.deleteExpired(10, LATER)).toBe(2);
    });

    test("deleteExpired leaves a record alone that somebody is writing", async () => {
      const { store, pool } = await open("written");
      const version = (await store.create(VISITOR, record("first"), NOW))!;
      await store.create(key("b"), record("b"), NOW);
      const other = await begin("written");
      // Another process's clock is a little behind.
      const save = other.store.save(
        VISITOR,
        version,
        { data: new Uint8Array(), expires: new Date(LATER.getTime() + 1000) },
        NOW,
      );
      expect(await save).toMatchObject({ outcome: "saved" });
      expect(await store.deleteExpired(10, LATER)).toBe(1);
      await other.end("COMMIT");
      expect((await pool.query("SELECT count(*)::int AS n FROM written")).rows).toEqual([{ n: 1 }]);
    });
  });

  test("200 parallel writers of one record get their turn one after the other", async () => {
    const { store } = await open("turns", { max: 20 });
    await store.create(VISITOR, record("0"), NOW);
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        let current = (await store.load(VISITOR, NOW))!;
        for (;;) {
          const count = Number(new TextDecoder().decode(current.data)) + 1;
          const result = await store.save(VISITOR, current.version, record(String(count)), NOW);
          if (result.outcome === "saved") return;
          if (result.outcome === "gone") throw new Error("The record is gone.");
          expect(result.current.version).not.toBe(current.version);
          current = result.current;
        }
      }),
    );
    expect(await store.load(VISITOR, NOW)).toMatchObject(record("200"));
  });

  test("deleteOwned among 50 parallel logins ends what logged in before, with all that comes of it", async () => {
    const { store } = await open("logins", { max: 20 });
    const first = (index: number) => key(`first-${index}-`, OWNER);
    const second = (index: number) => key(`second-${index}-`, OWNER);
    const answered: number[] = [];
    const login = async (index: number): Promise<void> => {
      const visitor = key(`visitor-${index}-`);
      const version = (await store.create(visitor, record("cart"), NOW))!;
      const replaced = await store.replace(visitor, version, record("old"), first(index), record("1"), NOW);
      answered.push(index);
      // A second factor gives a new ID at once.
      await store.replace(first(index), saved(replaced), record("old"), second(index), record("2"), NOW);
    };
    const logins = Promise.all(Array.from({ length: 50 }, (_, index) => login(index)));
    while (answered.length < 20) await delay(1);
    const before = [...answered];
    await store.deleteOwned(OWNER, []);
    await logins;
    await store.create(key("after", OWNER), record("after"), NOW);
    const left = (await store.listOwned(OWNER, NOW)).map((one) => one.key.id);
    expect(
      before.flatMap((index) => [first(index).id, second(index).id]).filter((id) => left.includes(id)),
    ).toEqual([]);
    expect(left).toContain(key("after").id);
  });

  test("a connection that is cut in the middle of a call is that call's error, and the next call works", async () => {
    const { store, pool } = await open("cut");
    const version = (await store.create(VISITOR, record("first"), NOW))!;
    const other = await begin("cut");
    await other.store.touch(VISITOR, version, LATER, NOW);
    const result = store.save(VISITOR, version, record("late"), NOW);
    result.catch(() => undefined);
    const pid = await untilSomeoneWaits(pool);
    await pool.query("SELECT pg_terminate_backend($1)", [pid]);
    await expect(result).rejects.toMatchObject({ code: "57P01" });
    await other.end("COMMIT");
    expect(await store.load(VISITOR, NOW)).toMatchObject({ version, ...record("first") });
    expect(await store.save(VISITOR, version, record("second"), NOW)).toMatchObject({ outcome: "saved" });
  });

  test("what was acknowledged is there after the server was killed", async () => {
    const durable = await PostgresServer.start({ durable: true });
    try {
      const pool = connect({ connectionString: durable.url, max: 4 });
      const store = new PostgresStore(pool);
      await store.setup();
      const acknowledged: string[] = [];
      const writing = Promise.allSettled(
        Array.from({ length: 4 }, async (_, writer) => {
          for (let index = 0; ; index++) {
            await store.create(key(`${writer}-${index}`), record("kept"), NOW);
            acknowledged.push(key(`${writer}-${index}`).id);
          }
        }),
      );
      while (acknowledged.length < 100) await delay(1);
      await durable.kill();
      await writing;
      await expect(store.load(VISITOR, NOW)).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await durable.start();
      const kept = await Promise.all(acknowledged.map((id) => store.load({ id, owner: undefined }, NOW)));
      expect(kept.filter((one) => one === undefined)).toEqual([]);
    } finally {
      await durable.close();
    }
  });

  test(`eight processes that clean ${long ? "1,000,000" : "20,000"} records at once let requests go on`, async () => {
    const pool = connect();
    const store = new PostgresStore(pool);
    const fill = (expired: number) =>
      pool.query(
        `INSERT INTO hipflask_sessions
          SELECT lpad(i::text, 43, '0'), NULL, gen_random_uuid(), decode(repeat('00', 200), 'hex'),
            now() - interval '1 day' + i * interval '1 millisecond', now() - interval '2 days'
          FROM generate_series(1, $1) AS i`,
        [expired],
      );
    await cleanTogether({ kind: "postgres", place: server.url, store, fill }, long ? 1_000_000 : 20_000);
  }, 600_000);
});

/** The process of the server that waits for a lock. */
async function untilSomeoneWaits(pool: Pool): Promise<number> {
  for (;;) {
    const { rows } = await pool.query("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    if (rows.length > 0) return rows[0].pid;
    await delay(5);
  }
}

function saved(result: SaveResult): string {
  if (result.outcome !== "saved") throw new Error(result.outcome);
  return result.version as string;
}
