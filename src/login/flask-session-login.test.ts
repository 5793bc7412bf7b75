import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultyStore } from "../../test/support/faulty-store.ts";
import { LoginBrowser, testLogin } from "../../test/support/login-browser.ts";
import { setUpServer } from "../../test/support/server-sessions.ts";
import { KEY } from "../../test/support/visitor.ts";
import { flaskConfig } from "../flask/index.ts";
import { createSessions, flaskSession } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";

describe("Flask-Login with Flask-Session", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hipflask-login-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function setUp() {
    const config = { SECRET_KEY: KEY, SESSION_TYPE: "filesystem", SESSION_FILE_DIR: folder } as const;
    const sessions = createSessions(flaskConfig(config));
    return { sessions, ...testLogin(sessions, { flask: config }), browser: new LoginBrowser(sessions) };
  }

  test("a login and a logout change the ID, and keep the cart, as in Flask", async () => {
    const { auth, browser, sessions } = setUp();
    const cart = (one: LoginBrowser) => one.ask(async (c) => (await sessions.get(c)).data["cart"] ?? null);
    await browser.ask(async (c) => {
      (await sessions.get(c)).data["cart"] = "tea";
    });
    const planted = browser.copy();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    const loggedIn = browser.copy();
    await browser.ask((c) => auth.logoutUser(c));
    expect(new Set([planted, loggedIn, browser].map((one) => one.cookie("session"))).size).toBe(3);
    expect(await cart(browser)).toBe("tea");
    for (const one of [planted, browser]) expect(await one.ask((c) => auth.currentUser(c))).toBeNull();
    // The session has ended. The cookie that remembers has not, because Flask-Login's cannot.
    loggedIn.restart();
    expect(await loggedIn.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
    expect(await loggedIn.ask((c) => auth.loginFresh(c))).toBe(false);
  });

  test("five requests at once with a stranger's session are all the remembered user's", async () => {
    const { auth, browser, sessions } = setUp();
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    browser.restart();
    await browser.ask(async (c) => void ((await sessions.get(c)).data["cart"] = "tea"));
    const asked = Array.from({ length: 5 }, () => browser.send((c) => auth.loginRequired(c)));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test("a user whose ID is a number in Python is known, and logged out", async () => {
    const { auth, browser, sessions, users } = setUp();
    users.add("5");
    await browser.ask(
      async (c) => void Object.assign((await sessions.get(c)).data, { _user_id: 5, _fresh: true }),
    );
    expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "5" });
    await browser.ask((c) => auth.logoutUser(c));
    expect(await browser.ask(async (c) => (await sessions.get(c)).data)).not.toHaveProperty("_user_id");
  });

  test("nobody gets a session for being asked who they are", async () => {
    const { auth, browser } = setUp();
    const response = await browser.send((c) => auth.currentUser(c));
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe("a login that the store refuses", () => {
  test.each(["sessions of ours", "Flask-Session's"])(
    "is none, whatever the application answers: %s",
    async (kind) => {
      let isDown = false;
      const store = faultyStore(new MemoryStore(), (operation, proceed) =>
        isDown && operation !== "load" ? Promise.reject(new Error("the backend is gone")) : proceed(),
      );
      const flask = { ...flaskConfig({ SECRET_KEY: KEY, SESSION_TYPE: "filesystem" }) };
      const storage = flaskSession(store, {
        format: "msgpack",
        readPickle: false,
        useSigner: false,
        idLength: 32,
        cleanEvery: undefined,
      });
      const isOurs = kind === "sessions of ours";
      const { sessions } = isOurs
        ? setUpServer({ store })
        : { sessions: createSessions({ ...flask, storage }) };
      const { auth } = testLogin(sessions, isOurs ? {} : { flask: { SECRET_KEY: KEY } });
      const browser = new LoginBrowser(sessions);
      await browser.ask(async (c) => {
        (await sessions.get(c)).data["cart"] = "tea";
      });
      isDown = true;
      await browser.ask(async (c) => {
        await auth.loginUser(c, { id: "ada" }).catch(() => undefined);
        isDown = false;
        (await sessions.get(c)).data["cart"] = "coffee";
      });
      expect(
        await browser.ask(async (c) => [
          (await sessions.get(c)).data["cart"],
          (await sessions.get(c)).user ?? null,
        ]),
      ).toEqual(["coffee", null]);
    },
  );
});
