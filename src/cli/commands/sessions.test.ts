import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cli, type CliOptions } from "../../../test/support/cli.ts";
import { LoginBrowser, testLogin } from "../../../test/support/login-browser.ts";
import type { RememberStore } from "../../login/index.ts";
import { createSessions, type SessionStore, serverSide } from "../../session/index.ts";
import { newSessionId } from "../../session/server-side/session-id.ts";
import { FileStore } from "../../stores/file.ts";
import { openStore } from "../stores/open.ts";

const KEY = "sk1_9Jk2vQpXwZr8Tn4Lh6YbUc3mDs7Fg1Ae5Ro0Ti2Wx4Q";
const root = fileURLToPath(new URL("../../../", import.meta.url));

let folder: string;
let store: SessionStore;
let url: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hipflask-cli-"));
  url = `file:${join(folder, "sessions")}`;
  store = new FileStore(join(folder, "sessions"), { durability: "fast" });
  await store.setup!();
});
afterEach(() => rm(folder, { recursive: true }));

const managerOf = (kept: SessionStore, encryptAtRest = false) =>
  createSessions({
    storage: serverSide(kept, { encryptAtRest }),
    secretKey: KEY,
    cookie: { name: "sid", secure: false },
  });

/** A session as a visitor's requests make it; its cookie. */
async function visit(manager: ReturnType<typeof managerOf>, data: object, user?: string): Promise<string> {
  const userAgent = () => "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  const exchange = manager.open({ cookie: undefined, host: "localhost", encrypted: false, userAgent });
  const session = await exchange.session();
  Object.assign(session.data, data);
  if (user !== undefined) await session.regenerate({ user });
  await exchange.commit();
  const headers = new Headers();
  exchange.writeTo(headers);
  return headers.get("Set-Cookie")!.split(";")[0]!;
}

async function isAlive(cookie: string, kept = store, encrypted = false): Promise<boolean> {
  const session = await managerOf(kept, encrypted).fromRequest(
    new Request("http://localhost", { headers: { Cookie: cookie } }),
  );
  return !session.new;
}

const run = (args: string[], options: CliOptions = {}) =>
  cli(["sessions", ...args], { cwd: root, ...options });
type Row = Record<string, unknown>;
const parsed = (lines: string): Row[] =>
  lines.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Row]));
const rows = async (...args: string[]) => parsed((await run(["list", url, "--json", ...args])).out);

/** Records without a manager, quickly. */
async function fill(count: number): Promise<void> {
  const now = new Date();
  const record = {
    data: Buffer.from(`{"_created":${Math.floor(now.getTime() / 1000)}}`),
    expires: new Date(Date.now() + 60_000),
  };
  for (let i = 0; i < count; i += 100)
    await Promise.all(
      Array.from({ length: 100 }, () => store.create(newSessionId(undefined).key, record, now)),
    );
}

describe("sessions list and show", () => {
  test("tells of each session who, where and when, and not what is no session", async () => {
    const manager = managerOf(store);
    await visit(manager, { n: 1 }, "42");
    await visit(manager, { n: 2 });
    await store.create(
      newSessionId(undefined).key,
      { data: Buffer.from('{"series":1}'), expires: new Date(Date.now() + 1e6) },
      new Date(),
    );
    const all = await rows();
    expect(all.map(({ user }) => user).toSorted()).toEqual(["42", null]);
    expect(all.find(({ user }) => user === "42")).toMatchObject({
      device: "Firefox on Linux",
      readable: true,
      bytes: expect.any(Number),
    });
    expect(await rows("--user", "42")).toHaveLength(1);
    expect(await rows("--user", "4")).toEqual([]);
    const { out } = await run(["list", url]);
    expect(out).toMatch(/^LAST SEEN(?:.*\n)+.*13 days +42 +Firefox on Linux +[\w-]{43}\.[\w-]{22}\n/);
  });

  test("writes a user of several lines, and one that a terminal would obey, in one line", async () => {
    await visit(managerOf(store), { n: 1 }, "ada\n\t42\u001b[31m");
    const { out } = await run(["list", url]);
    expect(out.split("\n")).toEqual([
      expect.stringMatching(/^LAST SEEN/),
      expect.stringContaining("  ada\\u000a\\u000942\\u001b[31m  "),
      "",
    ]);
    const [row] = await rows();
    const shown = await run(["show", url, "--", row!["handle"] as string]);
    expect(shown.out).toMatch(/^user +ada\\u000a\\u000942\\u001b\[31m\ndevice /);
  });

  test("shows what a session holds, by its handle, and by the one that decode tells of a cookie", async () => {
    const cookie = await visit(managerOf(store), { cart: ["tea"] }, "42");
    const [row] = await rows();
    const decoded = JSON.parse((await cli(["decode", "--json", "--", cookie])).out) as {
      facts: { handle: string };
    }[];
    expect(decoded[0]!.facts.handle).toBe(row!["handle"]);
    const shown = await run(["show", "--json", url, "--", row!["handle"] as string]);
    expect(JSON.parse(shown.out)).toMatchObject({ user: "42", content: { cart: ["tea"], _user_id: "42" } });
    expect((await run(["show", url, "--", row!["handle"] as string])).out).toMatch(
      /last seen +2.*\n(.*\n)*content +\{/,
    );
    expect(await run(["show", url, "--", "A".repeat(43)])).toMatchObject({ code: 1, out: "" });
    expect(await run(["show", url, "--", "x"])).toMatchObject({ code: 2, out: "" });
  });

  test("reads encrypted records with their key alone", async () => {
    await visit(managerOf(store, true), { secret: 1 }, "42");
    expect(await rows()).toMatchObject([{ user: null, readable: false }]);
    const read = await run(["list", url, "--json", "--encrypted"], {
      env: { SECRET_KEY: "another", SECRET_KEY_FALLBACKS: KEY },
    });
    expect(JSON.parse(read.out)).toMatchObject({ user: "42", readable: true });
    expect(read.out).not.toContain("secret");
    expect(await run(["list", url, "--encrypted"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("key"),
    });
  });
});

describe("sessions revoke", () => {
  test("ends one, those of a user, or all, and leaves the others", async () => {
    const manager = managerOf(store);
    const [a, b, c, d] = [
      await visit(manager, {}, "1"),
      await visit(manager, {}, "1"),
      await visit(manager, {}, "2"),
      await visit(manager, { n: 1 }),
    ];
    const alive = async () => Promise.all([a, b, c, d].map((cookie) => isAlive(cookie!)));
    const handle = JSON.parse((await cli(["decode", "--json", "--", a!])).out)[0].facts.handle as string;
    expect(await run(["revoke", url, "--", handle])).toMatchObject({ code: 0, out: "1 session ended.\n" });
    expect(await alive()).toEqual([false, true, true, true]);
    expect(await run(["revoke", url, "--", handle])).toMatchObject({ code: 1, out: "0 sessions ended.\n" });
    expect(await run(["revoke", url, "-u", "1", "--json"])).toMatchObject({ code: 0, out: '{"ended":1}\n' });
    expect(await alive()).toEqual([false, false, true, true]);
    expect(await run(["revoke", url, "--all"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--yes"),
    });
    expect(await run(["revoke", url, "--all", "--yes"])).toMatchObject({ code: 0 });
    expect(await alive()).toEqual([false, false, false, false]);
  });

  test("ends a session that has just got a new ID, by its old handle too, also where records are encrypted", async () => {
    const manager = managerOf(store, true);
    const cookie = await visit(manager, {}, "1");
    const handle = JSON.parse((await cli(["decode", "--json", "--", cookie])).out)[0].facts.handle as string;
    const exchange = manager.open({ cookie, host: "localhost", encrypted: false });
    await (await exchange.session()).regenerate();
    await exchange.commit();
    const headers = new Headers();
    exchange.writeTo(headers);
    const renamed = headers.get("Set-Cookie")!.split(";")[0]!;
    expect(await isAlive(renamed, store, true)).toBe(true);
    expect(await run(["revoke", url, "--", handle])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--encrypted"),
    });
    expect(await isAlive(renamed, store, true)).toBe(true);
    await run(["revoke", url, "--encrypted", "--", handle], { env: { SECRET_KEY: KEY } });
    expect(await isAlive(renamed, store, true)).toBe(false);
  });

  test.each(["--user", "handle"])("ends remembered logins that are in the store, too: %s", async (by) => {
    const manager = managerOf(store);
    const { auth } = testLogin(manager, { remember: { store: store as RememberStore } });
    const browser = new LoginBrowser(manager, undefined, "http://localhost");
    await browser.ask((c) => auth.loginUser(c, { id: "ada" }, { remember: true }));
    const { handle } = (await manager.list()).sessions[0]!;
    await run(["revoke", url, ...(by === "handle" ? ["--", handle] : ["--user", "ada"])]);
    browser.restart();
    expect(await browser.ask((c) => auth.currentUser(c))).toBeNull();
  });

  test("ends those of several users", async () => {
    const manager = managerOf(store);
    const cookies = [];
    for (const user of ["ada", "42", "bob"]) cookies.push(await visit(manager, {}, user));
    const revoked = await run(["revoke", url, "--user", "ada", "-u", "42"]);
    expect(revoked).toMatchObject({ code: 0, out: "2 sessions ended.\n" });
    expect(await Promise.all(cookies.map((cookie) => isAlive(cookie)))).toEqual([false, false, true]);
  });

  test.each([[[]], [["--user", "1", "--all"]], [["--", "no-handle"]], [["--", "A".repeat(43), "B"]]])(
    "refuses %j with 2",
    async (args) => {
      expect((await run(["revoke", url, ...args])).code).toBe(2);
    },
  );
});

describe("sessions cleanup", () => {
  test("removes what has ended, and tells how much", async () => {
    await visit(managerOf(store), { n: 1 });
    const past = new Date(Date.now() - 10_000);
    for (let i = 0; i < 5; i++)
      await store.create(
        newSessionId(undefined).key,
        { data: Buffer.from("{}"), expires: new Date(Date.now() - 1000) },
        past,
      );
    expect(await run(["cleanup", url])).toMatchObject({ code: 0, out: "5 ended sessions removed.\n" });
    expect(await run(["cleanup", url, "--json"])).toMatchObject({ code: 0, out: '{"removed":0}\n' });
    expect(await rows()).toHaveLength(1);
  });
});

describe("a FileStore that is empty", () => {
  test("is a store, also once all its sessions have been ended", async () => {
    await visit(managerOf(store), { n: 1 });
    for (const [args, out] of [
      [["revoke", url, "--all", "--yes"], "1 session ended.\n"],
      [["list", url, "--json"], ""],
      [["revoke", url, "--all", "--yes"], "0 sessions ended.\n"],
      [["cleanup", url], "0 ended sessions removed.\n"],
      [["revoke", url, "--all", "--yes"], "0 sessions ended.\n"],
      [["migrate", url, `file:${folder}/other`], "0 copied, 0 updated, 0 there already\n"],
    ] as const)
      expect([args, await run([...args])]).toEqual([args, expect.objectContaining({ out, err: "" })]);
  });

  test("is not made where there is none", async () => {
    for (const command of ["list", "cleanup"]) expect((await run([command, `file:${folder}`])).code).toBe(2);
    expect(await readdir(folder)).toEqual(["sessions"]);
  });
});

describe("sessions migrate", () => {
  const target = () => `sqlite:${join(folder, "sessions.db")}`;
  const opened = async <T>(work: (kept: SessionStore) => Promise<T>): Promise<T> => {
    const { store: kept, close } = await openStore(target(), root);
    return work(kept).finally(close);
  };

  test("keeps everybody logged in, and what is known of their sessions", async () => {
    const manager = managerOf(store);
    const cookies = [await visit(manager, { n: 1 }, "42"), await visit(manager, { n: 2 })];
    expect(await run(["migrate", url, target()])).toMatchObject({
      code: 0,
      out: "2 copied, 0 updated, 0 there already\n",
    });
    for (const cookie of cookies) expect(await opened((kept) => isAlive(cookie, kept))).toBe(true);
    const before = await rows();
    const after = parsed((await run(["list", target(), "--json"])).out);
    // SQLite keeps the time of use to the second at least.
    const known = (row: Row) => ({ ...row, seen: (row["seen"] as string).slice(0, 19) });
    expect(after.map(known)).toEqual(expect.arrayContaining(before.map(known)));
    expect(after).toHaveLength(2);
    await opened((kept) => managerOf(kept).forUser("42").revokeAll());
    expect(await opened((kept) => isAlive(cookies[0]!, kept))).toBe(false);
  });

  test("done again it brings what has changed since, and undoes nothing that the other store has newer", async () => {
    const [a, b] = [newSessionId(undefined).key, newSessionId(undefined).key];
    const record = (n: number) => ({
      data: Buffer.from(`{"_created":1795000000,"n":${n}}`),
      expires: new Date(Date.now() + 60_000),
    });
    const times = [30, 20, 10, 5].map((ago) => new Date(Date.now() - ago * 1000));
    const [versionA] = [
      await store.create(a, record(1), times[0]!),
      await store.create(b, record(1), times[0]!),
    ];
    await run(["migrate", url, target()]);
    await store.save(a, versionA!, record(2), times[1]!);
    await opened(async (kept) => {
      const there = await kept.load(b, new Date());
      await kept.save(b, there!.version, record(3), times[2]!);
    });
    expect((await run(["migrate", url, target()])).out).toBe("0 copied, 1 updated, 1 there already\n");
    const read = (key: typeof a) =>
      opened(async (kept) => Buffer.from((await kept.load(key, new Date()))!.data).toString());
    expect([await read(a), await read(b)]).toEqual([
      expect.stringContaining('"n":2'),
      expect.stringContaining('"n":3'),
    ]);
  });

  test("done again it brings what was only read since, also where that would have ended in the other store", async () => {
    const [a, b] = [newSessionId(undefined).key, newSessionId(undefined).key];
    const data = Buffer.from('{"_created":1795000000}');
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000);
    const begun = at(-10);
    const versions = [
      await store.create(a, { data, expires: at(1) }, begun),
      await store.create(b, { data, expires: at(60) }, begun),
    ];
    await run(["migrate", url, target()]);
    const end = at(120);
    await store.touch(a, versions[0]!, end, new Date());
    await store.touch(b, versions[1]!, end, new Date());
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await run(["migrate", url, target()])).out).toBe("0 copied, 2 updated, 0 there already\n");
    for (const key of [a, b])
      expect((await opened((kept) => kept.load(key, new Date())))!.expires.getTime()).toBeGreaterThan(
        +end - 1000,
      );
    expect((await run(["migrate", url, target()])).out).toBe("0 copied, 0 updated, 2 there already\n");
  });

  test("goes on where it was interrupted", async () => {
    await fill(600);
    // Asked once for twenty sessions: it ends on the second page of two.
    let asked = 0;
    const signal = {
      get aborted() {
        return ++asked > 26;
      },
    } as AbortSignal;
    const stopped = await run(["migrate", url, target()], { signal });
    expect(stopped).toMatchObject({ code: 130, out: "" });
    const after = /--after (\S+)/.exec(stopped.err)![1]!;
    const { code, out } = await run(["migrate", url, target(), "--after", after, "--json"]);
    expect(code).toBe(0);
    const counts = JSON.parse(out) as Record<string, number>;
    expect(counts).toMatchObject({ copied: expect.any(Number), updated: 0, after });
    expect(counts["copied"]! + counts["there"]!).toBeLessThan(600);
    expect((await run(["list", target(), "--json"])).out.trimEnd().split("\n")).toHaveLength(600);
  });

  test("says of its answer that it began at a place", async () => {
    await fill(100);
    const after = `ff/visitors/${"f".repeat(66)}`;
    expect(await run(["migrate", url, target(), "--after", after])).toMatchObject({
      code: 0,
      out: "0 copied, 0 updated, 0 there already, from --after on\n",
    });
  });

  test("shows a bar on a terminal, and nothing elsewhere", async () => {
    await fill(100);
    expect((await run(["migrate", url, target()])).err).toBe("");
    const { err } = await run(["migrate", url, target()], { isTTY: true });
    expect(err).toMatch(/\[#*\.*\] \d+% +\d+ sessions, [\d,]+ a second/);
    expect(err.endsWith("\r\u001b[K")).toBe(true);
  });
});

describe("a store's URL", () => {
  test.each([
    ["postgres://me:geheim@localhost/app", "npm install pg"],
    ["mysql://me:geheim@localhost/app", "npm install mysql2"],
    ["mariadb://me:geheim@localhost/app", "npm install mysql2"],
    ["redis://:geheim@localhost", "npm install redis"],
    ["redis-cluster://localhost:7000,localhost:7001", "npm install ioredis"],
    ["mongodb+srv://me:geheim@localhost/app", "npm install mongodb"],
    ["dynamodb:geheim", "npm install @aws-sdk/client-dynamodb"],
    ["memcached://localhost", "npm install memcache-client"],
    ["oracle://me:geheim@localhost", "There are: file,"],
    ["geheim", "That is no URL"],
    ["sqlite:geheim.db", "There is nothing at"],
    ["file:.", "There is nothing at"],
    ["file://geheim", "with one slash, or none"],
  ])("%s: what is missing is said, and no password", async (address, message) => {
    const { code, out, err } = await run(["cleanup", address], { cwd: folder });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    if (address.includes(":geheim@")) expect(err).not.toContain("geheim");
  });

  test.each([
    "postgres://me:geheim@127.0.0.1:9/app",
    "postgres://me:geheim@127.0.0.1:99999/app",
    "mysql://me:geheim@127.0.0.1:9/app",
    "mysql://me:geheim@127.0.0.1:99999/app",
    "mongodb://me:ge:heim@geheim@/127.0.0.1:9/app",
    "redis://:geheim@@127.0.0.1:99999",
    "redis-cluster://:geheim@127.0.0.1:99999",
    "redis-cluster://:geheim@127.0.0.1:9",
  ])("a server that is not there is an error of the driver's, and ends with 1: %s", async (address) => {
    const { code, out, err } = await run(["list", address]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^error: ./);
    expect(err).not.toContain("geheim");
  });
});

describe("as a process", () => {
  const SOURCE = ["--conditions=@hipflask/source", "--import", "tsx", "src/cli/main.ts"];
  const start = (...args: string[]) => spawn(process.execPath, [...SOURCE, ...args], { cwd: root });

  test.each(["list", "cleanup"])("Ctrl-C ends %s with 130, and it says so", async (command) => {
    await fill(100);
    const stopped = await run([command, url], { signal: AbortSignal.abort() });
    expect(stopped).toMatchObject({ code: 130, err: "error: It was interrupted.\n" });
  });

  test.runIf(existsSync("/dev/full"))(
    "a disk that is full is one sentence",
    async () => {
      const child = spawn("sh", ["-c", `exec "$0" "$@" > /dev/full`, process.execPath, ...SOURCE, "--help"], {
        cwd: root,
      });
      let err = "";
      child.stderr.on("data", (text) => (err += text));
      const code = await new Promise((resolve) => child.once("close", resolve));
      expect({ code, err }).toEqual({ code: 1, err: "error: The answer cannot be written: ENOSPC.\n" });
    },
    60_000,
  );

  test("a reader that stops early is no failure", async () => {
    await fill(800);
    const child = start("sessions", "list", url);
    let err = "";
    child.stderr.on("data", (text) => (err += text));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, err }).toEqual({ code: 0, err: "" });
  }, 60_000);
});
