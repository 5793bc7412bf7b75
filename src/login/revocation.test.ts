import { describe, expect, test } from "vitest";
import { LoginBrowser, testLogin } from "../../test/support/login-browser.ts";
import { setUpRevocable } from "../../test/support/revocable-sessions.ts";
import { MemoryStore } from "../stores/memory.ts";

/** Sessions in cookies and remembered logins, with one store for both. */
function setUp() {
  const store = new MemoryStore({ maxRecords: 1000 });
  const setting = setUpRevocable("encrypted", { store });
  const { auth } = testLogin(setting.sessions, { remember: { store } });
  const who = async (browser: LoginBrowser) => (await browser.ask((c) => auth.currentUser(c)))?.id ?? null;
  const logIn = async (browser: LoginBrowser, remember = false) => {
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember }));
    return browser;
  };
  return { ...setting, auth, who, logIn, open: () => new LoginBrowser(setting.sessions) };
}

describe("logins with sessions in cookies that a store can revoke", () => {
  test("end with a new password in every copy and on every other device", async () => {
    const { auth, who, logIn, open, sessions } = setUp();
    const [laptop, phone] = [await logIn(open()), await logIn(open(), true)];
    const thief = laptop.copy();
    await laptop.ask((c) => auth.passwordChanged(c));
    expect(await Promise.all([laptop, phone, thief].map(who))).toEqual(["ada", null, null]);
    expect(await laptop.ask((c) => auth.loginFresh(c))).toBe(true);
    expect(await sessions.forUser("ada").list()).toHaveLength(1);
    await auth.logoutEverywhere("ada");
    expect(await who(laptop)).toBe(null);
  });

  test("end with the logout, in every copy", async () => {
    const { auth, who, logIn, open } = setUp();
    const laptop = await logIn(open(), true);
    const thief = laptop.copy();
    await laptop.send((c) => auth.logoutUser(c));
    expect(await Promise.all([laptop, thief].map(who))).toEqual([null, null]);
  });

  test("end where a remember-me token was stolen, and the one who came with it first is out, too", async () => {
    const { who, logIn, open, clock, types } = setUp();
    const victim = await logIn(open(), true);
    const thief = victim.copy();
    for (const browser of [victim, thief]) browser.restart();
    expect(await who(thief)).toBe("ada");
    clock.move(60);
    expect(await who(victim)).toBe(null);
    expect(await who(thief)).toBe(null);
    expect(types()).toContain("remember.theft");
  });

  test("are shown as devices", async () => {
    const { auth, logIn, open } = setUp();
    const laptop = await logIn(open());
    await logIn(open());
    const devices = await laptop.ask((c) => auth.devices(c));
    expect(devices!.map(({ device }) => device)).toEqual(["Firefox on Linux", "Firefox on Linux"]);
    expect(devices!.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
  });
});
