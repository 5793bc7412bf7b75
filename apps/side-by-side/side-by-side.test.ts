import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../test/support/free-port.ts";
import { describeWith } from "../../test/support/provisioned.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

describeWith(
  ["chromium", "flask-session", "flask-login", "redis"],
  "Flask and hipflask side by side on one Redis",
  () => {
    let app: ChildProcess;
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];
    let done = 0;

    beforeAll(async () => {
      const port = await freePort();
      app = spawn(process.execPath, ["--conditions=@hipflask/source", "--import", "tsx", MAIN], {
        env: { ...process.env, PORT: `${port}` },
        stdio: ["ignore", "pipe", "pipe"],
      });
      await listening(app);
      browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
      page = await browser.newPage();
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.waitForSelector("body[data-ready]");
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      app.kill("SIGTERM");
    });

    /** Presses a button, and waits until both sides have said what they know. */
    async function press(side: string, what: string): Promise<void> {
      await page.click(`[data-side=${side}] [data-do=${what}]`);
      await page.waitForSelector(`body[data-done="${++done}"]`);
    }

    const text = (side: string, selector: string) => page.textContent(`[data-side=${side}] ${selector}`);

    async function bothSay(selector: string, expected: string): Promise<void> {
      for (const side of ["flask", "hipflask"]) expect(await text(side, selector)).toContain(expected);
    }

    test("a login on either side is one on both, and so is a logout", async () => {
      for (const [side, user] of [
        ["flask", "ada"],
        ["hipflask", "grace"],
      ] as const) {
        await press(side, "login");
        await bothSay(".user", `Logged in: ${user}`);
      }
      await press("hipflask", "logout");
      await bothSay(".user", "Nobody is logged in.");
      await press("hipflask", "login");
      await press("flask", "logout");
      await bothSay(".user", "Nobody is logged in.");
    });

    test("a login that is remembered on one side outlives the session on both, until a logout on the other", async () => {
      for (const [side, other, user] of [
        ["flask", "hipflask", "ada"],
        ["hipflask", "flask", "grace"],
      ] as const) {
        await press(side, "remember");
        await bothSay(".user", `Logged in: ${user}`);
        await press(side, "close");
        await bothSay(".user", `Logged in: ${user}, recalled by a cookie`);
        await press(other, "logout");
        await bothSay(".user", "Nobody is logged in.");
      }
    });

    test("both count on, and fill one cart", async () => {
      for (const side of ["flask", "hipflask", "hipflask", "flask"]) await press(side, "count");
      await bothSay("output", "4");
      await press("flask", "cart");
      await press("hipflask", "cart");
      await bothSay("pre", "tea from Flask");
      await bothSay("pre", "tea from TypeScript");
    });

    test("a message of one side is shown by the other", async () => {
      await press("hipflask", "flash");
      expect(await text("flask", ".messages")).toContain("hipflask says hello");
      await press("flask", "flash");
      expect(await text("hipflask", ".messages")).toContain("Flask says hello");
    });

    test("the record in Redis is shown, without its key", async () => {
      const record = await page.textContent(".record dl");
      expect(record).toMatch(/session:.{4}…/);
      expect(record).toMatch(/"count":4/);
      expect(complaints).toEqual([]);
    });
  },
);

/** When it says where to look. @throws Error with what it printed, when it ends before */
async function listening(child: ChildProcess): Promise<void> {
  let output = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        if (output.includes("Open http")) resolve();
      });
    }
    child.once("exit", () => reject(new Error(`The app ended: ${output}`)));
  });
}
