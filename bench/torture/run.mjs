/**
 * Sends hipflask and its peers through the same probes, and prints what was observed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machine } from "../lib/machine.mjs";
import { prepare } from "../lib/prepare.mjs";
import { startProcess } from "./process-subject.mjs";
import { torment } from "./probes/probes.mjs";
import { summary, tables } from "./table.mjs";

const HELP = `Usage: npm run bench:torture [-- [filter ...] [--json] [--update] [--help]]

Sends hipflask, built, and its peers through the same probes and prints what was observed, a row for each. The first run installs
the peers into bench/.

  filter    only the rows whose name holds one of these texts
  --json    results as JSON on standard output; the table is left out
  --update  also writes the tables into docs/torture.md, and the most telling columns into README.md; takes all rows
  --help    this text

Example: npm run bench:torture -- hipflask express

Exit status: 0 every row of hipflask is good, 1 one is not, 2 wrong usage.`;

const ROOT = join(import.meta.dirname, "../..");
const BEGIN = "<!-- From here on written by `npm run bench:torture -- --update`. -->";
const END = "<!-- Until here. -->";

const { help, json, update, filters } = command();
if (help) {
  console.log(HELP);
  process.exit(0);
}
prepare(console.error);
const { allRows } = await import("./rows.mjs");
const { rows, absent } = await allRows();
const chosen = rows.filter(({ name }) => filters.length === 0 || filters.some((text) => name.includes(text)));
if (chosen.length === 0) refuse(`No row's name holds one of: ${filters.join(", ")}.`);

const found = [];
for (const row of chosen) {
  const start = performance.now();
  try {
    const cells = await torment(row, () => startProcess(row));
    found.push({ row, cells });
    const seconds = Math.round((performance.now() - start) / 1000);
    console.error(`${row.name}: ${failed(cells).length} bad, ${seconds} s`);
  } catch (error) {
    absent.push({ name: row.name, isOurs: row.isOurs, reason: error.message });
  }
}
for (const { name, reason } of absent) console.error(`${name}: left out: ${reason}`);

const { node, platform } = machine();
const date = new Date().toISOString().slice(0, 10);
const cellsOf = ({ row, cells }) => ({ name: row.name, cells });
const text = [
  `Node ${node}, ${platform}, ${date}`,
  tables(found),
  ...absent.map(({ name, reason }) => `Left out: ${name} (${reason})`),
].join("\n\n");
console.log(
  json ? JSON.stringify({ node, platform, date, rows: found.map(cellsOf), absent }, null, 2) : text,
);

if (update) {
  write("docs/torture.md", text);
  write("README.md", summary(found));
}
if (absent.some(({ isOurs }) => isOurs)) process.exitCode = 1;
for (const { row, cells } of found.filter((each) => each.row.isOurs)) {
  const probes = failed(cells);
  if (probes.length === 0) continue;
  process.exitCode = 1;
  console.error(`${row.name} failed: ${probes.join(", ")}`);
}

/** Puts a text between the two lines of a document that say so. */
function write(document, written) {
  const path = join(ROOT, document);
  const whole = readFileSync(path, "utf8");
  const [before, rest] = whole.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  writeFileSync(path, `${before}${BEGIN}\n\n${written}\n\n${after}`);
}

function failed(cells) {
  return Object.keys(cells).filter((probe) => cells[probe].verdict === "bad");
}

function command() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        update: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.update && positionals.length > 0)
      throw new Error("--update takes all rows: leave the filters out.");
    return { ...values, filters: positionals };
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(message) {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}
