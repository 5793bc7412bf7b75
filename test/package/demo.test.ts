import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestClient } from "hipflask/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { packHipflask } from "../docs/start-page.ts";

const root = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "hipflask-package-"));
const modules = join(work, "project/node_modules");
const temporary = join(work, "temporary");
const empty = join(work, "empty");

beforeAll(async () => {
  const tarball = await packHipflask(join(work, "source"));
  for (const folder of [join(modules, "hipflask"), temporary, empty]) mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(modules, "hipflask")]);
  symlinkSync(join(root, "node_modules/lru-cache"), join(modules, "lru-cache"));
}, 300_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

let running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running = [];
});

/** The package's own program, in an empty folder. */
function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const main = join(modules, "hipflask/dist/cli/main.js");
  const child = spawn(process.execPath, [main, "demo", ...args], {
    cwd: empty,
    env: { PATH: process.env["PATH"], TMPDIR: temporary, ...env },
  });
  running.push(child);
  const exit = once(child, "close").then(([code]) => code as number | null);
  const output = { text: "" };
  const url = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output.text += text;
        const [, found] = /hipflask demo on (\S+)\n/.exec(output.text) ?? [];
        if (found !== undefined) resolve(found);
      });
    }
    exit.then(() => reject(new Error(output.text)));
  });
  url.catch(() => undefined);
  return { child, output, url, exit };
}

/** Processes take their time on a machine that has other work. */
const PATIENCE = { timeout: 120_000 };

const hasSqlite = process.getBuiltinModule?.("node:sqlite") !== undefined;

const contents = () =>
  (readdirSync(join(modules, "hipflask"), { recursive: true }) as string[]).map(
    (name) => `${name} ${statSync(join(modules, "hipflask", name)).mtimeMs}`,
  );

test.each([
  [["--port", "0", "--storage", "encrypted"], "encrypted"],
  [["-p", "0", "--store", "file"], "file"],
])("the package alone runs the demo (%j), and leaves nothing behind", PATIENCE, async (args, place) => {
  const before = contents();
  const { child, output, url, exit } = demo(args);
  const client = new TestClient(await url);
  const json = async (path: string) => (await client.get(path)).json();

  const page = await (await client.get("/")).text();
  expect(page).toContain("hipflask demo</title>");
  for (const [, path] of page.matchAll(/(?:href|src)="(\/[\w./-]+\.(?:css|js|svg))"/g))
    expect([path, (await client.get(path!)).status]).toEqual([path, 200]);
  for (const path of ["session", "store", "attributes", "parallel", "account", "flask"])
    expect((await client.get(`/see/${path}`)).status).toBe(200);

  expect(await (await client.get("/sessions/hello")).json()).toBeDefined();
  const counts = [await json("/sessions/count"), await json("/sessions/count")];
  expect(counts).toMatchObject([1, 2].map((n) => ({ session: { session_value: n } })));
  expect((await json("/places")).places).toContainEqual({ name: place, current: true });
  expect((await client.get("/inspector/")).status).toBe(200);
  const body = JSON.stringify({ name: "ada", password: "correct horse" });
  const headers = { "Content-Type": "application/json" };
  const account = await client.post("/account/sign-up", { body, headers });
  expect(account.status).toBe(hasSqlite ? 200 : 501);
  expect(output.text.includes("Accounts need SQLite")).toBe(!hasSqlite);
  for (const other of ["memory", "encrypted", "signed"]) {
    expect(await (await client.post(`/places/${other}`)).json()).toEqual({ place: other });
    expect((await json("/account")).account).toBe(hasSqlite ? "ada" : null);
    expect((await client.get("/see/diary")).status).toBe(hasSqlite ? 200 : 302);
  }

  child.kill("SIGINT");
  expect(await exit).toBe(0);
  expect([readdirSync(temporary), readdirSync(empty)]).toEqual([[], []]);
  expect(contents()).toEqual(before);
});

test("a SECRET_KEY of one's own is used, and not shown", PATIENCE, async () => {
  const secret = "aNewKeyOf32Bytes-0123456789-xyzQ";
  const { child, output, url, exit } = demo([], { PORT: "0", SECRET_KEY: secret });
  await url;
  expect(output.text).toContain("your SECRET_KEY");
  expect(output.text).not.toContain(secret);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  expect(readdirSync(temporary)).toEqual([]);
});

test("what cannot be done is one sentence, and ends with 2", PATIENCE, async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as AddressInfo;
  const cases: [string[], RegExp][] = [
    [["--port", String(port)], /^error: Port \d+ is in use\. Choose another one: .*--port 5556\n$/],
    [["--port", "many"], /^error: PORT must be a number .*\n$/],
    [["--storage", "signed", "--store", "file"], /^error: --store is for --storage server\.\n$/],
    [["--store", "paper"], /^error: STORE=paper is not known\. Known: memory, .*\n$/],
    [["--store", "redis"], /^error: STORE=redis needs redis, which is not installed beside hipflask\.\n$/],
  ];
  const ends = await Promise.all(
    cases.map(async ([args]) => {
      const { output, exit } = demo(args);
      return { code: await exit, text: output.text };
    }),
  );
  expect(ends).toEqual(cases.map(([, message]) => ({ code: 2, text: expect.stringMatching(message) })));
  expect(readdirSync(temporary)).toEqual([]);
  blocker.close();
});
