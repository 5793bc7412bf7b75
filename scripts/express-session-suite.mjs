/**
 * Runs express-session's own tests against hipflask/express-session: a checkout of its repository, in which the module is ours. The tests that must
 * fail, and why, stand in test/express-session/differences.json.
 *
 * node scripts/express-session-suite.mjs [CHECKOUT]
 *
 * CHECKOUT: a folder with the repository of express-session, which is not changed. Without it, it is cloned.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const differences = JSON.parse(readFileSync(join(root, "test/express-session/differences.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "hipflask-express-session-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });

console.error("building the library");
run("npm", ["run", "build"], root);
const [checkout] = process.argv.slice(2);
const suite = join(folder, "suite");
if (checkout === undefined) {
  console.error("cloning express-session");
  run("git", ["clone", "--depth", "1", "https://github.com/expressjs/session.git", suite], folder);
} else cpSync(checkout, suite, { recursive: true, filter: (path) => !/node_modules|\.git$/.test(path) });

console.error("installing what its tests need");
run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], suite);
execFileSync("bash", ["test/support/gencert.sh"], { cwd: suite, stdio: "ignore" });
const module = JSON.stringify(join(root, "dist/express-session/index.js"));
writeFileSync(join(suite, "index.js"), `module.exports = require(${module});\n`);
writeFileSync(join(suite, "session/cookie.js"), `module.exports = require(${module}).Cookie;\n`);

const mocha = join(suite, "node_modules/mocha/bin/mocha.js");
const options = ["--require", "test/support/env", "--check-leaks", "--exit", "--reporter", "json", "test/"];
const { stdout } = spawnSync(process.execPath, [mocha, ...options], {
  cwd: suite,
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
const { stats, failures } = JSON.parse(stdout.slice(stdout.indexOf("{\n")));
const failed = failures.map(({ fullTitle }) => fullTitle);
const surprises = failed.filter((title) => !(title in differences));
const passed = Object.keys(differences).filter((title) => !failed.includes(title));
for (const { fullTitle, err } of failures.filter(({ fullTitle: title }) => surprises.includes(title)))
  console.log(`FAILED ${fullTitle}: ${err.message}`);
for (const title of passed) console.log(`PASSED, though it is listed as a difference: ${title}`);
for (const title of failed.filter((each) => !surprises.includes(each)))
  console.log(`differs: ${title}\n         ${differences[title]}`);
console.log(
  `${stats.passes} of ${stats.tests} pass, ${failed.length - surprises.length} differ on purpose, ${surprises.length} fail`,
);
process.exitCode = surprises.length + passed.length === 0 ? 0 : 1;
