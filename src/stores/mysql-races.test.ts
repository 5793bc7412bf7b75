import { setTimeout as delay } from "node:timers/promises";
import { createPool, type Pool } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import { startProxy } from "../../test/support/chaos-proxy.ts";
import { MysqlServer } from "../../test/support/mysql-server.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { cleanTogether } from "../../test/stores/cleaning.ts";
import { MysqlStores, watched } from "../../test/stores/mysql-stores.ts";
import type { SaveResult, SessionKey, SessionRecord } from "../session/store.ts";
import { MysqlStore } from "./mysql.ts";

const long = process.env["HIPFLASK_LONG"] === "1";
const NOW = new Date("2031-05-06T07:08:09.123Z");
const LATER = new Date("2031-05-07T00:00:00.001Z");
const VISITOR = key("visitor");
const OWNER = "owner".padEnd(22, "0");

function key(name: string, owner?: string): SessionKey {
  return { id: name.padEnd(43, "0"), owner };
}

function record(text: string): SessionRecord {
  return { data: new TextEncoder().encode(text), expires: LATER };
}

function saved(result: SaveResult): string {
  if (result.outcome !== "saved") throw new Error(result.outcome);
  return result.version as string;
}

/** Something to wait for. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describeWith("mysql", "MysqlStore", () => {
  const stores = new MysqlStores();

  describe("against a write that is not committed yet", () => {
    /** What `late` comes to, when it waits for `early`, which another connection does in a transaction that then ends. */
    async function behind<T>(
      table: string,
      early: (store: MysqlStore) => Promise<unknown>,
      late: (store: MysqlStore) => Promise<T>,
      end: "COMMIT" | "ROLLBACK" = "COMMIT",
    ): Promise<T> {
      const { store } = await stores.open(table);
      const other = await stores.begin(table);
      await early(other.store);
      const result = late(store);
      await stores.untilSomeoneWaits();
      await other.end(end);
      return result;
    }

    for (const [method, write] of [
      ["save", (store: MysqlStore, version: string) => store.save(VISITOR, version, record("late"), NOW)],
      [
        "replace",
        (store: MysqlStore, version: string) =>
          store.replace(VISITOR, version, record("retired"), key("next"), record("late"), NOW),
      ],
    ] as const) {
      /** The version of a record on a table of its own. */
      const prepare = async (table: string) => {
        const { store } = await stores.open(table);
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
          (other) => other.touch(VISITOR, version, new Date(LATER.getTime() + 1), NOW),
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

    test("delete gives the record as it was in that moment", async () => {
      const { store } = await stores.open("deleted");
      const version = (await store.create(VISITOR, record("first"), NOW))!;
      const expires = new Date(LATER.getTime() + 1);
      const deleted = await behind(
        "deleted",
        (other) => other.touch(VISITOR, version, expires, NOW),
        (late) => late.delete(VISITOR),
      );
      expect(deleted).toEqual({ ...record("first"), version, expires, seen: NOW });
      expect(await store.delete(VISITOR)).toBeUndefined();
    });

    test("deleteExpired leaves a record alone that somebody is writing", async () => {
      const { store } = await stores.open("written");
      const version = (await store.create(VISITOR, record("first"), NOW))!;
      await store.create(key("b"), record("b"), NOW);
      // Another process's clock is a little behind.
      const kept = { data: new Uint8Array(), expires: new Date(LATER.getTime() + 1000) };
      const ended = await behind(
        "written",
        (other) => other.save(VISITOR, version, kept, NOW),
        (late) => late.deleteExpired(10, LATER),
      );
      expect(ended).toBe(1);
      expect(await store.load(VISITOR, NOW)).toMatchObject(kept);
    });
  });

  /** How a program may have set up its connections. */
  const LEVELS = ["REPEATABLE READ", "READ COMMITTED"];
  const REVOCATIONS = [
    ["deleteOwned", (store: MysqlStore) => store.deleteOwned(OWNER, [])],
    ["deleteAll", (store: MysqlStore) => store.deleteAll()],
  ] as const;

  describe.each(LEVELS)("at the isolation level %s", (level) => {
    const name = level.replace(" ", "_").toLowerCase();

    async function open(table: string): Promise<{ store: MysqlStore; pool: Pool }> {
      const pool = stores.connect({ connectionLimit: 20 });
      pool.on("connection", (connection) => {
        void connection.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
      });
      const store = new MysqlStore(pool, { table });
      await store.setup();
      return { store, pool };
    }

    for (const [method, revoke] of REVOCATIONS) {
      // Before and after the old record, in the order in which the server looks at them.
      for (const next of [key("a", OWNER), key("z", OWNER)]) {
        for (const step of ["INSERT", "COMMIT"]) {
          test(`${method} ends the record ${next.id[0]} that a replace makes, which is about to ${step}`, async () => {
            const table = `${method}_${next.id[0]}_${step}_${name}`.toLowerCase();
            const { store, pool } = await open(table);
            const old = key("m", OWNER);
            const version = (await store.create(old, record("first"), NOW))!;
            await store.create(key("n", OWNER), record("other"), NOW);
            const [reached, go] = [gate(), gate()];
            const held = watched(pool, async ({ sql }, send) => {
              if (sql.startsWith(step)) {
                reached.open();
                await go.opened;
              }
              return send();
            });
            const [retired, made] = [record("retired"), record("next")];
            const login = new MysqlStore(held, { table, timeout: 10 });
            const replaced = login.replace(old, version, retired, next, made, NOW);
            await reached.opened;
            const revoked = revoke(new MysqlStore(pool, { table, timeout: 10 }));
            await stores.untilSomeoneWaits();
            go.open();
            expect(["saved", "gone"]).toContain((await replaced).outcome);
            expect(await revoked).toBeGreaterThanOrEqual(2);
            expect(await store.listOwned(OWNER, NOW)).toEqual([]);
          });
        }
      }
    }

    test("deleteOwned among 50 parallel logins ends what logged in before, with all that comes of it", async () => {
      const { store } = await open(`logins_${name}`);
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
  });

  test("100 parallel writers of one record get their turn one after the other", async () => {
    const { store } = await stores.open("turns", { connectionLimit: 20 });
    await store.create(VISITOR, record("0"), NOW);
    await Promise.all(
      Array.from({ length: 100 }, async () => {
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
    expect(await store.load(VISITOR, NOW)).toMatchObject(record("100"));
  });

  test("logins go on while deleteAll ends thousands of records, and all that were there are ended", async () => {
    const { store, pool } = await stores.open("many");
    await pool.query(
      `INSERT INTO many SELECT RPAD(seq, 43, '_'), NULL, 'version-0000', REPEAT('x', 300), ${LATER.getTime()}, 0 FROM seq_1_to_20000`,
    );
    const done = new AbortController();
    const ending = store.deleteAll().finally(() => done.abort());
    let longest = 0;
    for (let index = 0; !done.signal.aborted; index++) {
      const start = performance.now();
      await store.create(key(`during-${index}-`), record("during"), NOW);
      longest = Math.max(longest, performance.now() - start);
    }
    expect(await ending).toBeGreaterThanOrEqual(20_000);
    await store.create(key("after"), record("after"), NOW);
    expect(longest).toBeLessThan(500);
    const [[left]] = (await pool.query("SELECT COUNT(*) AS old FROM many WHERE seen = 0")) as never as [
      [unknown],
    ];
    expect(left).toEqual({ old: 0 });
    expect(await store.load(key("after"), NOW)).toBeDefined();
  });

  describe("deleteExpired", () => {
    /** A store whose cleaner stops before it gives the lock back. */
    async function stopped(table: string) {
      const { store, pool } = await stores.open(table, { connectionLimit: 2 });
      for (const name of ["a", "b", "c"]) await store.create(key(name), record(name), NOW);
      const [reached, go] = [gate(), gate()];
      const slow = watched(pool, async ({ sql }, send) => {
        if (sql.startsWith("DO")) {
          reached.open();
          await go.opened;
        }
        return send();
      });
      const cleaning = new MysqlStore(slow, { table }).deleteExpired(1, LATER);
      await reached.opened;
      return { cleaning, go: () => go.open() };
    }

    test("does nothing, and waits for nobody, while another one cleans", async () => {
      const { cleaning, go } = await stopped("cleaner");
      const { store } = await stores.open("cleaner");
      expect(await store.deleteExpired(10, LATER)).toBe(0);
      expect(await (await stores.open("cleaner_2")).store.deleteExpired(10, LATER)).toBe(0);
      go();
      expect(await cleaning).toBe(1);
      expect(await store.deleteExpired(10, LATER)).toBe(2);
    });

    test("is not held up by a cleaner whose connection is gone", async () => {
      const { cleaning, go } = await stopped("orphan");
      const { store } = await stores.open("orphan");
      const admin = await stores.admin();
      const [rows] = await admin.query("SELECT IS_USED_LOCK(CONCAT('hipflask:', SHA1('test.orphan'))) AS id");
      await admin.query(`KILL ${(rows as { id: number }[])[0]!.id}`);
      go();
      await expect(cleaning).rejects.toBeInstanceOf(Error);
      // The server may need a moment to see to it.
      await expect.poll(() => store.deleteExpired(10, LATER), { timeout: 5000 }).toBe(2);
    });

    test(`lets requests go on while eight processes clean ${long ? "1,000,000" : "20,000"} records`, async () => {
      const pool = stores.connect();
      const fill = (expired: number) =>
        pool.query(
          `INSERT INTO hipflask_sessions SELECT LPAD(seq, 43, '0'), NULL, 'version-0000', REPEAT('x', 200),
            ${Date.now() - 24 * 60 * 60 * 1000} + seq, 0 FROM seq_1_to_${expired}`,
        );
      const cleaning = { kind: "mysql", place: stores.server.url, store: new MysqlStore(pool), fill };
      await cleanTogether(cleaning, long ? 1_000_000 : 20_000);
    }, 600_000);
  });

  describe("when something goes wrong", () => {
    test("a connection that is cut in the middle of a call is that call's error, and the next call works", async () => {
      const { store } = await stores.open("cut");
      const version = (await store.create(VISITOR, record("first"), NOW))!;
      const other = await stores.begin("cut");
      await other.store.touch(VISITOR, version, new Date(LATER.getTime() + 1), NOW);
      const result = store.save(VISITOR, version, record("late"), NOW);
      result.catch(() => undefined);
      await (await stores.admin()).query(`KILL ${await stores.untilSomeoneWaits()}`);
      await expect(result).rejects.toMatchObject({ code: expect.any(String) });
      await other.end("COMMIT");
      expect(await store.load(VISITOR, NOW)).toMatchObject({ version, data: record("first").data });
      expect(await store.save(VISITOR, version, record("second"), NOW)).toMatchObject({ outcome: "saved" });
    });

    for (const [method, write] of [
      ["save", (store: MysqlStore, version: string) => store.save(VISITOR, version, record("late"), NOW)],
      [
        "replace",
        (store: MysqlStore, version: string) =>
          store.replace(VISITOR, version, record("retired"), key("next"), record("late"), NOW),
      ],
    ] as const) {
      test(`${method} does nothing when the server says that it waited too long`, async () => {
        const table = `${method}_waited`;
        const { store } = await stores.open(table);
        const pool = stores.connect();
        pool.on("connection", (connection) => {
          void connection.query("SET SESSION innodb_lock_wait_timeout = 1");
        });
        const version = (await store.create(VISITOR, record("first"), NOW)) as string;
        const other = await stores.begin(table);
        // A replace is stopped at its second step.
        if (method === "save") await other.store.touch(VISITOR, version, new Date(LATER.getTime() + 1), NOW);
        else await other.store.create(key("next"), record("early"), NOW);
        const late = write(new MysqlStore(pool, { table, timeout: 10 }), version);
        await expect(late).rejects.toMatchObject({ code: "ER_LOCK_WAIT_TIMEOUT" });
        await other.end("ROLLBACK");
        expect(await store.load(VISITOR, NOW)).toMatchObject({ version, ...record("first") });
        expect(await write(store, version)).toMatchObject({ outcome: "saved" });
      });

      test(`${method} gives up a server that does not answer, and what it left behind is undone`, async () => {
        const table = `${method}_given_up_on`;
        const { pool, store } = await stores.open(table, { connectionLimit: 1 });
        const version = (await store.create(VISITOR, record("first"), NOW)) as string;
        const impatient = new MysqlStore(pool, { table, timeout: 0.3 });
        stores.server.freeze();
        try {
          const start = performance.now();
          const late = write(impatient, version);
          await expect(late).rejects.toMatchObject({ code: "PROTOCOL_SEQUENCE_TIMEOUT" });
          expect(performance.now() - start).toBeLessThan(1000);
        } finally {
          stores.server.thaw();
        }
        // The pool's one place is free for a connection that works.
        const { outcome } = await write(impatient, version);
        expect(["saved", "conflict"]).toContain(outcome);
      });
    }

    test("an answer that is lost is an error, and the record shows what was done", async () => {
      const proxy = await startProxy(stores.server.port, { seed: 1 });
      const uri = stores.server.url.replace(String(stores.server.port), String(proxy.port));
      const { store } = await stores.open("lost", { uri, connectionLimit: 1 });
      try {
        const version = (await store.create(VISITOR, record("first"), NOW))!;
        proxy.delay(300);
        const late = store.save(VISITOR, version, record("second"), NOW);
        late.catch(() => undefined);
        // It has arrived, and its answer is on its way.
        await delay(450);
        proxy.cut();
        await expect(late).rejects.toMatchObject({ code: expect.any(String) });
        await proxy.pass();
        expect(await store.load(VISITOR, NOW)).toMatchObject(record("second"));
        const again = await store.save(VISITOR, version, record("second"), NOW);
        expect(again).toMatchObject({ outcome: "conflict", current: record("second") });
      } finally {
        await proxy.close();
      }
    });

    test("a server that lets nobody write is asked on new connections, which may lead to another one", async () => {
      const { store, pool } = await stores.open("read_only", { connectionLimit: 1 });
      const version = (await store.create(VISITOR, record("first"), NOW))!;
      const threads = new Set<number>();
      pool.on("connection", ({ threadId }) => threads.add(threadId));
      const admin = await stores.admin();
      await admin.query("SET GLOBAL read_only = 1");
      try {
        for (let tries = 0; tries < 2; tries++) {
          const refused = store.save(VISITOR, version, record("second"), NOW);
          await expect(refused).rejects.toMatchObject({ code: "ER_OPTION_PREVENTS_STATEMENT" });
        }
        expect(threads.size).toBe(1);
        expect(await store.load(VISITOR, NOW)).toMatchObject(record("first"));
      } finally {
        await admin.query("SET GLOBAL read_only = 0");
      }
      expect(await store.save(VISITOR, version, record("second"), NOW)).toMatchObject({ outcome: "saved" });
    });

    test("where there is no room for it nothing is written, not even half of it", async () => {
      const full = await MysqlServer.start({
        args: ["--innodb-data-file-path=ibdata1:12M:autoextend:max:32M"],
      });
      const pool = createPool(full.url);
      try {
        const store = new MysqlStore(pool, { timeout: 10 });
        await store.setup();
        const version = (await store.create(VISITOR, record("first"), NOW))!;
        const large = { data: new Uint8Array(2 ** 20), expires: LATER };
        const fill = async () => {
          for (let index = 0; ; index++) await store.create(key(`full-${index}-`), large, NOW);
        };
        await expect(fill()).rejects.toMatchObject({ code: "ER_RECORD_FILE_FULL" });
        const refused = [
          () => store.save(VISITOR, version, large, NOW),
          () => store.replace(VISITOR, version, large, key("next"), record("next"), NOW),
          () => store.replace(VISITOR, version, record("retired"), key("next"), large, NOW),
        ];
        for (const write of refused) {
          await expect(write()).rejects.toMatchObject({ code: "ER_RECORD_FILE_FULL" });
        }
        expect(await store.load(VISITOR, NOW)).toMatchObject({ version, ...record("first") });
        expect(await store.load(key("next"), NOW)).toBeUndefined();
      } finally {
        await pool.end();
        await full.close();
      }
    });

    test("what was acknowledged is there after the server was killed", async () => {
      const durable = await MysqlServer.start({ durable: true });
      const pool = createPool({ uri: durable.url, connectionLimit: 4 });
      try {
        const store = new MysqlStore(pool);
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
        await pool.end();
        await durable.close();
      }
    });
  });
});
