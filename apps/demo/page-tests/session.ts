import { describe, expect, test } from "vitest";
import type { Bench, Tab } from "../demo-browser.ts";

/** The page where the session is taken apart, in each kind of place. */
export function sessionTests(bench: Bench): void {
  const colourOf = ({ page }: Tab, selector: string) =>
    page.locator(selector).evaluate((element) => getComputedStyle(element).color);

  describe("the session's page", () => {
    test("takes a signed cookie apart; a changed character turns its signature wrong, until it is put back", async () => {
      const tab = await bench.browser.visit("/see/session");
      const { press, shows, page, context } = tab;
      await press("Get a session");
      await shows(".part.payload .tree", "count: 1");
      await shows(".part.signature", "Right");
      await shows(".set-cookie", "HttpOnly; Path=/; SameSite=Lax");
      const cookie = (await context.cookies()).find(({ name }) => name === "session")!;
      expect(await page.locator("code.token").textContent()).toBe(cookie.value);
      const bytes = "session".length + cookie.value.length;
      expect(await page.getByRole("meter").getAttribute("aria-valuenow")).toBe(String(bytes));
      await press("Change one character");
      await shows("#ignored", "token.bad_mac");
      await shows(".part.signature.wrong", "no signature that one of the keys has made");
      await shows(".part.payload .tree", "hello");
      expect(await page.locator("code.token mark").count()).toBe(1);
      expect(await colourOf(tab, ".token .signature.wrong")).not.toBe(await colourOf(tab, ".token .payload"));
      await press("Put it back");
      await shows(".part.signature", "Right");
      expect(await page.locator("#ignored").count()).toBe(0);
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("change-one");
    });

    test("a forged payload is ignored with its reason, and can be restored; what no cookie can hold is refused", async () => {
      const { press, shows, page } = await bench.browser.visit("/see/session");
      await press("Get a session");
      await page.getByLabel("Cookie", { exact: true }).selectOption("session");
      await press("Suggest an edit");
      await press("Save the edit");
      await shows("#verdict", "Ignored (token.bad_mac).");
      await shows(".part.payload .tree", "count: 999");
      await press("Restore the original");
      await shows("#verdict", "Restored");
      await page.getByLabel("Raw value").fill("two words");
      await press("Save the edit");
      await shows("#verdict", "Not written. A cookie's value cannot hold spaces");
    });

    test("shows a ticket, and what the server keeps for it; a guessed one opens nothing", async () => {
      const { press, shows, page, context } = await bench.browser.visit("/see/session", "memory");
      await shows(".counter", "Your coat");
      await press("Get a session");
      await shows(".counter .tree", "count: 1");
      await shows(".ticket", "43 random characters that mean nothing");
      await shows(".ticket .figure", "50 bytes travel with every request");
      expect(await page.locator(".times dt").allTextContents()).toEqual(["Created", "Last seen", "Ends"]);
      expect(await page.getByRole("meter").count()).toBe(0);
      await press("Change one character");
      await shows("#ignored", "sid.unknown");
      await shows(".counter.wrong", "Nothing.");
      await press("Put it back");
      await shows(".counter .tree", "count: 1");
      await page.getByLabel("Cookie", { exact: true }).selectOption("session");
      await press("Suggest an edit");
      await press("Save the edit");
      await shows("#verdict", "could only be guessed");
      await page.getByLabel("Raw value").fill("x");
      await press("Save the edit");
      await shows("#verdict", "This is no ID, so to the server you are a new visitor (sid.malformed).");
      // Whoever has another visitor's ID has the session.
      await press("Restore the original");
      await shows(".counter .tree", "count: 1");
      const { value } = (await context.cookies()).find(({ name }) => name === "session")!;
      const thief = await bench.browser.visit("/see/session", "memory");
      await thief.press("Get a session");
      await thief.edit("session", value);
      await thief.shows("#verdict", "whoever has the ID has the session");
    });

    test("an encrypted cookie is noise, and a changed one is nothing", async () => {
      const { press, shows, page } = await bench.browser.visit("/see/session", "encrypted");
      await press("Get a session");
      await shows(".counter .tree", "count: 1");
      await shows("#cookies", "encrypted, unreadable");
      await press("Change one character");
      await shows("#ignored", "token.");
      await shows(".counter.wrong", "the box stays shut");
      await press("Put it back");
      await shows(".counter .tree", "count: 1");
      expect(await page.locator("#ignored").count()).toBe(0);
    });

    test("notes fill a cookie until it is refused, and a store does not mind", async () => {
      const inCookie = await bench.browser.visit("/see/session");
      for (const size of ["bytes, with every request", "bytes, with every request"]) {
        await inCookie.press(/^Put a note in/);
        await inCookie.shows("#size-result.good", size);
      }
      for (let i = 0; i < 2; i++) {
        await inCookie.press(/^Put a note in/);
        await inCookie.page.locator("#size-result:not(:empty)").waitFor();
      }
      await inCookie.shows("#size-result.bad", "Refused, and the session is as it was.");
      const onServer = await bench.browser.visit("/see/session", "memory");
      for (let i = 0; i < 5; i++) await onServer.press(/^Put a note in/);
      await onServer.shows("#size-result.good", "and the cookie has 50");
      await onServer.shows(".counter .figure", "5,");
    });
  });
}
