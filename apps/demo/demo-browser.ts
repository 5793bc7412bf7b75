import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Hono } from "hono";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Fault } from "../../test/support/faulty-store.ts";
import { type ServedDemo, serveDemo } from "./test-demo.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
];

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const VIEWPORT = { width: 1400, height: 900 };

/** A window of a visitor of their own. */
export class Tab {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong in the page. */
  readonly complaints: string[] = [];

  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(40_000);
    page.on("console", (message) => {
      // A request that is refused on purpose is no fault of the page, and neither is a cookie that the browser drops.
      const intended = /the server responded with a status of (?:4\d\d|503)/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !intended) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
  }

  /** Waits until the page shows a text in an element. */
  readonly shows = async (selector: string, text: string): Promise<void> => {
    await this.page.locator(selector).filter({ hasText: text }).first().waitFor();
  };

  readonly press = async (name: string | RegExp): Promise<void> => {
    await this.page.getByRole("button", { name }).click();
  };

  async edit(name: string, value: string): Promise<void> {
    await this.press(`Edit ${name}`);
    await this.page.getByLabel("Raw value").fill(value);
    await this.press("Save the edit");
  }

  /** How far the page is wider than its window, and how many controls reach beyond it. */
  overflow(): Promise<{ width: number; clipped: number }> {
    return this.page.evaluate(() => {
      const controls = [
        ...document.querySelectorAll("main :is(button, input, select, textarea, code.token), .facts *"),
      ];
      const clipped = controls.filter((control) => control.getBoundingClientRect().right > innerWidth).length;
      return { width: document.documentElement.scrollWidth - innerWidth, clipped };
    });
  }

  /** What axe finds against WCAG 2.2 AA and good practice, or by these rules alone. */
  async violations(...rules: string[]): Promise<string[]> {
    // By the debugger's protocol: the page's own policy lets no script in.
    await this.page.evaluate(readFileSync(AXE, "utf8"));
    return this.page.evaluate(async (runOnly) => {
      const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
      const { violations } = await axe.run({ iframes: false, ...(runOnly.length > 0 && { runOnly }) });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    }, rules);
  }
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** A demo on a free port, and Chromium to look at it. */
export class DemoBrowser {
  readonly url: string;
  readonly #served: ServedDemo;
  readonly #browser: Browser;
  readonly #idle: Tab[] = [];
  readonly #busy: Tab[] = [];

  constructor(served: ServedDemo, browser: Browser) {
    this.url = served.url;
    this.#served = served;
    this.#browser = browser;
  }

  static async start(app: Hono): Promise<DemoBrowser> {
    const served = await serveDemo(app);
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
    return new DemoBrowser(served, browser);
  }

  /** Opens a page as a visitor who has no cookie yet, but for the one that says where sessions are. */
  async visit(path: string, place = "signed"): Promise<Tab> {
    const tab = this.#idle.pop() ?? (await this.#open());
    this.#busy.push(tab);
    await tab.context.addCookies([{ name: "place", value: place, url: this.url }]);
    await tab.page.goto(this.url + path);
    await tab.page.locator(":root[data-storage]").waitFor();
    return tab;
  }

  async #open(): Promise<Tab> {
    const looks = { viewport: VIEWPORT, colorScheme: "light", reducedMotion: "reduce" } as const;
    const context = await this.#browser.newContext(looks);
    return new Tab(context, await context.newPage());
  }

  /** Ends all visits; the windows are used again, as good as new. @throws Error with what went wrong in them */
  async leave(): Promise<void> {
    const tabs = this.#busy.splice(0);
    for (const { context, page } of tabs) {
      await page.goto("about:blank");
      await context.clearCookies();
      await page.setViewportSize(VIEWPORT);
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    }
    this.#idle.push(...tabs);
    const complaints = tabs.flatMap((tab) => tab.complaints.splice(0));
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("\n")}`);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#served.close();
  }
}

/** What all pages are tested with: one demo, and one browser. */
export interface Bench {
  browser: DemoBrowser;
  /** What becomes of the calls of the store `memory`; without one they are made. */
  fault: Fault | undefined;
}
