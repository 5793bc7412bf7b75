import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const run = promisify(execFile);
export const folder = fileURLToPath(new URL(".", import.meta.url));

const bin = (path: string): string => `${folder}node_modules/${path}`;

/** The programs themselves, because the scripts that would put some of them in place do not run. */
export const PROGRAMS = {
  "Node 22": bin("node22/bin/node"),
  "Node 24": bin("node24/bin/node"),
  "Node 26": bin("node26/bin/node"),
  Bun: bin("@oven/bun-linux-x64/bin/bun"),
  Deno: bin("@deno/linux-x64-glibc/deno"),
};
