import { once } from "node:events";
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

/** A demo that is served on a free port, and Chromium to look at it. */
export class DemoBrowser {
  readonly url: string;
  readonly #server: ServerType;
  readonly #browser: Browser;

  constructor(url: string, server: ServerType, browser: Browser) {
    this.url = url;
    this.#server = server;
    this.#browser = browser;
  }

  async open(): Promise<DemoTab> {
    const context = await this.#browser.newContext({
      viewport: { width: 1400, height: 900 },
      colorScheme: "light",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(this.url);
    const tab = new DemoTab(context, page);
    await tab.shows("#sent-summary", "No cookie at all");
    return tab;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}
