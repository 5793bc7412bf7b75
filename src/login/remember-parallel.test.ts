import { expect, test } from "vitest";
import { LoginBrowser, testLogin } from "../../test/support/login-browser.ts";
import { setUpServer } from "../../test/support/server-sessions.ts";
import { MemoryStore } from "../stores/memory.ts";

const REMEMBER = "__Host-remember";

function setUp() {
  const store = new MemoryStore();
  const server = setUpServer({ store });
  const { auth } = testLogin(server.sessions, { remember: { store } });
  const browser = new LoginBrowser(server.sessions);
  const who = async (one: LoginBrowser) => (await one.ask((c) => auth.currentUser(c)))?.id ?? null;
  return { ...server, auth, browser, who };
}

test("a logout ends the session that another request has made of the same token", async () => {
  const { auth, browser, who } = setUp();
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  browser.restart();
  const slow = browser.copy(); // its answer is still under way
  expect(await who(slow)).toBe("ada");
  expect(await who(browser)).toBe("ada");
  await browser.ask((c) => auth.logoutUser(c));
  expect(await who(slow)).toBeNull();
});

test("a login ends it as well", async () => {
  const { auth, browser, who } = setUp();
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  browser.restart();
  const slow = browser.copy();
  await who(slow);
  await browser.ask((c) => auth.loginUser(c, { id: "bob" }));
  expect(await who(slow)).toBeNull();
});

test("who was remembered stays so when the password changes, also where another request has used the token", async () => {
  const { auth, browser, who } = setUp();
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  browser.restart();
  await who(browser.copy()); // the answer was lost
  expect(await browser.ask((c) => auth.loginRemembered(c))).toBe(true);
  await browser.ask((c) => auth.passwordChanged(c));
  expect(browser.cookie(REMEMBER)).toBeDefined();
  browser.restart();
  expect(await who(browser)).toBe("ada");
});
