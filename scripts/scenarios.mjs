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
const SUITE = /\/test\/(?:http\/adapters|frameworks\/)[^/]*\.test\.ts$/;
const ADAPTER = /the adapter ([\w-]+) (?:over (http[12])|without a server)/;
const APP = /the conformance app with ADAPTER=([\w-]+) STORAGE=(\w+)(?: on ([^>]+))?/;
const HERE = `Node ${process.versions.node.split(".")[0]}`;

/** By adapter or runtime and by column: whether all its tests passed, and how many there were. */
const adapters = {};
const runtimes = {};

for (const { name, assertionResults } of JSON.parse(readFileSync(file, "utf8")).testResults) {
  for (const { ancestorTitles, status } of assertionResults) {
    if (status !== "passed" && status !== "failed") continue;
    const app = APP.exec(ancestorTitles.join(" > "));
    if (app) {
      const [, adapter, storage, runtime = HERE] = app;
      if (!isFramework(adapter)) note(runtimes, runtime.trim(), storage, status);
      if (runtime === HERE || isFramework(adapter)) note(adapters, adapter, storage, status);
    } else if (SUITE.test(name)) {
      const suite = ADAPTER.exec(ancestorTitles[0]);
      if (suite) note(adapters, suite[1], suite[2] ?? "alone", status);
      else {
        const [, protocol] = /^the adapter over (http[12])$/.exec(ancestorTitles[1]) ?? [];
        if (protocol !== undefined) note(adapters, ancestorTitles[0], protocol, status);
      }
    }
  }
}

/** Those that run where their frameworks have built them. */
function isFramework(adapter) {
  return ["next", "nitro", "sveltekit"].includes(adapter);
}

function note(table, row, column, status) {
  table[row] ??= {};
  const cell = (table[row][column] ??= { isGood: true, count: 0 });
  cell.isGood &&= status === "passed";
  cell.count++;
}

/** @param most how many tests the adapter suite has: what an adapter's framework does not do is left out of it, and said */
function markdown(table, head, columns, most = 0) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rows = Object.keys(table).toSorted();
  const cell = (value, isSuite) => {
    if (value === undefined) return " ";
    const missing = isSuite ? most - value.count : 0;
    return `${value.isGood ? "✓" : "✗"}${missing > 0 ? `, but for ${missing}` : ""}`;
  };
  return [
    line([head, ...columns.map(([, title]) => title)]),
    line([head, ...columns].map(() => "---")),
    ...rows.map((row) =>
      line([row, ...columns.map(([column]) => cell(table[row][column], !STORAGES.includes(column)))]),
    ),
  ].join("\n");
}

const storages = STORAGES.map((storage) => [storage, `app, ${storage}`]);
const most = Math.max(...Object.values(adapters).map(({ http1 }) => http1?.count ?? 0));
const suites = [
  ["http1", "suite over HTTP/1.1"],
  ["http2", "over HTTP/2"],
  ["alone", "without a server"],
];
const text = [
  markdown(adapters, "adapter", [...suites, ...storages], most),
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
