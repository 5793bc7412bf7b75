import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { MemcacheClient } from "memcache-client";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fault, faultyStore, sleep } from "../../test/support/faulty-store.ts";
import { LoginBrowser, testLogin, type TestUser } from "../../test/support/login-browser.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { type RedisServer, startRedis } from "../../test/support/redis-server.ts";
import { setUpServer, storeCalls } from "../../test/support/server-sessions.ts";
import { KEY } from "../../test/support/visitor.ts";
import { createSessions, encryptedCookie, type SessionStore } from "../session/index.ts";
import { FileStore } from "../stores/file.ts";
import { MemcachedStore } from "../stores/memcached.ts";
import { MemoryStore } from "../stores/memory.ts";
import { RedisStore } from "../stores/redis.ts";
import { SqliteStore } from "../stores/sqlite.ts";
import { createLogin, type LoginOptions } from "./index.ts";

const REMEMBER = "__Host-remember";
const SESSION = "__Host-session";
const DAY = 24 * 60 * 60;

type Native = SessionStore & Required<Pick<SessionStore, "deleteOwned">>;

/** Sessions and remembered logins in one store, or in two. */
function setUp(
  store: Native = new MemoryStore(),
  options: Partial<LoginOptions<TestUser, Request>> = {},
  sessionStore: SessionStore = store,
) {
  const server = setUpServer({ store: sessionStore });
  const { auth, users } = testLogin(server.sessions, { remember: { store }, ...options });
  const browser = new LoginBrowser(server.sessions);
  const who = async (one: LoginBrowser) => (await one.ask((c) => auth.currentUser(c)))?.id ?? null;
  const logIn = (one: LoginBrowser, id = "ada") =>
    one.ask((c) => auth.loginUser(c, { id }, { remember: true }));
  const thefts = () => server.types().filter((type) => type === "remember.theft").length;
  return { ...server, auth, users, browser, who, logIn, thefts };
}

interface Place {
  readonly name: string;
  readonly needs?: string;
  open(): Promise<{ store: Native; close(): unknown }>;
}

function folder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "hipflask-remember-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const PLACES: readonly Place[] = [
  { name: "memory", open: async () => ({ store: new MemoryStore(), close: () => undefined }) },
  {
    name: "files",
    async open() {
      const { path, remove } = folder();
      return { store: new FileStore(path), close: remove };
    },
  },
  {
    name: "SQLite",
    async open() {
      const { path, remove } = folder();
      const database = new Database(join(path, "sessions.db"));
      const store = new SqliteStore(database);
      await store.setup();
      const close = (): void => {
        database.close();
        remove();
      };
      return { store, close };
    },
  },
  {
    name: "Redis",
    needs: "redis",
    async open() {
      const server: RedisServer = await startRedis();
      const client = await createClient({ url: server.url }).connect();
      const close = async (): Promise<void> => {
        client.destroy();
        await server.close();
      };
      return { store: new RedisStore(client), close };
    },
  },
];

for (const place of PLACES) {
  describeWith(place.needs, `a remembered login in ${place.name}`, () => {
    let opened: Awaited<ReturnType<Place["open"]>>;
    beforeAll(async () => {
      opened = await place.open();
    }, 30_000);
    afterAll(() => opened.close());

    test("outlives the session, less than freshly, and each time by another token", async () => {
      const { auth, browser, who, logIn, sessions, thefts } = setUp(opened.store);
      await logIn(browser);
      const tokens = new Set([browser.cookie(REMEMBER)]);
      for (let round = 0; round < 3; round++) {
        browser.restart();
        expect(browser.cookie(SESSION)).toBeUndefined();
        expect(await who(browser)).toBe("ada");
        expect(await browser.ask((c) => auth.loginFresh(c))).toBe(false);
        expect(await browser.ask((c) => auth.loginRemembered(c))).toBe(true);
        expect(await browser.ask(async (c) => (await sessions.get(c)).authenticatedAt ?? null)).toBeNull();
        tokens.add(browser.cookie(REMEMBER));
      }
      expect(tokens.size).toBe(4);
      expect(new Set([...tokens].map((token) => token!.slice(0, 66))).size).toBe(1);
      expect(thefts()).toBe(0);
    });

    test("ends with the logout, also for who has copied it", async () => {
      const { auth, browser, who, logIn } = setUp(opened.store);
      await logIn(browser);
      const copied = browser.copy();
      await browser.ask((c) => auth.logoutUser(c));
      expect(browser.cookie(REMEMBER)).toBeUndefined();
      copied.restart();
      expect(await who(copied)).toBeNull();
      expect(copied.cookie(REMEMBER)).toBeUndefined();
    });

    test("whose token was copied and used ends with all that came from it, and nothing else does", async () => {
      const { browser, who, logIn, clock, thefts, sessions } = setUp(opened.store);
      const phone = new LoginBrowser(sessions);
      await logIn(phone, "bob");
      await logIn(phone);
      await logIn(browser);
      browser.restart();
      const thief = browser.copy("curl/8");
      expect(await who(thief)).toBe("ada");
      clock.move(11);
      expect(await who(browser)).toBeNull();
      expect(thefts()).toBe(1);
      // The thief's session has ended, and so has the token that came with it.
      expect(await who(thief)).toBeNull();
      thief.restart();
      expect(await who(thief)).toBeNull();
      expect(await who(phone)).toBe("ada");
      phone.restart();
      expect(await who(phone)).toBe("ada");
      expect(thefts()).toBe(1);
    });

    test("is found out the other way round as well", async () => {
      const { browser, who, logIn, clock, thefts } = setUp(opened.store);
      await logIn(browser);
      browser.restart();
      const thief = browser.copy("curl/8");
      expect(await who(browser)).toBe("ada");
      clock.move(11);
      expect(await who(thief)).toBeNull();
      expect(thefts()).toBe(1);
      expect(await who(browser)).toBeNull();
    });

    test("is known to twenty requests at once with one token", async () => {
      const { browser, who, logIn, clock, thefts } = setUp(opened.store);
      await logIn(browser);
      browser.restart();
      const tabs = Array.from({ length: 20 }, () => browser.copy());
      expect(await Promise.all(tabs.map(who))).toEqual(Array.from({ length: 20 }, () => "ada"));
      // All were given the same next token, so whichever answer comes last is right.
      expect(new Set(tabs.map((tab) => tab.cookie(REMEMBER))).size).toBe(1);
      clock.move(60);
      const last = tabs.at(-1)!;
      last.restart();
      expect(await who(last)).toBe("ada");
      expect(thefts()).toBe(0);
    });

    test("of a user can be ended everywhere", async () => {
      const { auth, browser, who, logIn, sessions } = setUp(opened.store);
      const others = [new LoginBrowser(sessions), new LoginBrowser(sessions)];
      for (const each of [browser, ...others]) await logIn(each, "Zoë|☃");
      await auth.logoutEverywhere("Zoë|☃");
      for (const each of [browser, ...others]) {
        each.restart();
        expect(await who(each)).toBeNull();
      }
    });
  });
}

describe("a token that comes again", () => {
  test("within ten seconds, because an answer was lost, brings the same answer", async () => {
    const { browser, who, logIn, clock, thefts } = setUp();
    await logIn(browser);
    browser.restart();
    const lost = browser.copy();
    expect(await who(lost)).toBe("ada");
    clock.move(9);
    expect(await who(browser)).toBe("ada");
    expect(browser.cookie(REMEMBER)).toBe(lost.cookie(REMEMBER));
    clock.move(9);
    expect(await who(browser)).toBe("ada");
    expect(thefts()).toBe(0);
  });

  test.each([
    ["after ten seconds, to the millisecond", 9.999, 10],
    ["when the clock has been put back since, further than servers' clocks differ", -5, -5.001],
    ["when the clock has been put back by hours", -5, -7200],
  ])("is a theft %s", async (_, good, stolen) => {
    for (const [seconds, user] of [
      [good, "ada"],
      [stolen, null],
    ] as const) {
      const { browser, who, logIn, clock } = setUp();
      await logIn(browser);
      browser.restart();
      await who(browser.copy());
      clock.move(seconds);
      expect(await who(browser)).toBe(user);
    }
  });

  test("in a request that arrived long before the token was used is none", async () => {
    const { auth, browser, who, logIn, clock, thefts } = setUp();
    await logIn(browser);
    browser.restart();
    const slow = await browser.ask(async (c) => {
      clock.move(60);
      await who(browser.copy());
      return auth.currentUser(c);
    });
    expect([slow, thefts()]).toEqual([{ id: "ada" }, 0]);
  });

  test("two tokens later is one, however soon", async () => {
    const { browser, who, logIn, thefts } = setUp();
    await logIn(browser);
    browser.restart();
    const old = browser.copy();
    for (let i = 0; i < 2; i++) {
      expect(await who(browser)).toBe("ada");
      browser.restart();
    }
    expect(await who(old)).toBeNull();
    expect(thefts()).toBe(1);
  });

  test("is a theft also where the next thing is a login or a logout", async () => {
    for (const act of ["loginUser", "logoutUser"] as const) {
      const { auth, browser, who, logIn, clock, thefts } = setUp();
      await logIn(browser);
      browser.restart();
      const thief = browser.copy("curl/8");
      expect(await who(thief)).toBe("ada");
      clock.move(11);
      await browser.ask(async (c) => {
        if (act === "loginUser") await auth.loginUser(c, { id: "ada" });
        else await auth.logoutUser(c);
      });
      expect(thefts()).toBe(1);
      expect(await who(thief)).toBeNull();
    }
  });

  test("is told once, however many requests bring it", async () => {
    const { browser, who, logIn, clock, thefts } = setUp();
    await logIn(browser);
    browser.restart();
    await who(browser.copy());
    clock.move(11);
    const tabs = Array.from({ length: 10 }, () => browser.copy());
    expect(new Set(await Promise.all(tabs.map(who)))).toEqual(new Set([null]));
    expect(thefts()).toBe(1);
  });

  test("while the thief's own request is under way leaves that one nothing", async () => {
    // The thief's use of the token is held back until the series has been ended.
    let hold: (() => Promise<void>) | undefined;
    const fault: Fault = async (operation, proceed) => {
      if (operation === "save" && hold !== undefined) await hold();
      return proceed();
    };
    const series = faultyStore(new MemoryStore(), fault);
    const { auth, browser, who, logIn, sessions } = setUp(series, {}, new MemoryStore());
    await logIn(browser);
    browser.restart();
    const thief = browser.copy("curl/8");
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      hold = () => {
        hold = undefined;
        return new Promise((goOn) => {
          release = goOn;
          resolve();
        });
      };
    });
    const stealing = who(thief);
    await held;
    await auth.logoutEverywhere("ada");
    release();
    expect(await stealing).toBeNull();
    expect(await who(thief)).toBeNull();
    expect(await sessions.forUser("ada").list()).toEqual([]);
  });
});

describe("a remembered login", () => {
  test("is no session, and a session is none, although both are in one store", async () => {
    const { auth, browser, who, logIn, sessions } = setUp();
    await logIn(browser);
    const remember = browser.cookie(REMEMBER)!;
    const session = browser.cookie(SESSION)!;
    const put = (name: string, value: string) => {
      const other = new LoginBrowser(sessions);
      other.setCookie(`${name}=${value}; Secure; Path=/`);
      return other;
    };
    for (const value of [remember, remember.slice(0, 66), remember.slice(0, 43), remember.slice(67)])
      expect(await who(put(SESSION, value))).toBeNull();
    expect(await who(put(REMEMBER, `${session}.${remember.slice(67)}`))).toBeNull();
    // What an application lets its visitors choose of their sessions makes no series of one.
    const token = "t".repeat(43);
    const current = createHash("sha256").update(token).digest("base64url");
    const forger = new LoginBrowser(sessions);
    await forger.ask((c) => auth.loginUser(c, { id: "bob" }));
    await forger.ask(async (c) => {
      (await sessions.get(c)).data = { user: "ada", current, previous: "", salt: "", used: 0 };
    });
    expect(await who(put(REMEMBER, `${forger.cookie(SESSION)}.${token}`))).toBeNull();
    expect(await who(browser)).toBe("ada");
    // Nor is a user's name.
    await sessions.forUser("series ada").revokeAll();
    browser.restart();
    expect(await who(browser)).toBe("ada");
  });

  test("is kept as digests alone", async () => {
    const records: string[] = [];
    const store = new MemoryStore();
    const watched = new Proxy(store, {
      get(target, name) {
        const method = Reflect.get(target, name, target) as (...args: unknown[]) => unknown;
        if (typeof method !== "function") return method;
        return (...args: any[]) => {
          for (const arg of args)
            records.push(
              arg?.data instanceof Uint8Array ? Buffer.from(arg.data).toString() : JSON.stringify(arg),
            );
          return method.apply(target, args);
        };
      },
    });
    const { browser, who, logIn } = setUp(watched);
    await logIn(browser);
    const sent = [browser.cookie(REMEMBER)!];
    browser.restart();
    await who(browser);
    sent.push(browser.cookie(REMEMBER)!);
    expect(records.length).toBeGreaterThan(4);
    for (const cookie of sent) {
      const [series, , token] = cookie.split(".") as [string, string, string];
      expect(records.join("\n")).not.toContain(series);
      expect(records.join("\n")).not.toContain(token);
    }
  });

  test("ends when its time is over, however often it was used", async () => {
    const { auth, browser, who, clock } = setUp(new MemoryStore(), {
      remember: { store: new MemoryStore(), duration: 20 * DAY },
    });
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    clock.move(19 * DAY);
    browser.restart();
    expect(await who(browser)).toBe("ada");
    browser.restart();
    clock.move(DAY);
    expect(await who(browser)).toBeNull();
  });

  test("says in its cookie when that is, and is out of reach of scripts and other sites", async () => {
    const { auth, browser, clock } = setUp();
    const response = await browser.send((c) =>
      auth.loginUser(c, { id: "ada" }, { remember: true, duration: 60 }),
    );
    const header = response.headers.getSetCookie().find((cookie) => cookie.startsWith(REMEMBER))!;
    const expires = new Date(clock.now() + 60_000).toUTCString();
    expect(header.slice(header.indexOf(";"))).toBe(
      `; Expires=${expires}; Secure; HttpOnly; Path=/; SameSite=Lax`,
    );
    expect(response.headers.get("Cache-Control")).toBe("no-store");
  });

  test("has a cookie that works on plain http on this machine", async () => {
    const { auth, sessions, who } = setUp();
    const browser = new LoginBrowser(sessions, "curl/8", "http://localhost:3000");
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    expect(browser.cookie("remember")).toBeDefined();
    browser.restart();
    expect(await who(browser)).toBe("ada");
  });

  test("is not asked for by default: the session's cookie ends with the browser", async () => {
    const { auth, browser } = setUp();
    const response = await browser.send((c) => auth.loginUser(c, { id: "ada" }));
    expect(response.headers.getSetCookie()).toHaveLength(1);
    expect(response.headers.getSetCookie()[0]).not.toMatch(/expires|max-age/i);
  });

  test("ends with the login of somebody who is not to be remembered", async () => {
    const { auth, browser, who, logIn } = setUp();
    await logIn(browser);
    const copied = browser.copy();
    await browser.ask((c) => auth.loginUser(c, { id: "bob" }));
    expect(browser.cookie(REMEMBER)).toBeUndefined();
    copied.restart();
    expect(await who(copied)).toBeNull();
  });

  test("goes on under the name that its device was given", async () => {
    const { auth, browser, who, sessions } = setUp();
    const names = async () => (await sessions.forUser("ada").list()).map(({ device }) => device);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true, device: "Ada's laptop" }));
    for (const change of [undefined, (c: Request) => auth.passwordChanged(c)]) {
      if (change !== undefined) await browser.ask(change);
      for (let round = 0; round < 2; round++) {
        browser.restart();
        expect(await who(browser)).toBe("ada");
      }
      expect(new Set(await names())).toEqual(new Set(["Ada's laptop"]));
    }
  });

  test("ends with its device, which its user has taken from the list", async () => {
    const { auth, browser, who, logIn, sessions } = setUp();
    const phone = new LoginBrowser(sessions, "Mozilla/5.0 (iPhone) Safari");
    await logIn(phone);
    await logIn(browser);
    await browser.ask(async (c) => {
      for (const device of await auth.devices(c)) if (!device.isCurrent) await device.revoke();
    });
    expect(await who(phone)).toBeNull();
    phone.restart();
    expect(await who(phone)).toBeNull();
    browser.restart();
    expect(await who(browser)).toBe("ada");
  });

  test("lasts no longer because the password changed", async () => {
    const { auth, browser, who, clock } = setUp();
    const logIn = (c: Request) => auth.loginUser(c, { id: "ada" }, { remember: true, duration: 3600 });
    await browser.ask(async (c) => {
      await logIn(c);
      await auth.passwordChanged(c);
    });
    browser.restart();
    expect(await who(browser)).toBe("ada");
    clock.move(1800);
    await browser.ask((c) => auth.passwordChanged(c));
    clock.move(1801);
    browser.restart();
    expect(await who(browser)).toBeNull();
  });

  test("of a user who was deleted is forgotten", async () => {
    const { browser, who, logIn, users } = setUp();
    await logIn(browser);
    users.delete("ada");
    browser.restart();
    expect(await who(browser)).toBeNull();
    expect(browser.cookie(REMEMBER)).toBeUndefined();
    users.add("ada");
  });

  test("costs a read, a write and a session, and then nothing", async () => {
    const { browser, who, logIn } = setUp();
    await logIn(browser);
    expect(await storeCalls(() => who(browser))).toEqual(["load"]);
    browser.restart();
    expect(await storeCalls(() => who(browser))).toEqual(["load", "create", "save"]);
    expect(await storeCalls(() => who(browser))).toEqual(["load"]);
  });

  test("keeps the anonymous visitor's cart, under a new ID", async () => {
    const { browser, who, logIn, sessions } = setUp();
    await logIn(browser);
    browser.restart();
    await browser.ask(async (c) => {
      (await sessions.get(c)).data["cart"] = ["tea"];
    });
    const planted = browser.cookie(SESSION);
    expect(await who(browser)).toBe("ada");
    expect(browser.cookie(SESSION)).not.toBe(planted);
    expect(await browser.ask(async (c) => (await sessions.get(c)).data)).toEqual({ cart: ["tea"] });
  });

  test.each([
    "",
    ".",
    "x",
    "a.b.c",
    `${"a".repeat(43)}.${"b".repeat(22)}`,
    "a".repeat(5000),
    `${"a".repeat(43)}.${"b".repeat(22)}.${"c".repeat(43)}`,
  ])("is not what %j says", async (value) => {
    const { browser, who } = setUp();
    browser.setCookie(`${REMEMBER}=${value}; Secure; Path=/`);
    expect(await who(browser)).toBeNull();
    expect(browser.cookie(REMEMBER)).toBeUndefined();
  });

  test("whose record cannot be read is none, and nothing breaks", async () => {
    const store = new MemoryStore();
    const spoiled = faultyStore(store, async (operation, proceed) => {
      const result = await proceed();
      return operation === "load" && result !== undefined ? { ...result, data: Buffer.from("{}") } : result;
    });
    const { browser, who, logIn, types } = setUp(spoiled, {}, new MemoryStore());
    await logIn(browser);
    browser.restart();
    expect(await who(browser)).toBeNull();
    expect(types()).toContain("record.corrupt");
  });

  test("works where sessions are in cookies, and a theft ends what comes from the store", async () => {
    const sessions = createSessions({ secretKey: KEY, storage: encryptedCookie() });
    const events: string[] = [];
    sessions.on("remember.theft", ({ type }) => events.push(type));
    // No clock needs to move: what is two tokens old was copied.
    const { auth } = testLogin(sessions, { remember: { store: new MemoryStore() } });
    const browser = new LoginBrowser(sessions);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    browser.restart();
    const stolen = browser.copy();
    for (let used = 0; used < 2; used++) {
      expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
      browser.restart();
    }
    expect(await stolen.ask((c) => auth.currentUser(c))).toBeNull();
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
    expect(events).toEqual(["remember.theft"]);
  });

  test("ends with a logout whose request came before the session of another one, in a cookie", async () => {
    const sessions = createSessions({ secretKey: KEY, storage: encryptedCookie({ maxCookies: 2 }) });
    const { auth } = testLogin(sessions, { remember: { store: new MemoryStore() } });
    const browser = new LoginBrowser(sessions);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    browser.restart();
    const answer = await browser.copy().send((c) => auth.currentUser(c));
    const logout = await browser.copy().send((c) => auth.logoutUser(c));
    for (const header of [answer, logout].flatMap(({ headers }) => headers.getSetCookie()))
      browser.setCookie(header);
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
    // A visitor whom nobody remembers has no cookie to delete.
    const stranger = await new LoginBrowser(sessions).send((c) => auth.logoutUser(c));
    expect(stranger.headers.getSetCookie()).toEqual([]);
  });

  test("is refused to a store that forgets", () => {
    // It connects when it is first asked, which it never is.
    const store = new MemcachedStore(new MemcacheClient({ server: "127.0.0.1:1" }));
    const { sessions } = setUpServer();
    // @ts-expect-error -- it has no deleteOwned
    expect(() => createLogin(sessions, { loadUser: () => undefined, remember: { store } })).toThrow(
      /deleteOwned/,
    );
  });
});

describe("a store that fails", () => {
  /** Fails what `fails` names, before or after it is done. */
  function failing() {
    const state: { fails: string | undefined; after: boolean } = { fails: undefined, after: false };
    const fault: Fault = async (operation, proceed) => {
      if (operation !== state.fails) return proceed();
      if (state.after) await proceed();
      throw new Error("the backend is gone");
    };
    return { state, fault };
  }

  test("while the token is read, used or its session is made is 503, and nobody is forgotten", async () => {
    const cases = [
      ["series", "load", false],
      ["series", "save", false],
      ["series", "save", true],
      ["sessions", "create", false],
      ["sessions", "create", true],
    ] as const;
    for (const [which, operation, after] of cases) {
      const { state, fault } = failing();
      const wrap = (name: string) =>
        name === which ? faultyStore(new MemoryStore(), fault) : new MemoryStore();
      const { auth, browser, who, logIn, thefts, clock } = setUp(wrap("series"), {}, wrap("sessions"));
      await logIn(browser);
      browser.restart();
      Object.assign(state, { fails: operation, after });
      const response = await browser.send((c) => auth.currentUser(c));
      expect([which, operation, after, response.status]).toEqual([which, operation, after, 503]);
      expect(response.headers.getSetCookie()).toEqual([]);
      state.fails = undefined;
      // As Retry-After says.
      clock.move(1);
      expect(await who(browser)).toBe("ada");
      clock.move(3600);
      browser.restart();
      expect(await who(browser)).toBe("ada");
      expect(thefts()).toBe(0);
    }
  });

  test("at the logout is 503, and who tries again is logged out", async () => {
    for (const which of ["series", "sessions"]) {
      const { state, fault } = failing();
      const wrap = (name: string) =>
        name === which ? faultyStore(new MemoryStore(), fault) : new MemoryStore();
      const { auth, browser, who, logIn } = setUp(wrap("series"), {}, wrap("sessions"));
      await logIn(browser);
      state.fails = "delete";
      expect((await browser.send((c) => auth.logoutUser(c))).status).toBe(503);
      state.fails = undefined;
      await browser.ask((c) => auth.logoutUser(c));
      expect(await who(browser)).toBeNull();
      browser.restart();
      expect(await who(browser)).toBeNull();
    }
  });

  test("at a change of the password is 503, and who asks again with the same cookies is done", async () => {
    for (const [which, operation] of [
      ["sessions", "deleteOwned"],
      ["sessions", "listOwned"],
      ["sessions", "replace"],
      ["series", "deleteOwned"],
      ["series", "create"],
      ["series", "delete"],
      ["series", "load"],
    ] as const) {
      const { state, fault } = failing();
      const wrap = (name: string) =>
        name === which ? faultyStore(new MemoryStore(), fault) : new MemoryStore();
      const { auth, browser, who, logIn, sessions } = setUp(wrap("series"), {}, wrap("sessions"));
      const thief = new LoginBrowser(sessions);
      await logIn(browser);
      await logIn(thief);
      state.fails = operation;
      expect([operation, (await browser.send((c) => auth.passwordChanged(c))).status]).toEqual([
        operation,
        503,
      ]);
      state.fails = undefined;
      await browser.ask((c) => auth.passwordChanged(c));
      expect([operation, await who(browser), await who(thief)]).toEqual([operation, "ada", null]);
      thief.restart();
      expect(await who(thief)).toBeNull();
    }
  });

  test("at a login of who is remembered is 503, and the browser goes on with what it had", async () => {
    const { state, fault } = failing();
    const { browser, who, logIn } = setUp(faultyStore(new MemoryStore(), fault), {}, new MemoryStore());
    await logIn(browser);
    state.fails = "load";
    await expect(logIn(browser)).rejects.toThrow(/503/);
    state.fails = undefined;
    expect(await who(browser)).toBe("ada");
    await logIn(browser);
    expect(await who(browser)).toBe("ada");
  });

  test("names itself, so that the two can be told apart", async () => {
    const { state, fault } = failing();
    const { auth, browser, logIn, events } = setUp(
      faultyStore(new MemoryStore(), fault),
      {},
      new MemoryStore(),
    );
    await logIn(browser);
    browser.restart();
    state.fails = "load";
    await browser.send((c) => auth.currentUser(c));
    expect(events.find(({ type }) => type === "store.failed")?.message).toBe(
      "The store of remembered logins failed: load.",
    );
  });

  test("that does not answer is given up after a second", async () => {
    const slow = faultyStore(new MemoryStore(), async (operation, proceed) => {
      if (operation === "load") await sleep(3000);
      return proceed();
    });
    const { auth, browser, logIn } = setUp(slow, {}, new MemoryStore());
    await logIn(browser);
    browser.restart();
    const begun = performance.now();
    expect((await browser.send((c) => auth.currentUser(c))).status).toBe(503);
    expect(performance.now() - begun).toBeLessThan(2500);
  });
});
