import type { AddressInfo } from "node:net";
import { serve, type ServerType } from "@hono/node-server";
import type { Hono } from "hono";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
];

/** A window of a visitor who has no cookie yet. */
export interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong in the page. */
  readonly complaints: string[];
}

/** A demo on a free port, and Chromium to look at it. */
export class DemoBrowser {
  readonly url: string;
  readonly #server: ServerType;
  readonly #browser: Browser;

  constructor(url: string, server: ServerType, browser: Browser) {
    this.url = url;
    this.#server = server;
    this.#browser = browser;
  }

  static async start(app: Hono): Promise<DemoBrowser> {
    let server!: ServerType;
    const { port } = await new Promise<AddressInfo>((resolve) => {
      server = serve(
        {
          fetch: (request) => app.fetch(request),
          hostname: "127.0.0.1",
          port: 0,
          overrideGlobalObjects: false,
        },
        resolve,
      );
    });
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
    return new DemoBrowser(`http://127.0.0.1:${port}`, server, browser);
  }

  async open(): Promise<Tab> {
    const viewport = { width: 1400, height: 900 };
    const context = await this.#browser.newContext({ viewport, colorScheme: "light" });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on("console", (message) => {
      // A request that is refused on purpose is no fault of the page.
      const intended = /the server responded with a status of (?:4\d\d|503)/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !intended) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(this.url);
    await shows(page, "#sent-summary", "No cookie at all");
    return { context, page, complaints };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

/** Waits until the page shows a text in an element. */
export async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor();
}

/** How far the page is wider than its window, and how many controls reach beyond it. */
export function overflow(page: Page): Promise<{ width: number; clipped: number }> {
  return page.evaluate(() => {
    const controls = [...document.querySelectorAll("button, input, select, textarea, code.token")];
    const clipped = controls.filter((control) => control.getBoundingClientRect().right > innerWidth).length;
    return { width: document.documentElement.scrollWidth - innerWidth, clipped };
  });
}
