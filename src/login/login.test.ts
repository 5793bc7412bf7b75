import { describe, expect, test } from "vitest";
import { sleep } from "../../test/support/faulty-store.ts";
import { LoginBrowser, testLogin, type TestUser } from "../../test/support/login-browser.ts";
import { setUpServer } from "../../test/support/server-sessions.ts";
import { KEY } from "../../test/support/visitor.ts";
import { ConfigError, HeadersSentError } from "../errors.ts";
import { flaskConfig } from "../flask/index.ts";
import { createSessions, encryptedCookie, type SessionManager, signedCookie } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import { createLogin, type LoginOptions } from "./index.ts";

function setUp(options: Partial<LoginOptions<TestUser, Request>> = {}) {
  const server = setUpServer();
  const remember = { store: server.store as MemoryStore };
  const login = testLogin(server.sessions, { remember, ...options });
  return { ...server, ...login, browser: new LoginBrowser(server.sessions) };
}

const SESSION = "__Host-session";

describe("a login", () => {
  test("is there in the next request, and gone after the logout", async () => {
    const { auth, browser } = setUp();
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
    expect(await browser.ask((c) => auth.loginUser(c, { id: "ada" }))).toBe(true);
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
    await browser.ask((c) => auth.logoutUser(c));
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
    expect(browser.cookie(SESSION)).toBeUndefined();
  });

  test("changes the ID: whoever planted the old one is anonymous, and the cart is kept", async () => {
    const { auth, browser, sessions, clock } = setUp();
    await browser.ask(async (c) => {
      (await sessions.get(c)).data["cart"] = ["tea"];
    });
    const planted = browser.copy();
    clock.move(5);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    expect(browser.cookie(SESSION)).not.toBe(planted.cookie(SESSION));
    expect(
      await browser.ask(async (c) => {
        const session = await sessions.get(c);
        return [session.data, session.user, session.authenticatedAt?.getTime() === clock.now()];
      }),
    ).toEqual([{ cart: ["tea"] }, "ada", true]);
    // At once, and when the grace for requests under way is over.
    for (const seconds of [0, 11]) {
      clock.move(seconds);
      expect(await planted.ask((c) => auth.currentUser(c))).toBeNull();
      expect((await planted.send((c) => auth.loginRequired(c))).status).toBe(401);
    }
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
  });

  test("once more changes the ID once more, and the old one is soon dead", async () => {
    const { auth, browser, clock } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    const copied = browser.copy();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    clock.move(11);
    expect(await copied.ask((c) => auth.currentUser(c))).toBeNull();
  });

  test("as another user finds nothing of the first one's, and leaves the old ID nothing", async () => {
    const { auth, browser, sessions } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    await browser.ask(async (c) => {
      (await sessions.get(c)).data["cart"] = ["tea"];
    });
    const copied = browser.copy();
    await browser.ask((c) => auth.loginUser(c, { id: "bob" }));
    expect(await browser.ask(async (c) => (await sessions.get(c)).data)).toEqual({});
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "bob" });
    expect(await copied.ask((c) => auth.currentUser(c))).toBeNull();
  });

  test("of who is not active does nothing, unless it is forced", async () => {
    const { auth, browser } = setUp({ isActive: (user) => user.isActive ?? user.id !== "bob" });
    expect(await browser.ask((c) => auth.loginUser(c, { id: "bob" }))).toBe(false);
    expect(browser.cookie(SESSION)).toBeUndefined();
    expect(await browser.ask((c) => auth.loginUser(c, { id: "bob" }, { force: true }))).toBe(true);
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "bob" });
    // As in Flask-Login, where is_authenticated is is_active.
    expect((await browser.send((c) => auth.loginRequired(c))).status).toBe(401);
  });

  test("of a user without an ID is a mistake", async () => {
    const { auth, browser } = setUp();
    for (const id of ["", null, undefined])
      await expect(browser.send((c) => auth.loginUser(c, { id } as never))).rejects.toThrow(TypeError);
  });

  test("of a user who was deleted is nobody's", async () => {
    const { auth, users, browser } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    users.delete("ada");
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
  });

  test("asks for the user once per request, and sees login and logout in the same one", async () => {
    let asked = 0;
    const { auth, browser } = setUp({
      loadUser: (id) => {
        asked += 1;
        return { id };
      },
    });
    const seen = await browser.ask(async (c) => {
      const before = await auth.currentUser(c);
      await auth.loginUser(c, { id: "ada" });
      const during = await auth.currentUser(c);
      await auth.logoutUser(c);
      return [before ?? null, during, (await auth.currentUser(c)) ?? null];
    });
    expect(seen).toEqual([null, { id: "ada" }, null]);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    asked = 0;
    await browser.ask((c) => Promise.all([auth.currentUser(c), auth.loginRequired(c), auth.currentUser(c)]));
    expect(asked).toBe(1);
  });

  test("is logged out for good, whatever is under way", async () => {
    const { auth, browser, sessions } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    const slow = browser.copy();
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const late = slow.send(async (c) => {
      const session = await sessions.get(c);
      await waiting;
      session.data["late"] = true;
    });
    await browser.ask((c) => auth.logoutUser(c));
    goOn();
    await late;
    expect(await slow.ask((c) => auth.currentUser(c))).toBeNull();
  });

  test("by the request alone writes no session", async () => {
    const { auth, browser } = setUp({
      loadUserFromRequest: (c) => (c.headers.get("User-Agent")!.includes("Firefox") ? { id: "ada" } : null),
    });
    const response = await browser.send((c) => auth.loginRequired(c));
    expect(await response.json()).toEqual({ id: "ada" });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await browser.ask((c) => auth.loginFresh(c))).toBe(false);
  });
});

describe("who must log in first", () => {
  test("is told so with 401 where there is no page for it, and gets no session", async () => {
    const { auth, browser } = setUp();
    const response = await browser.send((c) => auth.loginRequired(c));
    expect([response.status, response.headers.get("Location")]).toEqual([401, null]);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("is sent to that page and comes back", async () => {
    const { auth, browser } = setUp({ loginView: "/login?lang=de#form", loginMessage: "Log in, please." });
    const response = await browser.send((c) => auth.loginRequired(c), "/cart?item=a%20b&x=%C3%A9");
    expect(response.status).toBe(302);
    const location = response.headers.get("Location")!;
    expect(location).toBe("/login?lang=de&next=%2Fcart%3Fitem%3Da%2520b%26x%3D%C3%A9#form");
    expect(await browser.ask((c) => auth.nextUrl(c), location)).toBe("/cart?item=a%20b&x=%C3%A9");
  });

  test("is not sent back to another site, whatever the request or the query says", async () => {
    const { auth, browser } = setUp({ loginView: "/login" });
    const response = await browser.send((c) => auth.loginRequired(c), "//evil.example/");
    expect(response.headers.get("Location")).toBe("/login");
    const next = (query: string) => browser.ask((c) => auth.nextUrl(c, "/home"), `/login?next=${query}`);
    expect(await next("//evil.example")).toBe("/home");
    expect(await next("%2F%5Cevil.example")).toBe("/home");
    expect(await next("https:evil.example")).toBe("/home");
    expect(await next("/account")).toBe("/account");
    expect(await browser.ask((c) => auth.nextUrl(c))).toBe("/");
  });

  test("keeps what was written before the redirect", async () => {
    const { auth, browser, sessions } = setUp({ loginView: "/login" });
    await browser.send(async (c) => {
      (await sessions.get(c)).data["seen"] = 1;
      await auth.loginRequired(c);
    });
    expect(await browser.ask(async (c) => (await sessions.get(c)).data)).toEqual({ seen: 1 });
  });
});

describe("a fresh login", () => {
  test("is one by password, and grows old", async () => {
    const { auth, browser, clock } = setUp({ refreshView: "/again", needsRefreshMessage: "Once more." });
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    clock.move(600);
    expect(await browser.ask((c) => auth.freshLoginRequired(c))).toEqual({ id: "ada" });
    expect(await browser.ask((c) => auth.freshLoginRequired(c, { maxAge: 600 }))).toEqual({ id: "ada" });
    clock.move(1);
    const response = await browser.send((c) => auth.freshLoginRequired(c, { maxAge: 600 }), "/password");
    expect([response.status, response.headers.get("Location")]).toEqual([302, "/again?next=%2Fpassword"]);
    expect(await browser.ask((c) => auth.loginFresh(c, { maxAge: 600 }))).toBe(false);
  });

  test("that lies ahead, further than servers' clocks differ, is fresh for no maxAge", async () => {
    const { auth, browser, clock } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    const isFresh = (options: { maxAge?: number }) => browser.ask((c) => auth.loginFresh(c, options));
    clock.move(-5);
    expect([await isFresh({ maxAge: 600 }), await isFresh({})]).toEqual([true, true]);
    clock.move(-1);
    expect([await isFresh({ maxAge: 600 }), await isFresh({})]).toEqual([false, true]);
  });

  test("is made of an old one by entering the password again, under a new ID", async () => {
    const { auth, browser, clock } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { fresh: false }));
    expect((await browser.send((c) => auth.freshLoginRequired(c))).status).toBe(401);
    const before = browser.cookie(SESSION);
    await browser.ask((c) => auth.confirmLogin(c));
    expect(browser.cookie(SESSION)).not.toBe(before);
    clock.move(5);
    expect(await browser.ask((c) => auth.freshLoginRequired(c, { maxAge: 5 }))).toEqual({ id: "ada" });
  });

  test("of nobody is not confirmed", async () => {
    const { auth, browser } = setUp();
    expect((await browser.send((c) => auth.confirmLogin(c))).status).toBe(401);
  });
});

describe("a session that comes from another browser", () => {
  test.each([
    { sessionProtection: undefined, user: { id: "ada" }, fresh: false },
    { sessionProtection: "basic", user: { id: "ada" }, fresh: false },
    { sessionProtection: "strong", user: null, fresh: false },
    { sessionProtection: null, user: { id: "ada" }, fresh: true },
  ] as const)("under $sessionProtection", async ({ sessionProtection, user, fresh }) => {
    const { auth, browser, types } = setUp(sessionProtection === undefined ? {} : { sessionProtection });
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    const thief = browser.copy("curl/8");
    expect(
      await thief.ask(async (c) => [(await auth.currentUser(c)) ?? null, await auth.loginFresh(c)]),
    ).toEqual([user, fresh]);
    expect(types().filter((type) => type === "session.protected")).toHaveLength(
      sessionProtection === null ? 0 : 1,
    );
    // The session is one and the same; where it has ended, so has what would bring it back.
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual(user);
    expect(await browser.ask((c) => auth.loginFresh(c))).toBe(fresh);
    expect(browser.cookie("__Host-remember") === undefined).toBe(sessionProtection === "strong");
  });

  test("is fresh again there once the password was entered there", async () => {
    const { auth, browser } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    const updated = browser.copy("Mozilla/5.0 (X11; Linux) Firefox/131.0");
    expect(await updated.ask((c) => auth.loginFresh(c))).toBe(false);
    await updated.ask((c) => auth.confirmLogin(c));
    expect(await updated.ask((c) => auth.loginFresh(c))).toBe(true);
    expect(await updated.ask((c) => auth.loginFresh(c))).toBe(true);
  });
});

describe("a user's logins", () => {
  test("are listed, with the one that asks marked, and ended one by one", async () => {
    const { auth, browser, sessions } = setUp();
    const phone = new LoginBrowser(sessions, "Mozilla/5.0 (iPhone) Safari/604.1");
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    await phone.ask((c) => auth.loginUser(c, { id: "ada" }));
    const devices = await browser.ask((c) => auth.devices(c));
    expect(devices!.map(({ device, isCurrent }) => [device, isCurrent]).toSorted()).toEqual([
      ["Firefox on Linux", true],
      ["Safari on iPhone", false],
    ]);
    expect(JSON.stringify(devices)).not.toContain(phone.cookie(SESSION)!.slice(0, 43));
    await browser.ask(async (c) => {
      for (const device of await auth.devices(c)) if (!device.isCurrent) await device.revoke();
    });
    expect(await phone.ask((c) => auth.currentUser(c))).toBeNull();
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
  });

  test("end with a change of the password, all but the one that made it", async () => {
    const { auth, browser, sessions } = setUp();
    const others = Array.from({ length: 3 }, () => new LoginBrowser(sessions));
    for (const other of others) await other.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    const bob = new LoginBrowser(sessions);
    await bob.ask((c) => auth.loginUser(c, { id: "bob" }, { remember: true }));
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true, fresh: false }));
    const copied = browser.copy();
    await browser.ask((c) => auth.passwordChanged(c));
    for (const other of [...others, copied]) {
      expect(await other.ask((c) => auth.currentUser(c))).toBeNull();
      other.restart();
      expect(await other.ask((c) => auth.currentUser(c))).toBeNull();
    }
    expect(await browser.ask((c) => auth.freshLoginRequired(c))).toEqual({ id: "ada" });
    browser.restart();
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
    bob.restart();
    expect(await bob.ask((c) => auth.currentUser(c))).toEqual({ id: "bob" });
  });

  test("end everywhere in the middle of fifty: what was there before is gone, what is there is listed", async () => {
    const { auth, sessions } = setUp();
    const browsers = Array.from({ length: 50 }, () => new LoginBrowser(sessions));
    const finished: LoginBrowser[] = [];
    const logins = browsers.map(async (one, i) => {
      await sleep(i % 10);
      await one.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
      finished.push(one);
    });
    while (finished.length < 20) await sleep(1);
    const before = [...finished];
    await auth.logoutEverywhere("ada");
    await Promise.all(logins);
    const alive = await Promise.all(
      browsers.map(async (one) => (await one.ask((c) => auth.currentUser(c))) !== null),
    );
    for (const one of before) {
      expect(alive[browsers.indexOf(one)]).toBe(false);
      one.restart();
      expect(await one.ask((c) => auth.currentUser(c))).toBeNull();
    }
    expect(await sessions.forUser("ada").list()).toHaveLength(alive.filter(Boolean).length);
  });

  test("end everywhere, at once and for good; later ones are not concerned", async () => {
    const { auth, browser, sessions } = setUp();
    const other = new LoginBrowser(sessions);
    for (const each of [browser, other])
      await each.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    await auth.logoutEverywhere("ada");
    for (const each of [browser, other]) expect(await each.ask((c) => auth.currentUser(c))).toBeNull();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
  });

  test("in cookies have no list; a change of the password ends what is remembered", async () => {
    const sessions = createSessions({ secretKey: KEY, storage: encryptedCookie() });
    const { auth } = testLogin(sessions, { remember: { store: new MemoryStore() } });
    const [here, there] = [new LoginBrowser(sessions), new LoginBrowser(sessions)];
    for (const each of [here, there])
      await each.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    await expect(here.send((c) => auth.devices(c))).rejects.toThrow(ConfigError);
    await here.ask((c) => auth.passwordChanged(c));
    there.restart();
    expect(await there.ask((c) => auth.currentUser(c))).toBeNull();
    here.restart();
    expect(await here.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
  });
});

describe("where nothing can be changed any more", () => {
  /** A request whose headers have left, or that a server component reads. */
  const late = async <T>(
    sessions: SessionManager,
    browser: LoginBrowser,
    work: (c: Request) => Promise<T>,
  ) => {
    let result: T | undefined;
    await browser.send(async (c) => {
      (await sessions.get(c)).seal();
      result = await work(c);
    });
    return result;
  };

  test("a remembered visitor is known, and the token is as good as before", async () => {
    const { auth, browser, sessions, clock, types } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    browser.restart();
    for (let i = 0; i < 3; i++) {
      clock.move(60);
      expect(await late(sessions, browser, (c) => auth.currentUser(c))).toEqual({ id: "ada" });
    }
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
    expect(types()).not.toContain("remember.theft");
  });

  test.each([
    ["basic", { id: "ada" }],
    ["strong", undefined],
  ] as const)("%s protection still sees another browser", async (sessionProtection, user) => {
    const { auth, browser, sessions } = setUp({ sessionProtection });
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    const thief = browser.copy("curl/8");
    expect(await late(sessions, thief, (c) => auth.currentUser(c))).toEqual(user);
    expect(await late(sessions, thief, (c) => auth.loginFresh(c))).toBe(false);
    expect(await late(sessions, browser, (c) => auth.loginFresh(c))).toBe(true);
  });

  test.each([
    ["basic", { id: "ada" }],
    ["strong", undefined],
  ] as const)("Flask-Login's %s protection does, too, and its cookie is known", async (protection, user) => {
    const config = { SECRET_KEY: KEY, SESSION_PROTECTION: protection };
    const sessions = createSessions(flaskConfig(config));
    const { auth } = testLogin(sessions, { flask: config });
    const browser = new LoginBrowser(sessions);
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    expect(await late(sessions, browser.copy("curl/8"), (c) => auth.currentUser(c))).toEqual(user);
    browser.restart();
    expect(await late(sessions, browser, (c) => auth.currentUser(c))).toEqual({ id: "ada" });
  });

  test("a login is an error that says so, and changes nothing", async () => {
    const { auth, browser, sessions } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    await expect(late(sessions, browser, (c) => auth.loginUser(c, { id: "ada" }))).rejects.toThrow(
      HeadersSentError,
    );
    browser.restart();
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
  });
});

describe("where nothing can be ended", () => {
  test("a change of the password says so", async () => {
    const config = { SECRET_KEY: KEY };
    const flask = createSessions(flaskConfig(config));
    const native = createSessions({ secretKey: KEY, storage: signedCookie() });
    for (const [sessions, options] of [
      [flask, { flask: config }],
      [native, {}],
    ] as const) {
      const { auth } = testLogin(sessions, options);
      const browser = new LoginBrowser(sessions);
      await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
      await expect(browser.send((c) => auth.passwordChanged(c))).rejects.toThrow(ConfigError);
      await expect(auth.logoutEverywhere("ada")).rejects.toThrow(/serverSide/);
    }
  });
});

describe("the keys of a login", () => {
  test("are not the application's to read or to write", async () => {
    const { auth, browser, sessions } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    expect(await browser.ask(async (c) => (await sessions.get(c)).data)).toEqual({});
    for (const key of ["_client", "_series", "_auth_at", "_user_id"])
      await expect(
        browser.send(async (c) => {
          (await sessions.get(c)).data[key] = "x";
        }),
      ).rejects.toThrow(/session's own/);
  });
});

describe("options that cannot be meant", () => {
  const native = () => createSessions({ secretKey: KEY, storage: signedCookie() });
  const config = { SECRET_KEY: KEY };
  const loadUser = () => undefined;

  test.each<[string, () => unknown, RegExp]>([
    ["no loadUser", () => createLogin(native(), {} as never), /needs loadUser/],
    ["a page on another host", () => createLogin(native(), { loadUser, loginView: "//evil" }), /loginView/],
    [
      "a page behind a backslash",
      () => createLogin(native(), { loadUser, loginView: "/\\evil" }),
      /loginView/,
    ],
    [
      "a protection that is none",
      () => createLogin(native(), { loadUser, sessionProtection: "other" as never }),
      /sessionProtection/,
    ],
    [
      "a page without a slash",
      () => createLogin(native(), { loadUser, refreshView: "again" }),
      /refreshView/,
    ],
    [
      "Flask's logins on sessions of ours",
      () => createLogin(native(), { loadUser, flask: config }),
      /flaskConfig/,
    ],
    [
      "our logins on Flask's sessions",
      () => createLogin(createSessions(flaskConfig(config)), { loadUser }),
      /pass createLogin the configuration/,
    ],
    [
      "a store for Flask's cookie",
      () =>
        createLogin(createSessions(flaskConfig(config)), {
          loadUser,
          flask: config,
          remember: { store: new MemoryStore() },
        }),
      /REMEMBER_COOKIE/,
    ],
    [
      "a key that Latin-1 cannot write",
      () =>
        createLogin(createSessions(flaskConfig({ SECRET_KEY: `${KEY}☃` })), {
          loadUser,
          flask: { SECRET_KEY: `${KEY}☃` },
        }),
      /Latin-1/,
    ],
    [
      "a SameSite that is none",
      () =>
        createLogin(createSessions(flaskConfig(config)), {
          loadUser,
          flask: { ...config, REMEMBER_COOKIE_SAMESITE: "sometimes" },
        }),
      /REMEMBER_COOKIE_…/,
    ],
    [
      "a remember cookie of the session's name",
      () =>
        createLogin(native(), {
          loadUser,
          remember: { store: new MemoryStore(), cookie: { name: native().cookie.name } },
        }),
      /Give it another one/,
    ],
    [
      "a remember cookie of the name of Flask's session",
      () =>
        createLogin(createSessions(flaskConfig(config)), {
          loadUser,
          flask: { ...config, REMEMBER_COOKIE_NAME: "session" },
        }),
      /Give it another one/,
    ],
    [
      "a store that cannot end a user's records",
      () => createLogin(native(), { loadUser, remember: { store: { load: loadUser } as never } }),
      /deleteOwned/,
    ],
    [
      "a duration that browsers cut",
      () => createLogin(native(), { loadUser, remember: { store: new MemoryStore(), duration: 10 ** 9 } }),
      /400 days/,
    ],
  ])("%s", (_, work, message) => {
    expect(work).toThrow(ConfigError);
    expect(work).toThrow(message);
  });

  test("a user's ID that is no text ends nothing, and says so", async () => {
    const { auth } = testLogin(native(), { remember: { store: new MemoryStore() } });
    await expect(auth.logoutEverywhere(7 as never)).rejects.toThrow(/String\(user\.id\)/);
  });

  test("remembering without a store, and maxAge with Flask-Login, say what to do", async () => {
    const sessions = native();
    const { auth } = testLogin(sessions);
    await expect(
      new LoginBrowser(sessions).send((c) => auth.loginUser(c, { id: "ada" }, { remember: true })),
    ).rejects.toThrow(/Pass a store/);
    const flask = createSessions(flaskConfig(config));
    const { auth: flaskAuth } = testLogin(flask, { flask: config });
    const browser = new LoginBrowser(flask);
    await browser.ask((c) => flaskAuth.loginUser(c, { id: "ada" }));
    await expect(browser.send((c) => flaskAuth.freshLoginRequired(c, { maxAge: 5 }))).rejects.toThrow(
      /maxAge/,
    );
  });

  test("a request that no adapter has seen is one", async () => {
    const { auth } = testLogin(native());
    await expect(auth.currentUser(new Request("https://example.com"))).rejects.toThrow(/adapter/);
  });
});

describe("what is said of a login", () => {
  test("waits once, however often a page is asked for that needs one", async () => {
    const { auth, browser, sessions } = setUp({ loginView: "/login", loginMessage: "Log in first." });
    for (let i = 0; i < 5; i++) await browser.send((c) => auth.loginRequired(c));
    const shown = await browser.ask(async (c) => (await sessions.get(c)).flashes());
    expect(shown).toEqual([{ category: "message", message: "Log in first." }]);
  });

  test("the device keeps the name that it was given at the login", async () => {
    const { auth, browser } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { device: "the till" }));
    await browser.ask((c) => auth.confirmLogin(c));
    await browser.ask((c) => auth.passwordChanged(c));
    const [device] = (await browser.ask((c) => auth.devices(c))) as { device: string }[];
    expect(device?.device).toBe("the till");
  });

  test("a change of the password remembers nobody for longer than before", async () => {
    const { auth, browser, clock, sessions } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true, duration: 3600 }));
    clock.move(600);
    await browser.ask((c) => auth.passwordChanged(c));
    const later = browser.copy();
    clock.move(2900);
    later.restart();
    expect(await later.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
    clock.move(101);
    later.restart();
    expect(await later.ask((c) => auth.currentUser(c))).toBeNull();
    expect(await sessions.forUser("ada").list()).not.toHaveLength(0);
  });
});

describe("a user whom the request itself names, beside the session of one who is gone", () => {
  const users = new Set<string>();
  const setUpGone = async () => {
    users.add("ada");
    const setting = setUp({
      loadUser: (id) => (users.has(id) ? { id } : undefined),
      loadUserFromRequest: () => ({ id: "robot" }),
    });
    const { auth, browser, sessions } = setting;
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }));
    await browser.ask(async (c) => {
      (await sessions.get(c)).data["secret"] = "ada's";
    });
    users.delete("ada");
    return setting;
  };

  test("has entered no password", async () => {
    const { auth, browser } = await setUpGone();
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "robot" });
    expect(await browser.ask((c) => auth.loginFresh(c))).toBe(false);
    expect((await browser.send((c) => auth.freshLoginRequired(c))).status).toBe(401);
  });

  test("gets nothing of that session", async () => {
    const { auth, browser, sessions } = await setUpGone();
    await browser.ask((c) => auth.confirmLogin(c));
    const found = await browser.ask(async (c) => {
      const session = await sessions.get(c);
      return [session.user, session.data];
    });
    expect(found).toEqual(["robot", {}]);
  });
});

test("a login in a request that has named its user is fresh", async () => {
  const { auth, browser } = setUp({ loadUserFromRequest: () => ({ id: "robot" }) });
  const found = await browser.ask(async (c) => {
    await auth.currentUser(c);
    await auth.loginUser(c, { id: "ada" });
    return [(await auth.currentUser(c))?.id, await auth.loginFresh(c)];
  });
  expect(found).toEqual(["ada", true]);
});

test("a user whose ID is no number is none", async () => {
  const { auth, browser } = setUp();
  const user = { id: Number("x") as never };
  await expect(browser.ask((c) => auth.loginUser(c, user))).rejects.toThrow("no id");
});
