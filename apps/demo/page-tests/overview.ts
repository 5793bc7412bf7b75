import { describe, expect, test } from "vitest";
import type { Bench } from "../demo-browser.ts";

/** The first page: requests, where the data is, and moving it. */
export function overviewTests(bench: Bench): void {
  describe("the overview", () => {
    test("shows each request on its way, and what the store was asked", async () => {
      const { page, press, shows } = await bench.browser.visit("/", "memory");
      await press(/^Count a visit/);
      await shows(".steps", "The browser sends GET /sessions/count, with 11 bytes of cookies.");
      await shows(".steps", "puts a new session into the store");
      await shows(".steps", "The server answers 200, and 1 cookie of 51 bytes.");
      await shows("#kept .tree", "count: 1");
      await press(/^Count a visit/);
      await shows(".steps", "writes the session over the version that it had read");
      await shows("#kept .tree", "count: 2");
      await press(/^Follow the crumbs/);
      await shows(".steps", "Nobody needs the session: the store is not asked.");
      await shows("#carried", "mouse");
      await press(/^Ask for an unknown key/);
      await shows("#wire-line", "404");
      await shows("#wire-body pre", "known_keys");
      expect(await page.locator(".stage .node").allTextContents()).toEqual(["Browser", "Server", "memory"]);
    });

    test("draws the way with motion only for who wants it", async () => {
      const { page, press, shows } = await bench.browser.visit("/", "memory");
      await press(/^Say hello/);
      await shows(".steps", "The server answers 200");
      expect(await page.locator(".to-come, .moving").count()).toBe(0);
      await page.emulateMedia({ reducedMotion: "no-preference" });
      await press(/^Count a visit/);
      await page.locator(".packet.moving").first().waitFor();
      await page.locator(".to-come").first().waitFor({ state: "detached" });
    });

    test("moves the session from place to place, by button and by menu", async () => {
      const { page, press, shows, context } = await bench.browser.visit("/");
      await press(/^Count a visit/);
      await shows("#kept", "All of it is in the cookie");
      await press("Move to memory");
      await shows("#kept .tree", "count: 1");
      await shows("#wire-line", "POST /places/memory 200");
      expect((await context.cookies()).find(({ name }) => name === "session")!.value).toMatch(/^[\w-]{43}$/);
      await page.getByLabel("Sessions are kept in").selectOption("encrypted");
      await shows("#place-encrypted button", "You are here");
      await press(/^Count a visit/);
      await shows("#wire-body pre", '"session_value": 2');
    });

    test("says so when a place takes nobody in, and leaves the visitor where they are", async () => {
      const { press, shows, page } = await bench.browser.visit("/");
      bench.fault = () => Promise.reject(new Error("The cable is out."));
      await press(/^Count a visit/);
      await press("Move to memory");
      await shows("#refusal", "Not moved. The store that keeps the sessions does not answer");
      expect(await page.getByLabel("Sessions are kept in").inputValue()).toBe("signed");
    });

    test("wears the theme of its cookie, and sends names as they are", async () => {
      const { page, press, shows } = await bench.browser.visit("/");
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await paper();
      await press("Go dark");
      await shows("#carried", "theme");
      expect(await paper()).not.toBe(light);
      await press("Forget the theme");
      await shows("#wire-line", "DELETE /cookie");
      await shows("#sent-summary", "1 cookie, 11 bytes");
      expect(await paper()).toBe(light);
      await page.locator("#username").fill("Zoë & Łukasz");
      await press("Set it");
      await shows("#carried", "Zoë & Łukasz");
      await press("Read it");
      await shows("#wire-body pre", "Welcome back, Zoë & Łukasz");
    });

    test("fast clicks lose nothing, because requests wait for one another", async () => {
      const { press, shows } = await bench.browser.visit("/");
      for (let i = 0; i < 5; i++) await press(/^Count a visit/);
      await shows("#wire-body pre", '"session_value": 5');
    });

    test("says so when the server or its store is gone, and goes on by itself when it is back", async () => {
      const tab = await bench.browser.visit("/", "memory");
      const { press, shows, page, context } = tab;
      await press(/^Count a visit/);
      await shows("#kept .tree", "count: 1");
      bench.fault = () => Promise.reject(new Error("The cable is out."));
      await press(/^Count a visit/);
      await shows("#offline", "The store that keeps the sessions does not answer. You are not logged out");
      await shows("#wire-line", "GET /sessions/count 503");
      await shows(".steps", "asks the store for the session: no answer");
      bench.fault = undefined;
      await page.locator("#offline").waitFor({ state: "hidden" });
      await press(/^Count a visit/);
      await shows("#kept .tree", "count: 2");
      await context.route("**/sessions/*", (route) => route.abort());
      await press(/^Count a visit/);
      await shows("#offline", "The server does not answer");
      await context.unroute("**/sessions/*");
      await press(/^Count a visit/);
      await shows("#kept .tree", "count: 3");
      // The browser reports the request that failed by itself.
      expect(tab.complaints.splice(0)).toEqual([expect.stringContaining("ERR_FAILED")]);
    });
  });
}
