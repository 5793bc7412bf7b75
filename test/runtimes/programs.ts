import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe } from "vitest";

export const run = promisify(execFile);
export const folder = fileURLToPath(new URL(".", import.meta.url));

const bin = (path: string): string => `${folder}node_modules/${path}`;
const isThere = existsSync(bin("node24"));

/** The programs themselves, because the scripts that would put some of them in place do not run. */
export const PROGRAMS = {
  "Node 22": bin("node22/bin/node"),
  "Node 24": bin("node24/bin/node"),
  "Node 26": bin("node26/bin/node"),
  Bun: bin("@oven/bun-linux-x64/bin/bun"),
  Deno: bin("@deno/linux-x64-glibc/deno"),
};

/** Tests that need the runtimes, which CI installs; elsewhere they are skipped by name until somebody does. */
export function describeRuntimes(title: string, tests: () => void): void {
  const canRun = isThere || process.env["CI"] === "true";
  describe.skipIf(!canRun)(canRun ? title : `${title} (skipped: npm run test:runtimes)`, tests);
}

/** Puts the runtimes in place, where they are not. */
export async function installRuntimes(): Promise<void> {
  if (!isThere) await (installing ??= run("npm", ["ci", "--ignore-scripts"], { cwd: folder }));
}

let installing: Promise<unknown> | undefined;
