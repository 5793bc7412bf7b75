/**
 * What a run of the tests says of adapters and runtimes, as the table in the README.
 *
 * npm test -- --reporter=json --outputFile=tests.json
 * node scripts/scenarios.mjs tests.json            exits with 1 where the README's table says something else
 * node scripts/scenarios.mjs tests.json --update   writes it
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const README = join(import.meta.dirname, "../README.md");
const [file, option] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: node scripts/scenarios.mjs tests.json [--update]");
  process.exit(2);
}

const STORAGES = ["encrypted", "signed", "server", "flask"];
const ADAPTER = /the adapter(?: ([\w-]+) (?:over (http[12])|without a server))?/;
const APP = /the conformance app with ADAPTER=([\w-]+) STORAGE=(\w+)(?: on ([^>]+))?/;

/** By adapter or runtime and by column: whether all its tests passed. */
const adapters = {};
const runtimes = {};

for (const { assertionResults } of JSON.parse(readFileSync(file, "utf8")).testResults) {
  for (const { ancestorTitles, status } of assertionResults) {
    if (status !== "passed" && status !== "failed") continue;
    const title = ancestorTitles.join(" > ");
    const app = APP.exec(title);
    const suite = ADAPTER.exec(title);
    if (app?.[3] !== undefined && !isFramework(ancestorTitles)) note(runtimes, app[3].trim(), app[2], status);
    else if (app) {
      note(adapters, app[1], app[2], status);
      note(runtimes, `Node ${process.versions.node.split(".")[0]}`, app[2], status);
    } else if (suite?.[1]) note(adapters, suite[1], suite[2] ?? "alone", status);
    else if (suite && isFramework(ancestorTitles)) note(adapters, ancestorTitles[0], "http1", status);
  }
}

function isFramework([first]) {
  return ["next", "nitro", "sveltekit"].includes(first);
}

function note(table, row, column, status) {
  table[row] ??= {};
  table[row][column] = (table[row][column] ?? true) && status === "passed";
}

function markdown(table, head, columns) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rows = Object.keys(table).toSorted();
  const cell = (value) => (value === undefined ? " " : value ? "✓" : "✗");
  return [
    line([head, ...columns.map(([, title]) => title)]),
    line([head, ...columns].map(() => "---")),
    ...rows.map((row) => line([row, ...columns.map(([column]) => cell(table[row][column]))])),
  ].join("\n");
}

const storages = STORAGES.map((storage) => [storage, `app, ${storage}`]);
const text = [
  markdown(adapters, "adapter", [
    ["http1", "suite over HTTP/1.1"],
    ["http2", "over HTTP/2"],
    ["alone", "without a server"],
    ...storages,
  ]),
  markdown(runtimes, "runtime", storages),
].join("\n\n");

const readme = readFileSync(README, "utf8");
const [start, end] = ["<!-- scenarios: made by scripts/scenarios.mjs -->\n\n", "\n\n<!-- /scenarios -->"];
const from = readme.indexOf(start) + start.length;
const to = readme.indexOf(end);
if (option === "--update") writeFileSync(README, readme.slice(0, from) + text + readme.slice(to));
else if (readme.slice(from, to) !== text) {
  console.log(`The README's table says something else than this run:\n\n${text}`);
  process.exitCode = 1;
}
