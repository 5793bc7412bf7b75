import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestClient } from "hipflask/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, sectionOf } from "./markdown.ts";
import { FormBrowser } from "./form-browser.ts";
import { followPage, packHipflask } from "./start-page.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const work = mkdtempSync(join(tmpdir(), "hipflask-start-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

let tarball: string;
beforeAll(async () => {
  tarball = await packHipflask(work);
}, 300_000);

/** Does what the page says, and then what a visitor of the application would. */
async function follow(markdown: string, visit: (origin: string) => Promise<void>): Promise<void> {
  const { origin, stop } = await followPage(markdown, tarball);
  await visit(origin).finally(stop);
}

/** npm's registry is asked, and Next.js compiles. */
const PATIENCE = { timeout: 600_000 };

test.concurrent("the README's minute leads from an empty folder to a session", PATIENCE, async () => {
  await follow(sectionOf(read("README.md"), "One minute"), async (origin) => {
    const client = new TestClient(origin);
    const page = async () => (await client.get("/")).json();
    expect(await page()).toEqual({ visits: 1, messages: [] });
    expect(await page()).toEqual({ visits: 2, messages: [] });
    await client.post("/login/ada");
    expect(await page()).toMatchObject({ user: "ada", visits: 3, messages: [{ message: "Welcome back" }] });
  });
});

test.concurrent.for(["express", "fastify", "hono", "next"])(
  "docs/start/%s.md leads from an empty folder to a login",
  PATIENCE,
  async (name) => {
    await follow(read(`docs/start/${name}.md`), logInAndOut);
  },
);

async function logInAndOut(origin: string): Promise<void> {
  const browser = new FormBrowser(origin);
  await browser.open("/");
  expect(browser.html).toMatch(/Your account/);

  await browser.open("/account");
  expect(browser.path).toMatch(/^\/login\?next=/);
  await browser.submit({ name: "ada", password: "wrong" });
  expect(browser.html).toMatch(/Wrong name or password/);

  await browser.open("/account");
  await browser.submit({ name: "ada", password: "correct horse" });
  expect([browser.path, /<h1>(.*?)<\/h1>/.exec(browser.html)?.[1]]).toEqual(["/account", "Hello, ada"]);

  await browser.submit();
  expect(browser.path).toBe("/");
  await browser.open("/account");
  expect(browser.path).toMatch(/^\/login\?next=/);
}

test("all pages keep their users in the same way", () => {
  const files = ["express", "fastify", "hono", "next"].map((name) => {
    const blocks = blocksOf(read(`docs/start/${name}.md`));
    const { text } = blocks.find((block) => /^\/\/ (lib\/)?users\.ts\n/.test(block.text))!;
    return text.replace(/^.*\n/, "");
  });
  expect(new Set(files).size).toBe(1);
});
