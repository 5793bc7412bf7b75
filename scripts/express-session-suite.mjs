/**
 * Runs express-session's own tests against hipflask/express-session: a checkout of its repository, in which the module is ours. The tests that must
 * fail, and why, stand in test/express-session/differences.json.
 *
 * node scripts/express-session-suite.mjs [CHECKOUT]
 *
 * CHECKOUT: a folder with the repository of express-session, which is not changed. Without it, it is cloned.
 *
 * Exits with 1 where a test fails that must pass, or the other way round; with 2 where the tests could not be had or run.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = "https://github.com/expressjs/session.git";
const root = join(import.meta.dirname, "..");
const differences = JSON.parse(readFileSync(join(root, "test/express-session/differences.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "hipflask-express-session-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

function giveUp(reason) {
  console.error(reason);
  process.exit(2);
}

function run(doing, command, args, cwd) {
  console.error(doing);
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0" };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status === 0) return;
  const offline =
    command === "git"
      ? " Where there is no network, give a checkout: node scripts/express-session-suite.mjs CHECKOUT"
      : "";
  giveUp(`${error?.message ?? stdout + stderr}\n${doing} has failed.${offline}`);
}

const [checkout] = process.argv.slice(2);
const suite = join(folder, "suite");
if (checkout === undefined)
  run(`cloning ${REPOSITORY}`, "git", ["clone", "--depth", "1", REPOSITORY, suite], folder);
else if (existsSync(join(checkout, "test/session.js")))
  cpSync(checkout, suite, { recursive: true, filter: (path) => !/node_modules|\.git$/.test(path) });
else giveUp(`${checkout} is no checkout of express-session: it has no test/session.js.`);

run("building the library", "npm", ["run", "build"], root);
run(
  "installing what its tests need",
  "npm",
  ["install", "--ignore-scripts", "--no-audit", "--no-fund"],
  suite,
);
run("making its certificate", "bash", ["test/support/gencert.sh"], suite);
const module = JSON.stringify(join(root, "dist/express-session/index.js"));
writeFileSync(join(suite, "index.js"), `module.exports = require(${module});\n`);
writeFileSync(join(suite, "session/cookie.js"), `module.exports = require(${module}).Cookie;\n`);

const mocha = join(suite, "node_modules/mocha/bin/mocha.js");
const options = ["--require", "test/support/env", "--check-leaks", "--exit", "--reporter", "json", "test/"];
const { stdout, stderr } = spawnSync(process.execPath, [mocha, ...options], {
  cwd: suite,
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
if (!stdout.includes("{\n")) giveUp(`express-session's tests did not run:\n${stdout}${stderr}`);
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
