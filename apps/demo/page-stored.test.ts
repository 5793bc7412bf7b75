import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "hipflask/stores/memory";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Fault, faultyStore } from "../../test/support/faulty-store.ts";
import { describeWith } from "../../test/support/provisioned.ts";
import { createApp } from "./app.ts";
import { DemoBrowser, overflow, shows as showsIn, type Tab } from "./demo-browser.ts";
import { createStoredSessions } from "./demo-sessions.ts";

const plugged: Fault = (_, proceed) => proceed();
const unplugged: Fault = () => Promise.reject(new Error("The cable is out."));

describeWith("chromium", "the page in Chromium, with sessions on the server", () => {
  let demo: DemoBrowser;
  let context: BrowserContext;
  let page: Page;
  let tabs: Tab[];
  let network: Fault;
  /** For people to look at; each run replaces the last one's. */
  const pictures = join(tmpdir(), "hipflask-demo-pictures");

  beforeAll(async () => {
    const store = faultyStore(new MemoryStore(), (operation, proceed) => network(operation, proceed));
    demo = await DemoBrowser.start(createApp(createStoredSessions({ store }), { name: "memory", store }));
  }, 60_000);

  afterAll(() => demo.close());

  beforeEach(async () => {
    network = plugged;
    tabs = [await demo.open()];
    ({ context, page } = tabs[0]!);
  });

  afterEach(async () => {
    for (const tab of tabs) await tab.context.close();
    const complaints = tabs.flatMap((tab) => tab.complaints);
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("\n")}`);
  });

  async function shows(selector: string, text: string) {
    await showsIn(page, selector, text);
  }

  async function press(name: string | RegExp) {
    await page.getByRole("button", { name }).click();
  }

  /** What the server keeps of the session, as the page shows it. */
  async function kept(text: string) {
    await shows(".counter .tree", text);
  }

  test("shows a ticket, and what the server keeps for it", async () => {
    await shows("#storage", "Kept on the server: memory");
    await shows(".counter", "Your coat");
    await press("Get a session");
    await kept("count: 1");
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({
      name: "session",
      httpOnly: true,
      value: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await page.locator("code.token").textContent()).toBe(cookie!.value);
    await shows(".ticket", "43 random characters that mean nothing");
    await shows(".ticket .figure", "50 bytes travel with every request");
    expect(await page.locator(".times dt").allTextContents()).toEqual(["Created", "Last seen", "Ends"]);
    expect(await page.getByRole("meter").count()).toBe(0);
  });

  test("a changed character leads nowhere, until it is put back", async () => {
    await press("Get a session");
    await kept("count: 1");
    await press("Change one character");
    await shows("#ignored", "Unknown ID: no session.");
    await shows("#ignored", "sid.unknown");
    await shows(".counter.wrong", "Nothing.");
    await shows("#verdict", "Unknown ID: no session. So to the server you are a new visitor");
    expect(await page.locator("code.token mark").count()).toBe(1);
    await press("Put it back");
    await kept("count: 1");
    await shows("#verdict", "Restored");
    expect(await page.locator("#ignored").count()).toBe(0);
  });

  test("a guessed ID and what is no ID open nothing", async () => {
    await page.getByRole("button", { name: "Buy Moon" }).click();
    await shows("#total-session", "€45");
    await page.getByLabel("Cookie", { exact: true }).selectOption("session");
    await press("Suggest an edit");
    expect(await page.getByLabel("Raw value").inputValue()).toMatch(/^[\w-]{43}$/);
    await press("Save the edit");
    await shows("#verdict", "could only be guessed");
    await shows("#total-session", "€0");
    await page.getByLabel("Raw value").fill("x");
    await press("Save the edit");
    await shows("#verdict", "This is no ID, so to the server you are a new visitor (sid.malformed).");
    await press("Restore the original");
    await shows("#total-session", "€45");
  });

  test("whoever has another visitor's ID has the session", async () => {
    const thief = await demo.open();
    tabs.push(thief);
    await press("Get a session");
    await kept("count: 1");
    const [{ value } = { value: "" }] = await context.cookies();
    await thief.page.getByRole("button", { name: "Get a session" }).click();
    await thief.page.getByLabel("Raw value").fill(value);
    await thief.page.getByRole("button", { name: "Save the edit" }).click();
    await showsIn(thief.page, "#verdict", "whoever has the ID has the session");
  });

  test("twenty visits at once are all counted", async () => {
    await press("Count 20 visits at once");
    await shows("#burst-result.good", "20 answers, 1 to 20, each number once");
    await kept("count: 20");
  });

  test("lists the user's sessions, and ends them all with one button", async () => {
    const desk = await demo.open();
    tabs.push(desk);
    await desk.page.getByRole("button", { name: /^Log in POST/ }).click();
    await showsIn(desk.page, "#who", "Logged in as Käthe Größe");
    await press(/^Log in POST/);
    await shows("#logins-list li", "this one");
    await shows(".ticket", "a tag of the user");
    await press(/^Log in on a phone/);
    await shows("#logins-list li", "Phone in your pocket");
    expect(await page.locator("#logins-list li").count()).toBe(3);
    await shows("#waiting", "1 message waiting");
    await press(/^Log out everywhere/);
    await shows("#who", "Not logged in");
    expect(await page.locator("#logins").isVisible()).toBe(false);
    expect(await context.cookies()).toEqual([]);
    await desk.page.reload();
    await showsIn(desk.page, "#ignored", "Unknown ID: no session.");
    await showsIn(desk.page, "#who", "Not logged in");
  });

  test("says so when the store is down, and goes on by itself when it is back", async () => {
    await press("Get a session");
    await kept("count: 1");
    network = unplugged;
    await press(/^Count a visit/);
    await shows("#offline", "The store that keeps the sessions does not answer. You are not logged out");
    await shows("#wire-line", "GET /sessions/count 503");
    await press("Follow the crumbs");
    await shows("#wire-line", "GET /crumbs 200");
    network = plugged;
    await page.locator("#offline").waitFor({ state: "hidden" });
    await shows("#cookies", "mouse");
    await press(/^Count a visit/);
    await kept("count: 2");
  });

  test("a page that is opened while the store is down comes to life with it", async () => {
    await press("Get a session");
    await kept("count: 1");
    network = unplugged;
    await page.reload();
    await shows("#offline", "does not answer");
    network = plugged;
    await kept("count: 1");
    await page.locator("#offline").waitFor({ state: "hidden" });
  });

  test("says how to keep sessions in the cookie", async () => {
    await shows("#place-server", "you are here");
    await shows("#place-signed .start", "npm start");
    expect(await page.locator(".if-signed").locator("visible=true").count()).toBe(0);
    await page.locator("#storage").click();
    expect(await page.evaluate(() => location.hash)).toBe("#places-title");
  });

  test.each([
    ["stored-1400-light", 1400, "light"],
    ["stored-1400-dark", 1400, "dark"],
    ["stored-375-light", 375, "light"],
    ["stored-375-dark", 375, "dark"],
  ] as const)("fits at %s", async (name, width, colorScheme) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await press("Count 20 visits at once");
    await kept("count: 20");
    await press(/^Log in POST/);
    await shows("#logins-list li", "this one");
    expect(await overflow(page)).toEqual({ width: 0, clipped: 0 });
    await press("Change one character");
    await shows("#ignored", "sid.unknown");
    expect(await overflow(page)).toEqual({ width: 0, clipped: 0 });
    const file = join(pictures, `${name}.png`);
    await page.screenshot({ path: file });
    expect(statSync(file).size).toBeGreaterThan(10_000);
  });
});

describeWith("chromium", "the page in Chromium, with a store that keeps no list of a user's sessions", () => {
  test("shows none, and complains of nothing", async () => {
    const store = new Proxy(new MemoryStore(), {
      get: (target, name) => {
        const method = name === "listOwned" ? undefined : Reflect.get(target, name);
        return typeof method === "function" ? method.bind(target) : method;
      },
    });
    const demo = await DemoBrowser.start(
      createApp(createStoredSessions({ store }), { name: "memcached", store }),
    );
    try {
      const { page, complaints } = await demo.open();
      await page.getByRole("button", { name: /^Log in POST/ }).click();
      await showsIn(page, "#who", "Logged in as");
      await showsIn(page, "#storage", "Kept on the server: memcached");
      expect(await page.locator("#logins").isVisible()).toBe(false);
      expect(await page.locator("#offline").isVisible()).toBe(false);
      expect(complaints).toEqual([]);
    } finally {
      await demo.close();
    }
  });
});
