import { statSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { source as axeSource } from "axe-core";
import express from "express";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { cookies, createSessions } from "hipflask";
import { expressSessions } from "hipflask/adapters/express";
import { inspector } from "hipflask/inspector";
import { page as bundle } from "../../src/inspector/page.ts";
import { launchChromium } from "../support/chromium.ts";
import { listen } from "../support/client.ts";
import { describeWith } from "../support/provisioned.ts";
import { KEY } from "../support/visitor.ts";

/** What an attacker puts where people look. */
const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;

const LOOKS = [
  ["light", 1080, "light"],
  ["dark", 1080, "dark"],
  ["phone", 390, "light"],
] as const;

/** A shop, with faults that people look for. */
function shop(): RequestListener {
  const sessions = createSessions<any>({ secretKey: KEY, idleTimeout: 1800 });
  const app = express();
  app.use(expressSessions(sessions));
  app.use(inspector(sessions).node);
  app.get("/buy/:thing", async (req, res) => {
    const session = await sessions.get(req);
    const cart: Record<string, number> = (session.data.cart ??= {});
    cart[req.params["thing"]] = (cart[req.params["thing"]] ?? 0) + 1;
    res.redirect("/cart");
  });
  app.get("/cart", async (req, res) => void res.json((await sessions.get(req)).data));
  app.post("/login", async (req, res) => {
    const session = await sessions.get(req);
    await session.regenerate({ user: "ada" });
    session.permanent = true;
    session.data.api_token = "tok-of-ada";
    session.flash("Welcome back");
    cookies(req).set("theme", "dark", { maxAge: 86_400 });
    cookies(req).set("tracking", "17", { domain: "elsewhere.example" });
    res.json({});
  });
  app.get("/hostile", async (req, res) => {
    (await sessions.get(req)).data[HOSTILE] = HOSTILE;
    res.json({});
  });
  return app;
}

describeWith("chromium", "the inspector in Chromium", () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof listen>>;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  /** For people to look at; each run replaces the last one's. */
  const pictures = process.env["HIPFLASK_PICTURES"] ?? tmpdir();

  beforeAll(async () => {
    server = await listen(createServer(shop()));
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1360, height: 900 }, colorScheme: "light" });
    complaints = [];
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(server.origin)) complaints.push(`asks ${request.url()}`);
    });
    await page.goto(`${server.origin}/inspector`);
    await shows("#session", "no session");
    await shows("[role=status].live", "live");
  }, 60_000);

  afterEach(async () => {
    await context.close();
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("\n")}`);
  });

  /** A request of this browser's to the application. */
  async function visit(path: string, init?: RequestInit) {
    await page.evaluate(async ([url, given]) => void (await fetch(url, given)), [path, init] as const);
  }

  async function shows(selector: string, text: string) {
    await page.locator(selector).filter({ hasText: text }).first().waitFor();
  }

  async function press(name: string | RegExp) {
    await page.getByRole("button", { name }).first().click();
  }

  /** Some life for the page to show. */
  async function live() {
    await visit("/buy/tea");
    await visit("/buy/milk?note=secret-note");
    await visit("/login", { method: "POST" });
    await shows(".requests", "POST /login");
    await shows(".facts", "ada");
  }

  test("shows each request as it happens, with what it changed and why a cookie went out", async () => {
    await visit("/buy/tea");
    await shows("#session h2", "good");
    await shows("#session .tree", "tea: 1");
    await shows("#session", "the newest key");
    const request = page.locator(".requests > li", { hasText: "GET /buy/tea" });
    await request.locator("summary").click();
    await shows(".requests", "cart added");
    await shows(".requests", "A new session began");
    await visit("/cart");
    await shows(".requests > li:first-child", "GET /cart");
    expect(await request.locator("details").getAttribute("open")).not.toBeNull();
  });

  test("masks secrets and IDs, and tells why the browser did not take a cookie, as that browser did", async () => {
    await live();
    const [session] = (await context.cookies()).filter(({ name }) => name === "session");
    const html = await page.content();
    expect(html).not.toContain("tok-of-ada");
    expect(html).not.toContain("secret-note");
    expect(html).not.toContain(session!.value.slice(4, 24));
    await shows("#session .tree", "api_token: “••••••”");
    expect((await context.cookies()).map(({ name }) => name)).not.toContain("tracking");
    await page.locator(".requests > li", { hasText: "POST /login" }).locator("summary").click();
    const cookie = page.locator(".set-cookie", { hasText: "tracking" });
    await cookie.locator(".findings .refused").first().waitFor();
    await cookie.getByRole("button", { name: "Why not?" }).click();
    await shows("#why-not .sentence", "No browser keeps this cookie");
    expect(await page.locator("#why-not textarea").inputValue()).toMatch(/^Set-Cookie: tracking=xx; /);
  });

  test("judges a header that is pasted", async () => {
    await page.getByLabel("Header").fill("Set-Cookie: id=1; SameSite=None");
    await page.getByLabel("Address that it comes from").fill("https://shop.example/");
    await page.getByLabel("Address that it comes from").press("Enter");
    await shows("#why-not .sentence.bad", "No browser keeps this cookie.");
    await page.getByLabel("Header").fill("id=1; Secure; SameSite=Lax");
    await press("Ask");
    await shows("#why-not .sentence.good", "Browsers keep this cookie.");
    await shows("#why-not .sendings", "not sent with an image, a frame or a fetch in a page of another site");
  });

  test("the tamper bench changes a character, and the browser's cookie stays good", async () => {
    await visit("/buy/tea");
    await press("nonce");
    await shows("#tamper label", "in nonce");
    await press("Change this character");
    await shows("#tamper .verdict", "token.bad_mac");
    await press("key ID");
    await press("Change this character");
    await shows("#tamper .verdict", "token.unknown_key");
    await press("Add 20,000");
    await shows("#tamper .verdict", "token.too_large");
    await visit("/cart");
    await shows("#session h2", "good");
  });

  test("a forged cookie is refused in words, and named in the request that brought it", async () => {
    await context.addCookies([
      {
        name: "session",
        value: "eyJhZG1pbiI6dHJ1ZX0.aaaaaa.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        url: server.origin,
      },
    ]);
    await visit("/cart");
    await shows("#session h2", "refused");
    await shows(".requests > li:first-child", "token.malformed");
    await press("Forget them");
    await shows("#requests", "None yet");
  });

  test("what an attacker wrote is text", async () => {
    await context.addCookies([
      { name: "<b>x</b>", value: HOSTILE.replaceAll(/[ ";]/g, "_"), url: server.origin },
    ]);
    await visit(`/hostile?${encodeURIComponent(HOSTILE)}&<script>=1`);
    await shows("#session .tree", "onerror");
    await page.getByLabel("Header").fill(`Set-Cookie: ${HOSTILE}=1; Path=${HOSTILE}`);
    await press("Ask");
    await shows("#why-not", "keep");
    for (const summary of await page.locator("summary").all()) await summary.click();
    expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
    expect(await page.locator("main img, main script, main b").count()).toBe(0);
  });

  test("the keyboard reaches everything, in order, and sees where it is", async () => {
    await visit("/buy/tea");
    await shows("#session h2", "good");
    await page.locator("body").press("Tab");
    expect(await focused()).toBe("Skip to the session");
    await page.keyboard.press("Enter");
    const seen: string[] = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const text = await focused();
      if (seen.includes(text)) break;
      seen.push(text);
    }
    expect(seen.join(" | ")).toMatch(
      /version \| key ID .*Change this character .*Forget them .*GET \/cart.* Ask/,
    );
    await page.locator("summary").first().focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("details[open]").count()).toBe(1);
  });

  function focused(): Promise<string> {
    return page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement;
      return (element.labels?.[0] ?? element).textContent!.trim();
    });
  }

  test("fits, and axe finds nothing, in light, dark and on a phone", async () => {
    await live();
    await page.locator(".requests > li", { hasText: "POST /login" }).locator("summary").click();
    await press("ciphertext");
    await press("Change this character");
    await shows("#tamper .verdict", "token.bad_mac");
    await page.getByLabel("Header").fill("Set-Cookie: __Host-id=1; Path=/account; SameSite=None");
    await press("Ask");
    await shows("#why-not .sentence", "keeps this cookie");
    for (const [name, width, colorScheme] of LOOKS) {
      await page.setViewportSize({ width, height: 720 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(() => scrollTo(0, 0));
      const file = join(pictures, `inspector-${name}.png`);
      await page.screenshot({ path: file });
      expect(statSync(file).size).toBeGreaterThan(10_000);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      expect({ name, found: await axe() }).toEqual({ name, found: [] });
    }
  }, 60_000);

  /** What axe-core complains about. */
  async function axe(): Promise<string[]> {
    // Through the protocol, and not as a script: the page's policy allows none but its own.
    await page.evaluate(axeSource);
    return page.evaluate(async () => {
      const { axe: checker } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      const { violations } = await checker.run();
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    });
  }
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

test("the whole page is small", async () => {
  const { script, style } = await bundle();
  expect(gzipSync(script).length + gzipSync(style).length).toBeLessThan(20 * 1024);
});
