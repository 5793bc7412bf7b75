import { describe, expect, test } from "vitest";
import { type Fault, faultyStore } from "../../test/support/faulty-store.ts";
import { LoginBrowser, testLogin } from "../../test/support/login-browser.ts";
import { setUpRevocable } from "../../test/support/revocable-sessions.ts";
import { setUpServer } from "../../test/support/server-sessions.ts";
import { ConfigError, StoreError } from "../errors.ts";
import type { ServerSideOptions } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";
import type { RememberStore } from "./index.ts";

type Setting = Pick<ReturnType<typeof setUpServer>, "sessions" | "clock">;

/** Browsers of users who are remembered. */
function setUp({ sessions, clock }: Setting, store: RememberStore) {
  const { auth } = testLogin(sessions, { remember: { store } });
  const who = async (browser: LoginBrowser) => (await browser.ask((c) => auth.currentUser(c)))?.id ?? null;
  /** Who the browser is when it has been closed and opened. */
  const later = (browser: LoginBrowser) => {
    browser.restart();
    return who(browser);
  };
  const logIn = async (id = "ada") => {
    const browser = new LoginBrowser(sessions);
    await browser.ask((c) => auth.loginUser(c, { id }, { remember: true }));
    // So that the order of their last uses is plain.
    clock.move(1);
    return browser;
  };
  const idOf = async (browser: LoginBrowser) =>
    (await browser.ask(async (c) => (await sessions.get(c)).id)) ?? undefined;
  return { auth, sessions, clock, who, later, logIn, idOf };
}

function inStore(options: ServerSideOptions = {}, fault?: Fault) {
  const store = new MemoryStore();
  const remembered = fault === undefined ? store : faultyStore(store, fault);
  return setUp(setUpServer({ store, ...options }), remembered);
}

const SETTINGS = {
  "in one store": () => inStore(),
  "in two stores": () => setUp(setUpServer({ store: new MemoryStore() }), new MemoryStore()),
  "with sessions in cookies that can be revoked": () => {
    const store = new MemoryStore({ maxRecords: 1000 });
    return setUp(setUpRevocable("encrypted", { store }), store);
  },
};

describe.each(Object.entries(SETTINGS))("remembered logins %s end", (_, open) => {
  test("with all sessions of the user, and nobody else's", async () => {
    const { sessions, later, logIn } = open();
    const [laptop, phone, other] = [await logIn(), await logIn(), await logIn("bob")];
    await sessions.forUser("ada").revokeAll();
    expect(await Promise.all([laptop, phone, other].map(later))).toEqual([null, null, "bob"]);
  });

  test("with all sessions of the user but one, whose own stays", async () => {
    const { sessions, later, logIn, idOf } = open();
    const [laptop, phone] = [await logIn(), await logIn()];
    await sessions.forUser("ada").revokeAll({ except: await idOf(phone) });
    expect(await Promise.all([laptop, phone].map(later))).toEqual([null, "ada"]);
  });

  test("with a session that is ended on a list of the user's", async () => {
    const { sessions, later, logIn, idOf } = open();
    const [laptop, phone] = [await logIn(), await logIn()];
    const id = await idOf(laptop);
    const listed = await sessions.forUser("ada").list();
    await listed.find((session) => session.id === id)!.revoke();
    expect(await Promise.all([laptop, phone].map(later))).toEqual([null, "ada"]);
  });

  test("with a session that is ended by its handle", async () => {
    const { sessions, later, logIn, idOf } = open();
    const [laptop, phone] = [await logIn(), await logIn()];
    const id = await idOf(laptop);
    const { handle } = (await sessions.list()).sessions.find((session) => session.id === id)!;
    expect(await sessions.revoke(handle)).toBe(true);
    expect(await sessions.revoke(handle)).toBe(false);
    expect(await Promise.all([laptop, phone].map(later))).toEqual([null, "ada"]);
  });

  test("with a session that has another ID than its handle says", async () => {
    const { sessions, later, logIn, idOf } = open();
    const laptop = await logIn();
    const { handle } = (await sessions.list()).sessions[0]!;
    const before = await idOf(laptop);
    await laptop.ask(async (c) => (await sessions.get(c)).regenerate());
    expect(await idOf(laptop)).not.toBe(before);
    expect(await sessions.revoke(handle)).toBe(true);
    expect(await later(laptop)).toBeNull();
  });

  test("with a session whose handle is minutes old and which has got another ID since", async () => {
    const { sessions, later, logIn, clock } = open();
    const laptop = await logIn();
    const { handle } = (await sessions.list()).sessions[0]!;
    await laptop.ask(async (c) => (await sessions.get(c)).regenerate());
    clock.move(300);
    expect(await sessions.revoke(handle)).toBe(true);
    expect(await later(laptop)).toBeNull();
  });

  test("with everything", async () => {
    const { sessions, later, logIn } = open();
    const browsers = [await logIn(), await logIn("bob")];
    expect(await sessions.revokeAll()).toBe(4);
    expect(await Promise.all(browsers.map(later))).toEqual([null, null]);
  });
});

describe("a remembered login", () => {
  test("of a second createLogin with the same sessions ends as well", async () => {
    const server = setUpServer({ store: new MemoryStore() });
    const first = setUp(server, new MemoryStore());
    const second = setUp(server, new MemoryStore());
    const browsers = [await first.logIn(), await second.logIn()] as const;
    await server.sessions.forUser("ada").revokeAll();
    expect([await first.later(browsers[0]), await second.later(browsers[1])]).toEqual([null, null]);
  });

  test("ends with the session that a user has too many of", async () => {
    const { later, logIn } = inStore({ maxPerUser: 2 });
    const [laptop, phone, tablet] = [await logIn(), await logIn(), await logIn()];
    expect(await Promise.all([laptop, phone, tablet].map(later))).toEqual([null, "ada", "ada"]);
  });

  test("does not end with one that its own browser has forgotten", async () => {
    const { later, logIn } = inStore({ maxPerUser: 2 });
    const laptop = await logIn();
    for (let day = 0; day < 4; day++) expect(await later(laptop)).toBe("ada");
    const phone = await logIn();
    expect(await Promise.all([laptop, phone].map(later))).toEqual(["ada", "ada"]);
  });

  test("that comes while all sessions of its user end makes none that lives", async () => {
    for (const held of ["load", "save"]) {
      let reached = (): void => undefined;
      let release = (): void => undefined;
      const arrived = new Promise<void>((resolve) => (reached = resolve));
      const gate = new Promise<void>((resolve) => (release = resolve));
      let isOn = false;
      const { sessions, who, logIn } = inStore({}, async (operation, proceed) => {
        const isHeld = isOn && operation === held;
        const result = held === "load" ? await proceed() : undefined;
        if (isHeld) {
          isOn = false;
          reached();
          await gate;
        }
        return held === "load" ? result : proceed();
      });
      const laptop = await logIn();
      laptop.restart();
      isOn = true;
      const asked = who(laptop);
      await arrived;
      await sessions.forUser("ada").revokeAll();
      release();
      expect([held, await asked]).toEqual([held, null]);
      expect([held, await who(laptop)]).toEqual([held, null]);
      expect(await sessions.forUser("ada").list()).toEqual([]);
    }
  });

  test("that could not be ended leaves its session, and whoever asks again is done", async () => {
    let isDown = false;
    const { sessions, who, later, logIn } = inStore({}, (operation, proceed) => {
      if (isDown && ["delete", "deleteOwned", "deleteAll"].includes(operation)) throw new Error("down");
      return proceed();
    });
    const attempts = [
      async () => sessions.revoke((await sessions.list()).sessions[0]!.handle),
      () => sessions.forUser("ada").revokeAll(),
      () => sessions.revokeAll(),
    ];
    for (const attempt of attempts) {
      const laptop = await logIn();
      isDown = true;
      await expect(attempt()).rejects.toThrow(StoreError);
      expect(await who(laptop)).toBe("ada");
      isDown = false;
      await attempt();
      expect(await later(laptop)).toBeNull();
    }
  });

  test("in a store that cannot end all is an error that says so, before anything has ended", async () => {
    const full = new MemoryStore();
    const store: RememberStore = {
      create: full.create.bind(full),
      load: full.load.bind(full),
      save: full.save.bind(full),
      delete: full.delete.bind(full),
      deleteOwned: full.deleteOwned.bind(full),
    };
    const { sessions, clock, who, logIn } = setUp(setUpServer({ store: new MemoryStore() }), store);
    const laptop = await logIn();
    await expect(sessions.revokeAll()).rejects.toThrow(ConfigError);
    await expect(sessions.revokeAll()).rejects.toThrow(/deleteAll/);
    expect(await who(laptop)).toBe("ada");
    const other = setUp({ sessions, clock }, new MemoryStore());
    const phone = await other.logIn();
    await expect(sessions.revokeAll()).rejects.toThrow(/deleteAll/);
    expect(await other.later(phone)).toBe("ada");
  });
});
