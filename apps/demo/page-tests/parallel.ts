import { describe, expect, test } from "vitest";
import type { Bench } from "../demo-browser.ts";

/** A hundred clicks at once. */
export function parallelTests(bench: Bench): void {
  describe("a hundred clicks at once", () => {
    test("are all counted on the server, and lost where the last write wins", async () => {
      const { press, shows, page } = await bench.browser.visit("/see/parallel", "memory");
      await press(/^Count 100 visits/);
      await shows("#burst-result.good", "100 answers, 2 to 101, each number once");
      expect(await page.locator("#dots .counted").count()).toBe(100);
      await page.getByLabel(/^a session that is read/).check();
      await shows("#burst-path", "100 × GET /naive/count");
      await press(/^Count 100 visits/);
      await shows("#burst-result.bad", "those visits are lost");
      expect(await page.locator("#dots .lost").count()).toBeGreaterThan(0);
    });

    test("are lost in a cookie, because they carry the same one", async () => {
      const { press, shows } = await bench.browser.visit("/see/parallel");
      await press(/^Count 100 visits/);
      await shows("#burst-result.bad", "those visits are lost");
    });
  });
}
