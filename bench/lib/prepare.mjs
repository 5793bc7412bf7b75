import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const bench = join(import.meta.dirname, "..");
const root = join(bench, "..");

/** Installs the peers where they are missing or older than the lockfile, and builds the library where its source is newer. */
export function prepare(log) {
  if (isNewer(join(bench, "package-lock.json"), join(bench, "node_modules/.package-lock.json"))) {
    log("installing the peers (npm ci in bench)");
    npm(bench, "ci", "--no-audit", "--no-fund");
  }
  if (newest(join(root, "src")) > changedAt(join(root, "dist/index.js"))) {
    log("building the library (npm run build)");
    npm(root, "run", "--silent", "build");
  }
}

function npm(cwd, ...args) {
  const { status } = spawnSync("npm", args, { cwd, stdio: ["ignore", 2, "inherit"] });
  if (status !== 0) throw new Error(`npm ${args.join(" ")} failed`);
}

function isNewer(file, than) {
  return changedAt(file) > changedAt(than);
}

function changedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => !name.endsWith(".test.ts"));
  return Math.max(...files.map((name) => changedAt(join(folder, name))));
}
