import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWith } from "../support/provisioned.ts";
import { fill, HOSTILE, serveAdmin, setUpAdmin } from "./admin-sessions.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HEADERS = { Authorization: "Basic YWRtaW46b3Blbg==" };
/** Milliseconds that a test may take: a browser on a machine that has much else to do. */
const SLOW = 60_000;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

describeWith("chromium", "the session administration in Chromium", () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let setting: ReturnType<typeof setUpAdmin>;
  let server: Awaited<ReturnType<typeof serveAdmin>>;
  let complaints: string[];
  /** For people to look at; each run replaces the last one's. */
  const pictures = join(tmpdir(), "hipflask-admin-pictures");

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
  }, 60_000);

  afterAll(() => browser.close());

  beforeEach(async () => {
    setting = setUpAdmin();
    server = await serveAdmin(setting);
    complaints = [];
    await open({});
  });

  afterEach(async () => {
    await context.close();
    server.close();
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("\n")}`);
  });

  async function open(options: Parameters<Browser["newContext"]>[0]) {
    context = await browser.newContext({
      viewport: { width: 1100, height: 820 },
      extraHTTPHeaders: HEADERS,
      ...options,
    });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on("console", (message) => {
      const intended = /the server responded with a status of 403/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !intended) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
  }

  const go = (place: string) => page.goto(`${server.url}/admin/sessions${place}`);

  async function violations(): Promise<string[]> {
    await page.evaluate(AXE);
    const found = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as {
      id: string;
      nodes: { html: string }[];
    }[];
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  const overflow = () => page.evaluate("document.documentElement.scrollWidth - innerWidth");

  test.each([
    ["light", 1100],
    ["dark", 360],
  ] as const)(
    "axe finds nothing in %s at %i pixels, and nothing sticks out",
    async (colorScheme, width) => {
      const visitors = await fill(setting, 40);
      for (const visitor of visitors.slice(0, 9)) await visitor.visit((session: any) => session.destroy());
      await context.close();
      await open({ colorScheme, viewport: { width, height: 820 } });
      await go("/health");
      await page.getByRole("button", { name: "Count now" }).click();
      const pages = {
        list: "/",
        user: "/?user=ada%40example.com&done=one",
        everybody: "/everybody",
        health: "/health",
      };
      for (const [name, place] of Object.entries(pages)) {
        await go(place);
        expect(await violations()).toEqual([]);
        expect(await overflow()).toBeLessThanOrEqual(0);
        await page.screenshot({
          path: join(pictures, `${name}-${colorScheme}-${width}.png`),
          fullPage: true,
        });
      }
      const paper = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(paper).toBe(colorScheme === "dark" ? "rgb(20, 22, 26)" : "rgb(251, 250, 248)");
    },
    60_000,
  );

  test(
    "a session is ended with the keyboard alone, and the page says so",
    async () => {
      await fill(setting, 12);
      await go("/");
      const name = "End the session of ada@example.com on Firefox on Linux";
      const button = page.getByRole("button", { name });
      expect(await button.count()).toBe(1);
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab");
        if (await button.evaluate((element) => element === document.activeElement)) break;
      }
      await Promise.all([page.waitForURL(/done=one/), page.keyboard.press("Enter")]);
      expect(await page.getByRole("status").textContent()).toBe("The session was ended.");
      expect(await page.getByRole("button", { name }).count()).toBe(0);
      expect(await page.getByRole("row").count()).toBe(12);
    },
    SLOW,
  );

  test(
    "names and devices are text, whatever is in them",
    async () => {
      await fill(setting, HOSTILE.length);
      await go("/");
      for (const user of HOSTILE)
        expect(await page.getByRole("link", { name: user, exact: true }).count()).toBe(1);
      await page.getByRole("link", { name: HOSTILE[0], exact: true }).click();
      await page.getByRole("heading", { name: `1 session of ${HOSTILE[0]}`, exact: true }).waitFor();
      expect(await page.getByLabel(/^User/).inputValue()).toBe(HOSTILE[0]);
      expect(await page.getByRole("row").count()).toBe(2);
      expect(await page.title()).toBe("Sessions · Session administration");
    },
    SLOW,
  );

  test(
    "a user is looked up, and logged out everywhere",
    async () => {
      await fill(setting, 30);
      await go("/");
      await page.getByLabel(/^User/).fill("grace@example.com");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "4 sessions of grace@example.com" }).waitFor();
      await page.getByRole("button", { name: /End all of them/ }).click();
      await page.getByText("4 sessions of this user ended.").waitFor();
      expect(await page.getByRole("table").count()).toBe(0);
      expect((await setting.sessions.list()).sessions).toHaveLength(26);
    },
    SLOW,
  );

  test(
    "everybody is logged out when that was confirmed, and only then",
    async () => {
      await fill(setting, 60);
      await go("/");
      await page.getByRole("link", { name: "Next page" }).click();
      await page.getByRole("link", { name: "End all sessions…" }).click();
      await page.getByRole("button", { name: "End all sessions" }).click();
      expect(
        await page.getByRole("checkbox").evaluate((box) => (box as { matches?: any }).matches(":invalid")),
      ).toBe(true);
      expect((await setting.sessions.list()).sessions).toHaveLength(60);
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: "End all sessions" }).click();
      await page.getByText("60 sessions ended.").waitFor();
      expect((await setting.sessions.list()).sessions).toHaveLength(0);
    },
    SLOW,
  );

  test(
    "another site's form ends nothing, also where the browser passes the guard",
    async () => {
      await fill(setting, 8);
      await go("/everybody");
      const evil = createServer((_, response) => {
        response.setHeader("Content-Type", "text/html");
        response.end(
          `<!doctype html><title>evil</title><form method="post" action="${server.url}/admin/sessions"><input name="do" value="end-all"><input name="sure" value="yes"><button>Win</button></form>`,
        );
      });
      await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
      try {
        await page.goto(`http://localhost:${(evil.address() as AddressInfo).port}/`);
        const [response] = await Promise.all([
          page.waitForResponse(/admin\/sessions$/),
          page.getByRole("button", { name: "Win" }).click(),
        ]);
        expect(response.status()).toBe(403);
      } finally {
        evil.close();
        evil.closeAllConnections();
      }
      expect((await setting.sessions.list()).sessions).toHaveLength(8);
    },
    SLOW,
  );
});
