import { createPool as createCallbackPool } from "mysql2";
import type { PoolOptions } from "mysql2/promise";
import { describe, expect, test } from "vitest";
import { describeWith } from "../../test/support/provisioned.ts";
import { MysqlStores, watched } from "../../test/stores/mysql-stores.ts";
import { ConfigError, TooLargeError } from "../errors.ts";
import type { SessionKey, SessionRecord, StoredRecord } from "../session/store.ts";
import { storeSuite } from "../testing/index.ts";
import { MysqlStore } from "./mysql.ts";

const NOW = new Date("2031-05-06T07:08:09.123Z");
const LATER = new Date("2031-05-07T00:00:00.001Z");
const VISITOR = key("visitor");
const OWNER = "owner".padEnd(22, "0");

const CAPABILITIES = { deleteExpired: true, owners: true, deleteAll: true, list: true };

function key(name: string, owner?: string): SessionKey {
  return { id: name.padEnd(43, "0"), owner };
}

function record(content: string | Uint8Array): SessionRecord {
  return { data: typeof content === "string" ? new TextEncoder().encode(content) : content, expires: LATER };
}

/** What may come where a key should. */
const NO_TEXT: unknown[] = [
  undefined,
  null,
  0,
  1e43,
  true,
  {},
  { $ne: "" },
  { toString: () => VISITOR.id },
  [VISITOR.id],
];
/** What may come in a key, if somebody lets it. */
const INJECTED = [
  "",
  "'",
  "' OR '1'='1",
  "'; DROP TABLE hostile; -- ",
  "\\' OR 1=1 -- ",
  "%",
  "a\0b",
  "a\r\nb",
  "a b",
  "a:b",
  "*",
  "../../etc/passwd",
  "__proto__",
  "\u00bf\u0027 OR 1=1 -- ",
  "\ud800",
  "é",
  "x".repeat(44),
];

describe("MysqlStore without a server", () => {
  const nobody = {
    getConnection: () => Promise.reject(new Error("Nobody should have asked for a connection.")),
  };

  test("refuses what is no pool", () => {
    for (const pool of [undefined, null, "mysql://127.0.0.1", {}, { promise: () => ({}) }]) {
      expect(() => new MysqlStore(pool as never)).toThrow(ConfigError);
    }
  });

  test("refuses names of tables that are no plain identifiers", () => {
    for (const table of [
      "",
      "a b",
      "a`b",
      "a;b",
      "1a",
      "a.b.c",
      ".a",
      "a.",
      "é",
      "a-b",
      "a\0",
      "x".repeat(51),
      null as never,
      5 as never,
    ]) {
      expect(() => new MysqlStore(nobody, { table })).toThrow(ConfigError);
      expect(() => MysqlStore.schema(table)).toThrow(ConfigError);
    }
  });

  test("refuses a timeout that is none", () => {
    for (const timeout of [0, -1, Infinity, NaN, "2" as never]) {
      expect(() => new MysqlStore(nobody, { timeout })).toThrow(ConfigError);
    }
  });

  test("refuses a key that is not what keys are, and asks nobody", async () => {
    const store = new MysqlStore(nobody);
    const calls: ((broken: SessionKey) => Promise<unknown>)[] = [
      (broken) => store.create(broken, record(""), NOW),
      (broken) => store.load(broken, NOW),
      (broken) => store.save(broken, "version", record(""), NOW),
      (broken) => store.replace(broken, "version", record(""), VISITOR, record(""), NOW),
      (broken) => store.replace(VISITOR, "version", record(""), broken, record(""), NOW),
      (broken) => store.touch(broken, "version", LATER, NOW),
      (broken) => store.delete(broken),
    ];
    for (const call of calls) {
      for (const id of [...NO_TEXT, ...INJECTED, ...INJECTED.map((text) => text.padEnd(43, " "))]) {
        await expect(call({ id: id as never, owner: undefined })).rejects.toThrow(TypeError);
      }
      for (const owner of [...NO_TEXT.slice(1), ...INJECTED]) {
        await expect(call({ id: VISITOR.id, owner: owner as never })).rejects.toThrow(TypeError);
      }
    }
    for (const owner of [...NO_TEXT, ...INJECTED] as string[]) {
      await expect(store.listOwned(owner, NOW)).rejects.toThrow(TypeError);
      await expect(store.deleteOwned(owner, [])).rejects.toThrow(TypeError);
    }
    for (const id of [...NO_TEXT, ...INJECTED] as string[]) {
      await expect(store.deleteOwned(OWNER, [VISITOR.id, id])).rejects.toThrow(TypeError);
    }
  });
});

describeWith("mysql", "MysqlStore", () => {
  const stores = new MysqlStores();

  storeSuite({
    test,
    open: async (space) => {
      const pool = stores.connect({ connectionLimit: 5 });
      return { store: new MysqlStore(pool, { table: space }), close: async () => undefined };
    },
    capabilities: CAPABILITIES,
  });

  describe("the table", () => {
    test("is made once by any number of processes that call setup together", async () => {
      const all = Array.from(
        { length: 20 },
        () => new MysqlStore(stores.connect({ connectionLimit: 1 }), { table: "made" }),
      );
      await Promise.all(all.map((store) => store.setup()));
      expect(await all[0]!.create(VISITOR, record("kept"), NOW)).toBeDefined();
    });

    test("can be made by hand, for a user who may make none, in a database of another name", async () => {
      const admin = await stores.admin();
      await admin.query(`CREATE DATABASE Web; ${MysqlStore.schema("Web.Sessions")};
        CREATE USER web@'127.0.0.1'; GRANT SELECT, INSERT, UPDATE, DELETE ON Web.Sessions TO web@'127.0.0.1'`);
      const pool = stores.connect({
        uri: stores.server.url.replace("app:secret@", "web@").replace("/test", ""),
      });
      const store = new MysqlStore(pool, { table: "Web.Sessions" });
      await store.setup();
      const version = await store.create(key("a", OWNER), record("kept"), NOW);
      await store.save(key("a", OWNER), version!, record("saved"), NOW);
      expect(await store.deleteExpired(10, NOW)).toBe(0);
      expect(await store.deleteExpired(10, LATER)).toBe(1);
      expect(await store.deleteOwned(OWNER, [])).toBe(0);
      expect(await store.deleteAll()).toBe(0);
      await expect(new MysqlStore(pool, { table: "Web.Other" }).setup()).rejects.toMatchObject({
        code: "ER_TABLEACCESS_DENIED_ERROR",
      });
    });

    test("that is missing is the driver's error", async () => {
      const store = new MysqlStore(stores.connect(), { table: "missing" });
      await expect(store.load(VISITOR, NOW)).rejects.toMatchObject({ code: "ER_NO_SUCH_TABLE" });
    });

    test("may have any plain name, also one that SQL or the store uses itself", async () => {
      for (const table of ["select", "id", "owner", "version", "data", "by_owner", "hipflask", "_0"]) {
        const { store } = await stores.open(table);
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
  });

  test("ids and owners that a collation would take for the same are different ones", async () => {
    const { store } = await stores.open("collated");
    // Case, what numbers are read from, what a collation skips, and the ends, where texts are filled up or cut off.
    const names = [
      "AbC",
      "aBc",
      "abc",
      "ABC",
      "0",
      "00",
      "0e1",
      "1",
      "1e0",
      "_",
      "__",
      "-",
      "--",
      "a-b",
      "a_b",
      "ss",
      "SS",
    ];
    const keys = names.flatMap((name) => [
      { id: name.padEnd(43, "x"), owner: undefined },
      { id: name.padStart(43, "y"), owner: name.padEnd(22, "x") },
      { id: name.padStart(43, "z"), owner: name.padStart(22, "y") },
    ]);
    for (const [index, one] of keys.entries()) await store.create(one, record(String(index)), NOW);
    for (const [index, one] of keys.entries()) {
      expect(await store.load(one, NOW)).toMatchObject(record(String(index)));
      expect(await store.load({ id: one.id, owner: one.owner ? undefined : OWNER }, NOW)).toBeUndefined();
      if (one.owner === undefined) continue;
      expect((await store.listOwned(one.owner, NOW)).map((owned) => owned.key)).toEqual([one]);
    }
    for (const one of keys) if (one.owner) expect(await store.deleteOwned(one.owner, [])).toBe(1);
    expect(await store.deleteAll()).toBe(names.length);
  });

  test("a version that is somebody else's, or an injection, is not the record's", async () => {
    const { store } = await stores.open("hostile");
    const version = (await store.create(VISITOR, record("kept"), NOW))!;
    for (const other of [
      ...INJECTED,
      `${version} `,
      `${version}\0`,
      String(version).toLowerCase(),
      0,
      new Uint8Array(),
    ]) {
      if (other === version) continue;
      const result = await store.save(VISITOR, other, record("lost"), NOW);
      expect(result).toMatchObject({ outcome: "conflict", current: { version, ...record("kept") } });
      expect(await store.touch(VISITOR, other, LATER, NOW)).toBe(false);
    }
  });

  test("each method is as few statements as it can be", async () => {
    const { pool } = await stores.open("counted");
    let statements = 0;
    const counted = watched(pool, (_, send) => {
      statements += 1;
      return send();
    });
    const store = new MysqlStore(counted, { table: "counted" });
    const cost = async <T>(work: Promise<T>): Promise<[number, T]> => {
      statements = 0;
      const result = await work;
      return [statements, result];
    };
    const owned = key("a", OWNER);
    const [created, first] = await cost(store.create(owned, record("1"), NOW));
    const [saved] = await cost(store.save(owned, first!, record("2"), NOW));
    const [loaded, second] = await cost(store.load(owned, NOW));
    const [touched] = await cost(store.touch(owned, second!.version, new Date(LATER.getTime() + 1), NOW));
    expect([created, saved, loaded, touched]).toEqual([1, 1, 1, 1]);
    const [conflict] = await cost(store.save(owned, first!, record("3"), NOW));
    const [gone] = await cost(store.save(VISITOR, first!, record("3"), NOW));
    expect([conflict, gone]).toEqual([2, 2]);
    const login = store.replace(owned, second!.version, record("retired"), key("b", OWNER), record("4"), NOW);
    const [replaced] = await cost(login);
    const [deleted] = await cost(store.delete(owned));
    const [listed] = await cost(store.listOwned(OWNER, NOW));
    const [revoked] = await cost(store.deleteOwned(OWNER, []));
    const [cleaned] = await cost(store.deleteExpired(10, NOW));
    expect({ replaced, deleted, listed, revoked, cleaned }).toEqual({
      replaced: 4,
      deleted: 2,
      listed: 1,
      revoked: 2,
      cleaned: 3,
    });
  });

  test("a key that is not new makes replace fail as a whole", async () => {
    const { store } = await stores.open("taken");
    const version = (await store.create(VISITOR, record("first"), NOW))!;
    await store.create(key("b"), record("other"), NOW);
    const replaced = store.replace(VISITOR, version, record("retired"), key("b"), record("next"), NOW);
    await expect(replaced).rejects.toMatchObject({ code: "ER_DUP_ENTRY" });
    expect(await store.load(VISITOR, NOW)).toMatchObject(record("first"));
    expect(await store.load(key("b"), NOW)).toMatchObject(record("other"));
    expect(await store.save(VISITOR, version, record("second"), NOW)).toMatchObject({ outcome: "saved" });
  });

  test("takes a pool of callbacks too", async () => {
    const pool = createCallbackPool({ uri: stores.server.url });
    const store = new MysqlStore(pool, { table: "callbacks" });
    await store.setup();
    await store.create(VISITOR, record("kept"), NOW);
    expect(await store.load(VISITOR, NOW)).toMatchObject(record("kept"));
    await new Promise((resolve) => pool.end(resolve));
  });

  describe("a statement that is longer than the server takes", () => {
    test("is a TooLargeError, and one that is just as long as it may be is kept", async () => {
      const admin = await stores.admin();
      const [[before]] = (await admin.query("SELECT @@global.max_allowed_packet AS most")) as never as [
        [{ most: number }],
      ];
      await admin.query("SET GLOBAL max_allowed_packet = 2097152");
      try {
        const { store } = await stores.open("limited", { connectionLimit: 1 });
        const version = (await store.create(VISITOR, record("first"), NOW))!;
        const most = await largest((size) =>
          store.create(key(`create-${size}-`), record(new Uint8Array(size)), NOW),
        );
        expect(most).toBeGreaterThan(2 ** 20 - 300);
        // A save repeats the key and the version, so it may hold a little less.
        const data = Uint8Array.from({ length: most - 200 }, (_, index) => index);
        const saved = await store.save(VISITOR, version, record(data), NOW);
        expect(saved.outcome).toBe("saved");
        const current = (await store.load(VISITOR, NOW)) as StoredRecord;
        expect(Buffer.compare(current.data, data)).toBe(0);
        const more = record(new Uint8Array(2 ** 20));
        const refused = [
          store.save(VISITOR, current.version, more, NOW),
          store.replace(VISITOR, current.version, more, key("b"), record(""), NOW),
          store.replace(VISITOR, current.version, record(""), key("b"), more, NOW),
        ];
        for (const one of refused) {
          await expect(one).rejects.toThrow(TooLargeError);
          await expect(one).rejects.toMatchObject({ limit: 2_097_152, message: /max_allowed_packet/ });
        }
        expect((await store.load(VISITOR, NOW))!.version).toBe(current.version);
        expect(await store.load(key("b"), NOW)).toBeUndefined();
      } finally {
        await admin.query(`SET GLOBAL max_allowed_packet = ${before.most}`);
      }
    });

    test("may be as long as several packets of the protocol", async () => {
      const admin = await stores.admin();
      await admin.query("SET GLOBAL max_allowed_packet = 67108864");
      const { store } = await stores.open("long", { connectionLimit: 1 });
      const data = Uint8Array.from({ length: 12 * 2 ** 20 }, (_, index) => index * 7);
      await store.create(VISITOR, record(data), NOW);
      const loaded = (await store.load(VISITOR, NOW))!;
      expect(Buffer.compare(loaded.data, data)).toBe(0);
      await admin.query("SET GLOBAL max_allowed_packet = 16777216");
    });
  });
});

describeWith("mysql", "MysqlStore on a server and connections that somebody else has set up", () => {
  // Nothing is cut off or rounded where a server is not strict, and nothing read in a way that a program has chosen.
  const stores = new MysqlStores([
    "--sql-mode=ORACLE,EMPTY_STRING_IS_NULL,NO_BACKSLASH_ESCAPES,ANSI",
    "--transaction-isolation=READ-COMMITTED",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--default-time-zone=+05:45",
    "--init-connect=SET sql_safe_updates = 1",
  ]);
  const options: PoolOptions = {
    flags: ["-FOUND_ROWS"],
    charset: "latin1",
    timezone: "-03:00",
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    namedPlaceholders: true,
    rowsAsArray: true,
    nestTables: "_",
    typeCast: (field) => field.string(),
    queryFormat: (sql) => sql.replaceAll("?", "'?'"),
    multipleStatements: true,
  };

  storeSuite({
    test,
    open: async (space) => {
      const pool = stores.connect({ connectionLimit: 5, ...options });
      return { store: new MysqlStore(pool, { table: space }), close: async () => undefined };
    },
    capabilities: CAPABILITIES,
  });

  test("a touch that changes nothing is one all the same", async () => {
    const { store } = await stores.open("touched", options);
    const version = (await store.create(VISITOR, record("kept"), NOW))!;
    expect(await store.touch(VISITOR, version, LATER, NOW)).toBe(true);
    expect(await store.touch(VISITOR, "another", LATER, NOW)).toBe(false);
    expect(await store.touch(VISITOR, version, LATER, LATER)).toBe(false);
    expect(await store.touch(VISITOR, version, new Date(LATER.getTime() + 1), NOW)).toBe(true);
  });

  test("a connection that does not commit by itself is refused, and nothing is done", async () => {
    const { store } = await stores.open("uncommitted", options);
    const version = (await store.create(VISITOR, record("kept"), NOW))!;
    const admin = await stores.admin();
    await admin.query("SET GLOBAL autocommit = 0");
    try {
      const other = new MysqlStore(stores.connect(), { table: "uncommitted" });
      await expect(other.save(VISITOR, version, record("lost"), NOW)).rejects.toThrow(ConfigError);
      await expect(other.create(key("b"), record("lost"), NOW)).rejects.toThrow(ConfigError);
    } finally {
      await admin.query("SET GLOBAL autocommit = 1");
    }
    expect(await store.save(VISITOR, version, record("second"), NOW)).toMatchObject({ outcome: "saved" });
    expect(await store.load(key("b"), NOW)).toBeUndefined();
  });

  test("nor is anything read on one, which would show for ever what it saw first", async () => {
    const { store } = await stores.open("unrenewed", options);
    await store.create(key("a", OWNER), record("kept"), NOW);
    const admin = await stores.admin();
    await admin.query("SET GLOBAL autocommit = 0");
    try {
      const other = new MysqlStore(stores.connect(), { table: "unrenewed" });
      await expect(other.setup()).rejects.toThrow(ConfigError);
      await expect(other.load(key("a", OWNER), NOW)).rejects.toThrow(ConfigError);
      await expect(other.list(undefined, 10, NOW)).rejects.toThrow(ConfigError);
      await expect(other.listOwned(OWNER, NOW)).rejects.toThrow(ConfigError);
      await expect(other.delete(key("a", OWNER))).rejects.toThrow(ConfigError);
      await expect(other.deleteExpired(10, LATER)).rejects.toThrow(ConfigError);
    } finally {
      await admin.query("SET GLOBAL autocommit = 1");
    }
    expect(await store.load(key("a", OWNER), NOW)).toMatchObject(record("kept"));
  });
});

/** How many bytes `keep` takes, so that it would refuse one more. */
async function largest(keep: (size: number) => Promise<unknown>): Promise<number> {
  let [kept, refused] = [0, 2 ** 20];
  while (refused - kept > 1) {
    const size = Math.floor((kept + refused) / 2);
    try {
      await keep(size);
      kept = size;
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error;
      refused = size;
    }
  }
  return kept;
}
