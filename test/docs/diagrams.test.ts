import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mermaidOptions } from "../../site/.vitepress/theme/mermaid-options.mjs";
import { launchChromium } from "../support/chromium.ts";
import { describeWith } from "../support/provisioned.ts";
import { blocksOf } from "./markdown.ts";
import { PAGES, read, root } from "./pages.ts";

/** What the site draws with; CI installs it (`scripts/provision.mjs`). */
const MERMAID = join(root, "site/node_modules/mermaid/dist/mermaid.min.js");
const isThere = existsSync(MERMAID) || process.env["CI"] === "true";

const diagrams = PAGES.flatMap((page) =>
  blocksOf(read(page))
    .filter(({ language }) => language === "mermaid")
    .map(({ text, line }) => ({ place: `${page}:${line}`, text })),
);

/** Draws as the site does, in a page of its own. @returns the picture's words. Rejects where there is a mistake. */
async function draw(page: Page, text: string, isDark: boolean): Promise<string> {
  return page.evaluate(
    async ([source, options]) => {
      // What the script has put there.
      const { mermaid } = globalThis as unknown as { mermaid: Mermaid };
      mermaid.initialize(options);
      const { svg } = await mermaid.render("drawing", source);
      const drawing = new DOMParser().parseFromString(svg, "text/html").querySelector("svg")!;
      drawing.querySelectorAll("style").forEach((style) => style.remove());
      return drawing.textContent;
    },
    [text, mermaidOptions(isDark)] as const,
  );
}

interface Mermaid {
  initialize(options: object): void;
  render(id: string, text: string): Promise<{ svg: string }>;
}

describeWith("chromium", "diagrams", () => {
  describe.skipIf(!isThere)(isThere ? "are drawn" : "are drawn (skipped: npm ci --prefix site)", () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      browser = await launchChromium();
      page = await browser.newPage();
      await page.addScriptTag({ path: MERMAID });
    }, 60_000);
    afterAll(() => browser.close());

    test.each(diagrams)("$place", async ({ text }) => {
      const words = text.match(/(?<=: |as )\p{L}+$/gmu) ?? [];
      for (const isDark of [false, true]) {
        const drawn = await draw(page, text, isDark);
        expect(drawn).not.toBe("");
        for (const word of words) expect(drawn).toContain(word);
      }
    });

    test("a diagram with a mistake is none", async () => {
      await expect(draw(page, "sequenceDiagram\n  A->>\n", false)).rejects.toThrow(/Parse error/);
    });
  });
});
