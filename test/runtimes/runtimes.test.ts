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

// The programs themselves, because the scripts that would put some of them in place do not run.
const NODE = [bin("node24/bin/node")];
const BUN = [bin("@oven/bun-linux-x64/bin/bun"), "test"];
const DENO = [bin("@deno/linux-x64-glibc/deno"), "test", "--allow-all", "--no-check"];

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
      ["Deno", "node:sqlite", DENO],
      ["Deno", "better-sqlite3", DENO],
    ] as const)("%s passes the store suite with %s", { timeout: 60_000 }, async ([, driver, command]) => {
      const [program, ...args] = command;
      const env = { ...process.env, DRIVER: driver, NODE_OPTIONS: "", NO_COLOR: "1" };
      const output = await run(program!, [...args, "./sqlite-suite.ts"], { cwd: folder, env }).then(
        ({ stdout, stderr }) => stdout + stderr,
        (error) => {
          throw new Error(`${error.message}\n${error.stdout}`);
        },
      );
      // The runners' own counts: "ℹ pass 67", "67 pass" and "67 passed".
      const passed = /pass (\d+)|(\d+) pass/.exec(output);
      expect(Number(passed?.[1] ?? passed?.[2])).toBeGreaterThan(60);
    });
  },
);
