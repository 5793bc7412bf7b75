import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { describe, expect, test } from "vitest";
import { KEY, Visitor } from "../../test/support/visitor.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { ConfigError } from "../errors.ts";
import { createSessions, serverSide } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { acceptFlaskSession, type FlaskConfig, flaskConfig } from "./index.ts";

const folder = () => mkdtempSync(join(tmpdir(), "hipflask-flask-"));
const files = (): FlaskConfig => ({ SESSION_TYPE: "filesystem", SESSION_FILE_DIR: folder() });

/** A visitor of sessions with this configuration. */
function visitor(config: FlaskConfig) {
  return new Visitor(createSessions<Record<string, any>>(flaskConfig(config)), "http://localhost/");
}

describe("a configuration of Flask-Session that cannot be honoured is an error at once", () => {
  const refused: [string, FlaskConfig, string][] = [
    ["a type that there is not", { SESSION_TYPE: "mongo" as never }, "Known: null, redis"],
    [
      "a type that is a property of all objects",
      { SESSION_TYPE: "toString" as never },
      "SESSION_TYPE is not known",
    ],
    ["a cache of Python's", { SESSION_TYPE: "cachelib" }, "filesystem"],
    ["Redis without a client", { SESSION_TYPE: "redis" }, "SESSION_REDIS must be"],
    [
      "Redis by an address",
      { SESSION_TYPE: "redis", SESSION_REDIS: "redis://localhost" },
      "SESSION_REDIS must be",
    ],
    ["Redis by another object", { SESSION_TYPE: "redis", SESSION_REDIS: {} }, "FlaskRedisStore"],
    ["Memcached without a client", { SESSION_TYPE: "memcached" }, "SESSION_MEMCACHED must be"],
    ["MongoDB by something else", { SESSION_TYPE: "mongodb", SESSION_MONGODB: {} }, "a MongoClient"],
    ["SQL by something else", { SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: {} }, "a pool of pg"],
    ["DynamoDB without a client", { SESSION_TYPE: "dynamodb" }, "SESSION_DYNAMODB must be"],
    ["PostgreSQL without a pool", { SESSION_TYPE: "postgresql" }, "SESSION_POSTGRESQL must be"],
    [
      "a bind key of SQLAlchemy's",
      { SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: {}, SESSION_SQLALCHEMY_BIND_KEY: "other" },
      "SESSION_SQLALCHEMY_BIND_KEY",
    ],
    ["a signer without a key", { ...files(), SESSION_USE_SIGNER: true }, "SESSION_USE_SIGNER"],
    ["IDs that can be guessed", { ...files(), SESSION_ID_LENGTH: 8 }, "SESSION_ID_LENGTH"],
    [
      "an unknown format",
      { ...files(), SESSION_SERIALIZATION_FORMAT: "xml" as never },
      "SESSION_SERIALIZATION_FORMAT",
    ],
    ["a lifetime of nothing", { ...files(), PERMANENT_SESSION_LIFETIME: 0 }, "PERMANENT_SESSION_LIFETIME"],
    [
      "cleaning every half request",
      { ...files(), SESSION_CLEANUP_N_REQUESTS: 0.5 },
      "SESSION_CLEANUP_N_REQUESTS",
    ],
    ["a mode that its owner cannot use", { ...files(), SESSION_FILE_MODE: 0o077 }, "SESSION_FILE_MODE"],
    ["a negative threshold", { ...files(), SESSION_FILE_THRESHOLD: -1 }, "SESSION_FILE_THRESHOLD"],
    ["an unknown hash", { ...files(), SESSION_FILE_HASH: "sha1" as never }, "sha256"],
  ];

  test.each(refused)("%s", (_, config, text) => {
    expect(() => createSessions(flaskConfig(config))).toThrow(ConfigError);
    expect(() => createSessions(flaskConfig(config))).toThrow(text);
  });

  test("also where its sessions are to be taken over", () => {
    for (const [, config] of refused.filter(([name]) => !/guessed/.test(name)))
      expect(() => acceptFlaskSession(config)).toThrow(ConfigError);
    expect(() => acceptFlaskSession({})).toThrow("SESSION_TYPE");
  });
});

describe("Flask-Session's configuration", () => {
  test("needs no SECRET_KEY where IDs are not signed", async () => {
    const browser = visitor(files());
    await browser.visit(({ data }) => (data["a"] = 1));
    await browser.visit(({ data }) => expect(data["a"]).toBe(1));
  });

  test("signs IDs where it says so", async () => {
    const browser = visitor({ ...files(), SECRET_KEY: KEY, SESSION_USE_SIGNER: true });
    await browser.visit(({ data }) => (data["a"] = 1));
    expect(browser.cookie).toMatch(/^session=[\w-]{43}\.[\w-]{27}$/);
  });

  test("decides on the cookie, its name and its attributes", async () => {
    const browser = visitor({
      ...files(),
      SESSION_COOKIE_NAME: "sid",
      SESSION_COOKIE_SAMESITE: "Lax",
      SESSION_ID_LENGTH: 16,
      SESSION_PERMANENT: false,
    });
    const { setCookies } = await browser.visit(({ data }) => (data["a"] = 1));
    expect(setCookies).toEqual([expect.stringMatching(/^sid=[\w-]{22}; HttpOnly; Path=\/; SameSite=Lax$/)]);
  });

  test("makes its table before the first session, and tries again where that failed", async () => {
    const database = new Libsql(join(folder(), "app.db"));
    const exec = database.exec.bind(database);
    const browser = visitor({ SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: database });
    database.exec = () => {
      throw new Error("disk I/O error");
    };
    await expect(browser.visit(({ data }) => (data["a"] = 1))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    database.exec = exec;
    await browser.visit(({ data }) => (data["a"] = 1));
    await browser.visit(({ data }) => expect(data["a"]).toBe(1));
    expect(database.prepare("SELECT session_id FROM sessions").all()).toHaveLength(1);
  });

  test("removes what has ended once in SESSION_CLEANUP_N_REQUESTS", async () => {
    const database = new Libsql(join(folder(), "app.db"));
    const clock = new FakeClock();
    const config = flaskConfig({
      SESSION_TYPE: "sqlalchemy",
      SESSION_SQLALCHEMY: database,
      SESSION_CLEANUP_N_REQUESTS: 2,
      PERMANENT_SESSION_LIFETIME: 60,
    });
    const sessions = createSessions<Record<string, any>>({ ...config, clock });
    await new Visitor(sessions, "http://localhost/").visit(({ data }) => (data["a"] = 1));
    clock.move(61);
    const count = () => database.prepare("SELECT session_id FROM sessions").all().length;
    expect(count()).toBe(1);
    await new Visitor(sessions, "http://localhost/").visit(() => undefined);
    await expect.poll(count).toBe(0);
  });

  test("finds its pickles only where they are asked for", async () => {
    const database = new Libsql(join(folder(), "app.db"));
    const config: FlaskConfig = { SESSION_TYPE: "sqlalchemy", SESSION_SQLALCHEMY: database };
    const old = visitor({ ...config, SESSION_SERIALIZATION_FORMAT: "pickle" });
    await old.visit(({ data }) => (data["a"] = 1));
    for (const [SESSION_READ_PICKLE, expected] of [
      [false, undefined],
      [true, 1],
    ] as const) {
      const browser = visitor({ ...config, SESSION_READ_PICKLE });
      await browser.exchange(({ jar }) => jar.set("session", old.cookie.slice("session=".length)));
      await browser.visit(({ data }) => expect(data["a"]).toBe(expected));
    }
  });

  test("gives up its sessions to us, and takes none", async () => {
    const config = { ...files(), SECRET_KEY: KEY, SESSION_USE_SIGNER: true };
    const before = visitor(config);
    await before.visit((session) => session.regenerate({ user: "42" }));
    const sessions = createSessions({
      storage: serverSide(new MemoryStore()),
      accept: [acceptFlaskSession(config)],
    });
    const after = new Visitor(sessions, "http://localhost/");
    await after.exchange(({ jar }) => jar.set("session", before.cookie.slice("session=".length)));
    await after.visit((session) => expect(session.user).toBe("42"));
    await before.visit((session) => expect(session.user).toBeUndefined());
    expect(() => createSessions({ ...flaskConfig(config), accept: [acceptFlaskSession(config)] })).toThrow(
      ConfigError,
    );
  });
});
