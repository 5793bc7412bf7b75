import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWith } from "../../test/support/provisioned.ts";
import { createApp } from "./app.ts";
import { DemoBrowser, overflow, shows as showsIn } from "./demo-browser.ts";
import { createDemoSessions } from "./demo-sessions.ts";

describeWith("chromium", "the page in Chromium", () => {
  let demo: DemoBrowser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  /** For people to look at; each run replaces the last one's. */
  const pictures = join(tmpdir(), "hipflask-demo-pictures");

  beforeAll(async () => {
    const keys = { secretKey: "Zb0u1mZQmJv7gk4WcX2n9sTtR5eYpLqA", secretKeyFallbacks: [] };
    demo = await DemoBrowser.start(createApp(createDemoSessions(keys)));
  }, 60_000);

  afterAll(() => demo.close());

  beforeEach(async () => {
    ({ context, page, complaints } = await demo.open());
  });

  afterEach(async () => {
    await context.close();
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("\n")}`);
  });

  async function shows(selector: string, text: string) {
    await showsIn(page, selector, text);
  }

  async function press(name: string | RegExp) {
    await page.getByRole("button", { name }).click();
  }

  test("the first button gives a session, taken apart in three parts", async () => {
    await press("Get a session");
    await shows(".part.payload .tree", "count: 1");
    await shows(".part.signature", "Right");
    await shows("#wire-line", "GET /sessions/count 200 1 cookie set");
    await shows(".set-cookie", "HttpOnly; Path=/; SameSite=Lax");
    await shows("#wire-body pre", '"session_value": 1');
    const [cookie] = await context.cookies();
    expect(await page.locator("code.token").textContent()).toBe(cookie!.value);
    const bytes = "session".length + cookie!.value.length;
    expect(await page.getByRole("meter").getAttribute("aria-valuenow")).toBe(String(bytes));
  });

  test("a changed character turns the signature wrong, with the reason, until it is put back", async () => {
    await press("Get a session");
    await press("Change one character");
    await shows("#ignored", "token.bad_mac");
    await shows(".part.signature.wrong", "signature does not match any key");
    await shows(".part.payload .tree", "hello");
    expect(await page.locator("code.token mark").count()).toBe(1);
    const [right, wrong] = [await colourOf(".token .payload"), await colourOf(".token .signature.wrong")];
    expect(wrong).not.toBe(right);
    await press("Put it back");
    await shows(".part.signature", "Right");
    expect(await page.locator("#ignored").count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("change-one");
  });

  async function colourOf(selector: string): Promise<string> {
    return page.locator(selector).evaluate((element) => getComputedStyle(element).color);
  }

  test("an edited plain total is believed, and the session tells the difference", async () => {
    await page.getByRole("button", { name: "Buy Hip flask" }).click();
    await page.getByRole("button", { name: "Buy Knuspermüsli" }).click();
    await shows("#total-session", "€45");
    await edit("total", "1");
    await shows("#verdict", "Believed. The store takes your total to be €1.");
    await shows("#totals-note", "They disagree");
    await press("Check out");
    await shows("#receipt", "By the plain cookie you pay €1, by the session €45.");
    await shows("#cart", "Your cart is empty");
  });

  test("an edited session is ignored with its reason, and can be restored", async () => {
    await page.getByRole("button", { name: "Buy Moon" }).click();
    await shows("#total-session", "€45");
    await page.getByLabel("Cookie", { exact: true }).selectOption("session");
    await press("Suggest an edit");
    await press("Save the edit");
    await shows("#verdict", "Ignored (token.bad_mac).");
    await shows(".part.payload .tree", "total: 1");
    await shows("#total-session", "€0");
    await press("Restore the original");
    await shows("#verdict", "Restored");
    await shows("#total-session", "€45");
  });

  async function edit(name: string, value: string) {
    await page.getByRole("button", { name: `Edit ${name}` }).click();
    await page.getByLabel("Raw value").fill(value);
    await press("Save the edit");
  }

  test("what no cookie can hold is refused in words", async () => {
    await press("Follow the crumbs");
    await edit("mouse", "two words");
    await shows("#verdict", "Not written. A cookie's value cannot hold spaces");
    await edit("mouse", "Katze");
    await shows("#verdict", "The server takes mouse to be “Katze”");
  });

  test("logging in, messages and logging out", async () => {
    await page.getByLabel("Your name").fill("Jörg Weiß");
    await press("Log in");
    await shows("#who", "Logged in as Jörg Weiß");
    await page.getByLabel("Message", { exact: true }).fill("Grüße aus Köln");
    await page.getByLabel("Message", { exact: true }).press("Enter");
    await shows("#waiting", "2 messages waiting");
    await press("Open the next page");
    await shows("#flashes", "Welcome, Jörg Weiß!");
    await shows("#flashes", "Grüße aus Köln");
    await press("Open the next page");
    await shows("#flashes", "No messages");
    await press("Log out");
    await shows("#who", "Not logged in");
    expect(await context.cookies()).toEqual([]);
  });

  test("the username goes out encoded and comes back as it was", async () => {
    await page.locator("#username").fill("Zoë & Łukasz");
    await press("Set it");
    await shows("#cookies", "stands for “Zoë & Łukasz”");
    await press("Read it");
    await shows("#wire-body pre", "Welcome back, Zoë & Łukasz");
  });

  test("the page wears the theme of its cookie", async () => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await press("Go dark");
    await shows("#cookies", "theme");
    expect(await paper()).not.toBe(light);
    await page.reload();
    await shows("#cookies", "theme");
    expect(await paper()).not.toBe(light);
    await press("Forget the theme");
    await shows("#sent-summary", "No cookie at all");
    expect(await paper()).toBe(light);
  });

  test("fast clicks lose nothing, because requests wait for one another", async () => {
    await press("Get a session");
    await shows(".tree", "count: 1");
    for (let i = 0; i < 5; i++) await press(/^Count a visit/);
    await shows(".tree", "count: 6");
  });

  test("visits at once are lost, because they carry one cookie", async () => {
    await press("Count 20 visits at once");
    await shows("#burst-result.bad", "those visits are lost");
  });

  test("says that sessions are in the cookie, and how to keep them on the server", async () => {
    await shows("#storage", "Kept in the cookie");
    await shows("#place-signed", "you are here");
    await shows("#place-server .start", "STORAGE=server STORE=file npm start");
    expect(
      await page.locator("#place-server .here, #place-signed .start").locator("visible=true").count(),
    ).toBe(0);
    expect(await page.locator(".if-server").locator("visible=true").count()).toBe(0);
  });

  test("an unknown key is shown as what it is", async () => {
    await press("Ask for an unknown key");
    await shows("#wire-line", "404");
    await shows("#wire-body pre", "known_keys");
  });

  test("says so when the server is gone, and when it is back", async () => {
    await context.route("**/sessions/*", (route) => route.abort());
    await press(/^Count a visit/);
    await shows("#offline", "The server does not answer");
    await context.unroute("**/sessions/*");
    await press(/^Count a visit/);
    await shows(".tree", "count: 1");
    expect(await page.locator("#offline").isVisible()).toBe(false);
    // The browser reports the request that failed by itself.
    expect(complaints.splice(0)).toEqual([expect.stringContaining("ERR_FAILED")]);
  });

  test("everything has a name, and the keyboard reaches it in order", async () => {
    await press("Get a session");
    await shows(".tree", "count: 1");
    const nameless = await page.evaluate(
      () =>
        [...document.querySelectorAll("button, input, select, textarea, a[href]")].filter(
          (control) =>
            !(
              control.textContent?.trim() ||
              control.getAttribute("aria-label") ||
              (control as HTMLInputElement).labels?.length
            ),
        ).length,
    );
    expect(nameless).toBe(0);
    await page.reload();
    await shows(".tree", "count: 1");
    await page.keyboard.press("Tab");
    await shows(":focus", "Skip to the session cookie");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await shows(":focus", "Change one character");
  });

  test.each([
    ["1400-light", 1400, "light"],
    ["1400-dark", 1400, "dark"],
    ["375-light", 375, "light"],
    ["375-dark", 375, "dark"],
  ] as const)("fits at %s", async (name, width, colorScheme) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await press("Follow the crumbs");
    await page.getByRole("button", { name: "Buy Moon" }).click();
    await press("Log in");
    await shows("#who", "Käthe");
    await press("Change one character");
    await shows("#ignored", "token.bad_mac");
    expect(await overflow(page)).toEqual({ width: 0, clipped: 0 });
    const file = join(pictures, `${name}.png`);
    await page.screenshot({ path: file });
    expect(statSync(file).size).toBeGreaterThan(10_000);
  });
});
