import { describe, expect, test } from "vitest";
import type { Bench, Tab } from "../demo-browser.ts";

let accounts = 0;

/** Accounts, in one window and in two. */
export function accountTests(bench: Bench): void {
  async function fillIn({ page }: Tab, name: string, password: string, remember = false): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel(/^Password/).fill(password);
    await page.getByLabel(/^Remember me/).setChecked(remember);
  }

  describe("an account", () => {
    test("two windows: whoever logs out everywhere in one is out in the other, which notices by itself", async () => {
      const [here, there] = (await Promise.all(
        ["memory", "memory"].map((place) => bench.browser.visit("/see/account", place)),
      )) as [Tab, Tab];
      const name = `Käthe ${++accounts}`;
      await fillIn(here, name, "Käsekuchen 42");
      await here.press(/^Sign up/);
      await here.shows("#who", `Logged in as ${name}`);
      await fillIn(there, name, "not the password");
      await there.press(/^Log in/);
      await there.shows("#login-result.bad", "Wrong name or password.");
      await fillIn(there, name, "Käsekuchen 42", true);
      await there.press(/^Log in/);
      await there.shows("#inside-facts", "A cookie of its own remembers you.");
      await here.page.locator("#devices-list li").nth(1).waitFor();
      await here.shows("#devices-list", "this one");
      await here.press(/^Log out everywhere/);
      await here.shows("#who", "Not logged in");
      await there.shows("#who", "Not logged in");
      await there.page.locator("#entrance").waitFor();
      expect((await here.context.cookies()).map(({ name: cookie }) => cookie)).toEqual(["place"]);
    });

    test("the way to a page behind the login leads there, and a new password ends the other devices", async () => {
      const here = await bench.browser.visit("/see/diary");
      await here.shows("#way-back", "/see/diary");
      const name = `Käthe ${++accounts}`;
      await fillIn(here, name, "Käsekuchen 42");
      await here.press(/^Sign up/);
      await here.shows("h1", "Your diary");
      const there = await bench.browser.visit("/see/account?next=//evil.example", "memory");
      await fillIn(there, name, "Käsekuchen 42");
      await there.press(/^Log in/);
      await there.page.waitForURL(`${bench.browser.url}/see/account`);
      await there.page.locator("#inside").waitFor();
      await here.page.goto(`${bench.browser.url}/see/account`);
      await here.page.getByLabel("The present one").fill("Käsekuchen 42");
      await here.page.getByLabel("The new one").fill("Knuspermüsli 43");
      await here.press(/^Change it/);
      await here.shows("#password-result.good", "Changed.");
      await here.shows("#who", `Logged in as ${name}`);
      await there.shows("#who", "Not logged in");
    });

    test("a browser that was closed is remembered; a device can be logged out from another one", async () => {
      const here = await bench.browser.visit("/see/account", "memory");
      const name = `Käthe ${++accounts}`;
      await fillIn(here, name, "Käsekuchen 42", true);
      await here.press(/^Sign up/);
      await here.page.locator("#inside").waitFor();
      await here.context.clearCookies({ name: "session" });
      await here.page.reload();
      await here.shows("#inside-facts", "enter yours again");
      const there = await bench.browser.visit("/see/account", "memory");
      await fillIn(there, name, "Käsekuchen 42");
      await there.press(/^Log in/);
      await there.page.locator("#devices-list li").nth(1).waitFor();
      await there.page.locator("#devices-list li:not(:has(.badge)) button").first().click();
      await there.shows("#wire-line", "/end 200");
    });

    test("is shown without a list where the store keeps none, and messages wait for the next page", async () => {
      const { shows, press, page, ...tab } = await bench.browser.visit("/see/account", "memcached");
      await fillIn({ ...tab, page } as Tab, `Käthe ${++accounts}`, "Käsekuchen 42");
      await press(/^Sign up/);
      await page.locator("#inside").waitFor();
      expect(await page.locator("#devices").isVisible()).toBe(false);
      await page.getByLabel("Message", { exact: true }).fill("Grüße aus Köln");
      await page.getByLabel("Message", { exact: true }).press("Enter");
      await shows("#waiting", "1 message waiting");
      await press("Open the next page");
      await shows("#flashes", "Grüße aus Köln");
      await press("Open the next page");
      await shows("#flashes", "No messages");
    });
  });
}
