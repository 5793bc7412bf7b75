import { expect, test } from "vitest";
import { LoginBrowser, testLogin } from "../../test/support/login-browser.ts";
import { setUpServer } from "../../test/support/server-sessions.ts";
import type { ServerSideOptions } from "../session/index.ts";
import { MemoryStore } from "../stores/memory.ts";

const REMEMBER = "__Host-remember";

function setUp(options: ServerSideOptions = {}) {
  const store = new MemoryStore();
  const server = setUpServer({ store, ...options });
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

test("five requests at once with a stranger's session are all the user's, and leave one session", async () => {
  const { auth, browser, sessions } = setUp();
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  browser.restart();
  await browser.ask(async (c) => void ((await sessions.get(c)).data["cart"] = ["tea"]));
  const asked = Array.from({ length: 5 }, () => browser.send((c) => auth.loginRequired(c)));
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(await browser.ask(async (c) => (await sessions.get(c)).data)).toEqual({ cart: ["tea"] });
  expect(await browser.ask((c) => auth.currentUser(c))).toEqual({ id: "ada" });
});

test("five requests at once without a session leave one", async () => {
  const { auth, browser, sessions, who } = setUp();
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  browser.restart();
  expect(await Promise.all(Array.from({ length: 5 }, () => who(browser)))).toEqual(Array(5).fill("ada"));
  // The one that the browser has forgotten is there as well.
  expect(await sessions.forUser("ada").list()).toHaveLength(2);
});

test("five requests at once without a session end none of another device's, however few there may be", async () => {
  const { auth, browser, clock, sessions, who } = setUp({ maxPerUser: 2 });
  const laptop = new LoginBrowser(sessions);
  await laptop.ask((c) => auth.loginUser(c, { id: "ada" }));
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  for (let hour = 0; hour < 3; hour++) {
    clock.move(3600);
    browser.restart();
    expect(await Promise.all(Array.from({ length: 5 }, () => who(browser)))).toEqual(Array(5).fill("ada"));
  }
  expect(await who(laptop)).toBe("ada");
  expect(await who(browser)).toBe("ada");
});

test("a request that comes in time and asks late is no thief", async () => {
  const { auth, browser, clock, types, who } = setUp();
  await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
  browser.restart();
  const slow = browser.copy();
  await who(browser);
  const answer = await slow.ask((c) => {
    clock.move(11);
    return auth.currentUser(c);
  });
  expect(answer).toEqual({ id: "ada" });
  expect(types()).not.toContain("remember.theft");
  expect(await who(browser)).toBe("ada");
});
