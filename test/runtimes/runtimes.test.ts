import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const folder = fileURLToPath(new URL(".", import.meta.url));
const bin = (path: string): string => `${folder}node_modules/${path}`;
const isCi = process.env["CI"] === "true";
const isInstalled = existsSync(bin("node24"));

const NODE = [bin("node24/bin/node")];
/** The program itself, because the script that would put it in place does not run. */
const BUN = [bin("@oven/bun-linux-x64/bin/bun"), "test"];

const title = "SqliteStore on other runtimes";

describe.skipIf(!isInstalled && !isCi)(
  isInstalled || isCi ? title : `${title} (skipped: npm run test:runtimes)`,
  () => {
    beforeAll(async () => {
      if (!isInstalled) await run("npm", ["ci", "--ignore-scripts"], { cwd: folder });
    }, 120_000);

    test.for([
      ["Node 24", "node:sqlite", NODE],
      ["Node 24", "better-sqlite3", NODE],
      ["Bun", "bun:sqlite", BUN],
      ["Bun", "node:sqlite", BUN],
      ["Bun", "better-sqlite3", BUN],
    ] as const)("%s passes the store suite with %s", async ([, driver, [program, ...args]]) => {
      const env = { ...process.env, DRIVER: driver, NODE_OPTIONS: "", NO_COLOR: "1" };
      const { stdout, stderr } = await run(program!, [...args, "./sqlite-suite.ts"], { cwd: folder, env });
      const passed = /^(?:. pass (\d+)| *(\d+) pass)$/m.exec(stdout + stderr);
      expect(Number(passed?.[1] ?? passed?.[2])).toBeGreaterThan(60);
    });
  },
);
