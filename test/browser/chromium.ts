import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CDPSession, chromium, type Page } from "playwright-core";
import type { SameSite } from "hipflask/cookie";
import type { RealBrowser, ShownCookie } from "./real-browser.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];

/** Third parties may have cookies. */
const PREFERENCES = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };

/** In a window of its own profile, or in a private one, where Chromium blocks the cookies of third parties. */
export async function startChromium(isPrivate = false): Promise<RealBrowser> {
  const launching = { executablePath: "/usr/bin/chromium", args: FLAGS };
  const settings = { ignoreHTTPSErrors: true };
  const profile = mkdtempSync(join(tmpdir(), "hipflask-chromium-"));
  mkdirSync(join(profile, "Default"));
  writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(PREFERENCES));
  const browser = isPrivate ? await chromium.launch(launching) : undefined;
  const context = browser
    ? await browser.newContext(settings)
    : await chromium.launchPersistentContext(profile, { ...launching, ...settings });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  return {
    visit: async (url) => void (await page.goto(url)),
    run: (body) => page.evaluate(`(async () => { ${body} })()`),
    runAndLeave: (body, url) => leave(page, body, url),
    press: (key) => page.keyboard.press(key),
    resize: (width, height) => page.setViewportSize({ width, height }),
    cookies: () => allCookies(devtools),
    clear: () => context.clearCookies(),
    close: async () => {
      await (browser ?? context).close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function leave(page: Page, body: string, url: string): Promise<void> {
  await Promise.all([page.waitForURL(url), page.evaluate(`(() => { ${body} })()`)]);
}

async function allCookies(devtools: CDPSession): Promise<ShownCookie[]> {
  const { cookies } = await devtools.send("Network.getAllCookies");
  return cookies.map(({ sameSite, expires, ...cookie }) => ({
    ...cookie,
    sameSite: sameSite?.toLowerCase() as SameSite | undefined,
    expires: expires === -1 ? undefined : expires,
  }));
}
