/**
 * Brings what the tests need beyond npm: as root on Debian it installs what is missing, elsewhere it says what is
 * missing and how to get it. Tests that lack their thing are skipped by name; with CI=true anything missing is an error.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missing, needs } from "./needs.mjs";

const APT = "/usr/bin/apt-get";
const INSTALL = ["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"];

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stderr } = spawnSync(APT, args, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  return status === 0 ? undefined : (stderr.trim().split("\n").at(-1) ?? "apt-get failed");
}

function install(wanted) {
  apt("update", "-qq");
  for (const { name, packages } of wanted) {
    const start = performance.now();
    const problem = apt(...INSTALL, ...packages);
    const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    console.log(`provision: ${name} ${problem ? `FAILED: ${problem}` : `installed (${took})`}`);
  }
}

const ROOT = join(import.meta.dirname, "..");
/** What only some tests need of npm, in folders of their own. Elsewhere than in CI `npm run test:…` installs each, and `npm run docs` the site's. */
const FOLDERS = ["site", "test/beside", "test/frameworks", "test/migrate", "test/runtimes"];

function installFolders() {
  for (const folder of FOLDERS) {
    const cwd = join(ROOT, folder);
    // What npm writes last.
    if (existsSync(join(cwd, "node_modules/.package-lock.json"))) continue;
    const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
    const { status } = spawnSync("npm", ["ci", ...options], { cwd, stdio: ["ignore", "ignore", "inherit"] });
    console.log(`provision: the packages of ${folder} ${status === 0 ? "installed" : "FAILED"}`);
    if (status !== 0) process.exitCode = 1;
  }
}

if (process.env.CI === "true") installFolders();

let still = missing();
if (still.length > 0 && process.getuid?.() === 0 && existsSync(APT)) {
  install(still);
  still = missing();
}

if (still.length === 0) {
  console.log(`provision: ${needs.map((need) => need.name).join(", ")}: all there`);
} else {
  for (const { name, tests } of still) console.log(`provision: no ${name}, which ${tests} needs`);
  const packages = still.flatMap((need) => need.packages).join(" ");
  console.log(`provision: on Debian or Ubuntu: sudo apt-get install --no-install-recommends ${packages}`);
  if (process.env.CI === "true") process.exitCode = 1;
}
