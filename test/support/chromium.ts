import { type Browser, chromium } from "playwright-core";

/** The Chromium that `scripts/needs.mjs` brings, asking nobody but the tests' own servers. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-sync",
      "--disable-background-networking",
    ],
  });
}
