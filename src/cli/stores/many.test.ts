import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Writable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillSqlite } from "../../../test/support/many-sessions.ts";
import { memoryInUse } from "../../../test/support/memory-in-use.ts";
import type { Output } from "../io.ts";
import { run } from "../program.ts";

const IS_LONG = process.env["HIPFLASK_LONG"] === "1";
const COUNT = IS_LONG ? 1_000_000 : 10_000;
const PATIENCE = { timeout: IS_LONG ? 3_600_000 : 120_000 };
/** Characters of a session. */
const SIZE = IS_LONG ? 50 : 2000;
const MIB = 1024 * 1024;
/** All records at once would be twice as much and more. */
const MOST = 12 * MIB;

const cwd = fileURLToPath(new URL("../../../", import.meta.url));
let folder: string;
let from: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hipflask-cli-"));
  from = `sqlite:${join(folder, "from.db")}`;
  await fillSqlite(join(folder, "from.db"), { live: COUNT, ended: COUNT, size: SIZE });
}, PATIENCE.timeout);
afterAll(() => rm(folder, { recursive: true }));

/** How a command went, at a terminal. */
interface Seen {
  readonly code: number;
  readonly out: string;
  readonly lines: number;
  /** How often it was told how far it is, the end included. */
  readonly drawn: number;
  /** Bytes that were in use beyond those at the start. */
  readonly most: number;
}

/** Runs a command, and looks at the memory whenever it shows how far it is. */
async function watched(...args: string[]): Promise<Seen> {
  let [out, lines, drawn, most] = ["", 0, 0, 0];
  const before = memoryInUse();
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      lines += chunk.toString().split("\n").length - 1;
      out = chunk.toString();
      done();
    },
  });
  const stderr: Output = Object.assign(
    new Writable({
      write(_, __, done) {
        drawn += 1;
        // To look takes longer than to work.
        if (drawn % (IS_LONG ? 20 : 5) === 1) most = Math.max(most, memoryInUse() - before);
        done();
      },
    }),
    { isTTY: true },
  );
  const io = { stdin: process.stdin, stdout, stderr, env: {}, cwd, exitCode: 0 };
  const begun = performance.now();
  await run(["sessions", ...args], io);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const told = `${args[0]}: ${seconds} s, at most ${(most / MIB).toFixed(1)} MiB more in use than before\n`;
  if (IS_LONG) process.stdout.write(told);
  return { code: io.exitCode, out, lines, drawn, most };
}

/** What is alike for all of them. */
function expectFlat({ code, drawn, most }: Seen): void {
  expect(code).toBe(0);
  expect(drawn).toBeGreaterThanOrEqual(2);
  expect(most).toBeLessThan(MOST);
}

test(`${COUNT} sessions are listed in flat memory, and one is shown`, PATIENCE, async () => {
  const listed = await watched("list", from, "--json");
  expectFlat(listed);
  expect(listed.lines).toBe(COUNT);
  const { handle } = JSON.parse(listed.out.trimEnd().split("\n").at(-1)!) as { handle: string };
  expect((await watched("show", from, "--", handle)).code).toBe(0);
});

test(`${COUNT} sessions are copied in flat memory`, PATIENCE, async () => {
  const copied = await watched("migrate", from, `sqlite:${join(folder, "to.db")}`);
  expectFlat(copied);
  expect(copied.out).toBe(`${COUNT.toLocaleString("en-US")} copied, 0 updated, 0 there already\n`);
});

test(`${COUNT} ended sessions are removed in flat memory`, PATIENCE, async () => {
  const removed = await watched("cleanup", from);
  expectFlat(removed);
  expect(removed.out).toBe(`${COUNT.toLocaleString("en-US")} ended sessions removed.\n`);
});
