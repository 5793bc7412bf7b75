import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Bench, Tab } from "../demo-browser.ts";
import { PAGES } from "../page.ts";

/** A folder for pictures that people look at; taking them takes time. */
const PICTURES = process.env["HIPFLASK_PICTURES"];

const LOOKS = [
  [1400, "light"],
  [1400, "dark"],
  [320, "light"],
  [320, "dark"],
] as const;

/** How all pages look, and whether everybody can use them. */
export function looksTests(bench: Bench): void {
  const pathOf = (name: string) => (name === "overview" ? "/" : `/see/${name}`);

  /** With something to show. */
  async function fill({ press, shows, page }: Tab, name: string): Promise<void> {
    if (name === "overview") await press(/^Count a visit/);
    if (name === "session") await press("Change one character");
    if (name === "store") await press("Buy Moon");
    if (name === "attributes") await press("Never from elsewhere");
    if (name === "parallel") await press(/^Count 100 visits/);
    if (name === "attributes") await page.locator(".findings").waitFor();
    if (name === "parallel") await page.locator("#burst-result:not(:empty)").waitFor();
    if (name === "session") await shows("#ignored", "Ignored");
  }

  describe("every page", () => {
    test.each(["signed", "encrypted", "memory"])(
      "fits at any width, light and dark, and axe finds nothing (%s)",
      async (place) => {
        const tab = await bench.browser.visit("/", place);
        await tab.press(/^Count a visit/);
        await tab.shows("#wire-line", "GET /sessions/count");
        for (const name of place === "signed" ? PAGES : (["overview", "session"] as const)) {
          await tab.page.setViewportSize({ width: 1400, height: 900 });
          await tab.page.goto(bench.browser.url + pathOf(name));
          await tab.page.locator(":root[data-storage]").waitFor();
          if (place !== "memory") await fill(tab, name);
          for (const [width, colorScheme] of LOOKS) {
            await tab.page.setViewportSize({ width, height: 900 });
            await tab.page.emulateMedia({ colorScheme });
            expect([name, width, await tab.overflow()]).toEqual([name, width, { width: 0, clipped: 0 }]);
            if (PICTURES !== undefined) {
              const path = join(PICTURES, `${place}-${name}-${width}-${colorScheme}.png`);
              await tab.page.screenshot({ path });
            }
            if (width === 1400) {
              // In the dark the colours alone are others.
              const rules = colorScheme === "dark" ? ["color-contrast"] : [];
              expect([name, colorScheme, await tab.violations(...rules)]).toEqual([name, colorScheme, []]);
            }
          }
        }
      },
      120_000,
    );

    test("is reached by keyboard, in order, and says which one it is", async () => {
      const { page, shows } = await bench.browser.visit("/see/store");
      await page.keyboard.press("Tab");
      await shows(":focus", "Skip to the page");
      await page.keyboard.press("Enter");
      await page.locator("#products button").first().waitFor();
      await page.keyboard.press("Tab");
      await shows(":focus", "Buy");
      expect(await page.getByRole("navigation").locator("[aria-current=page]").textContent()).toBe(
        "Online store",
      );
      expect(await page.title()).toBe("A store that counts twice · hipflask demo");
    });
  });
}
