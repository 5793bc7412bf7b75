import { describe, expect, test } from "vitest";
import type { Bench, Tab } from "../demo-browser.ts";

/** The page that tries attributes against the real browser: whatever it says, this is what Chromium does. */
export function attributeTests(bench: Bench): void {
  const ANSWERS = ["scripts", "here", "elsewhere", "picture"] as const;

  /** The table's answers, as it stands when the last one was found. */
  async function answers({ page }: Tab): Promise<Record<string, string | null>> {
    const found = await page.locator(".findings tbody td:nth-child(2)").allTextContents();
    return Object.fromEntries(ANSWERS.map((name, i) => [name, found[i] ?? null]));
  }

  describe("attributes, against the browser", () => {
    test("what it keeps goes where its rules say", async () => {
      const tab = await bench.browser.visit("/see/attributes");
      for (const [recipe, expected] of [
        ["A session’s cookie", { scripts: "no", here: "yes", elsewhere: "yes", picture: "no" }],
        ["For this folder only", { scripts: "no", here: "yes", elsewhere: "no", picture: "no" }],
        // Whether third parties get cookies is a setting of the browser's, and private windows have another one.
        [
          "For strangers, with Secure",
          { scripts: "yes", here: "yes", elsewhere: "yes", picture: expect.stringMatching(/^(?:yes|no)$/) },
        ],
        ["__Host-, as it must be", { scripts: "yes", here: "yes", elsewhere: "yes", picture: "no" }],
      ] as const) {
        await tab.press(recipe);
        await tab.shows("#kept", "Kept.");
        expect([recipe, await answers(tab)]).toEqual([recipe, expected]);
      }
    });

    test("what contradicts itself it drops without a word, and the library says so before", async () => {
      const tab = await bench.browser.visit("/see/attributes");
      for (const [recipe, reason] of [
        ["For strangers, without Secure", "SameSite=None needs Secure."],
        ["__Host-, but not Secure", "__Host- needs Secure"],
      ] as const) {
        await tab.press(recipe);
        await tab.shows("#kept", "Not kept.");
        await tab.shows("#kept", reason);
        await tab.shows("#refusal-of-library", "hipflask refuses to set it");
        expect((await tab.context.cookies()).map(({ name }) => name)).toEqual(["place"]);
      }
    });

    test("a link in another site's page brings Lax along, and not Strict", async () => {
      const tab = await bench.browser.visit("/see/attributes");
      for (const [recipe, came] of [
        ["A session’s cookie", "Your browser sent the cookie along."],
        ["Never from elsewhere", "Your browser left the cookie at home."],
      ] as const) {
        await tab.press(recipe);
        await tab.shows("#kept", "Kept.");
        const link = tab.page.frameLocator("#stranger").getByRole("link");
        const [landed] = await Promise.all([tab.context.waitForEvent("page"), link.click()]);
        await landed.getByText(came).waitFor();
        await landed.close();
        await tab.shows(".findings tr:nth-child(5) td", came.includes("sent") ? "yes" : "no");
      }
    });

    test("Max-Age ends a cookie while one looks", async () => {
      const tab = await bench.browser.visit("/see/attributes");
      await tab.press("Three seconds");
      await tab.shows("#kept", "Kept.");
      await tab.shows(".findings tr:nth-child(6) td", "no");
    });
  });
}
