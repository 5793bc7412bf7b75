/**
 * Compares hipflask with its peers, side by side in one run.
 */
import { parseArgs } from "node:util";
import { writeSection } from "./lib/document.mjs";
import { machine } from "./lib/machine.mjs";
import { prepare } from "./lib/prepare.mjs";
import { markdown } from "./lib/report.mjs";

/**
 * @callback Suite
 * @param {{ quick: boolean, log: (line: string) => void }} options
 * @returns {Promise<{ tables: Table[], goals: Goal[] }>}
 *
 * @typedef {{ median: number, min: number, max: number }} Spread
 * @typedef {{ title: string, columns: string[], rows: (string | number | Spread)[][] }} Table
 * @typedef {{ goal: string, limit: number, ratio: Spread | number, quiet?: number }} Goal met where the ratio's median is
 *   at most the limit; `quiet` is the same ratio, of each side's quietest tenth of the rounds. What is counted and not
 *   timed is one number
 */

const SUITES = {
  cookies: "./micro/cookies.mjs",
  sign: "./micro/sign.mjs",
  seal: "./micro/seal.mjs",
  http: "./http/count.mjs",
  stores: "./stores/suite.mjs",
  frameworks: "./frameworks/suite.mjs",
};

/** What compares with nobody, and runs when it is asked for. */
const ALONE = { capacity: "./capacity/suite.mjs", timing: "./micro/timing.mjs" };

const ALL = { ...SUITES, ...ALONE };

const HELP = `Usage: npm run bench [-- [filter ...] [--quick] [--json] [--update] [--help]]

Compares hipflask, built, with its peers in one run and prints ratios. The first run installs the peers into bench/.

  filter    only the suites whose name holds one of these texts: ${Object.keys(SUITES).join(", ")}; and ${Object.keys(ALONE).join(", ")},
            which has no peers and runs only so
  --quick   fewer and shorter rounds: about a minute for each suite, frameworks five
  --json    results as JSON on standard output; the tables are left out
  --update  also writes the tables of these suites into docs/benchmarks.md; takes them at full length, all of them half an hour
  --help    this text

Example: npm run bench -- sign --quick

Exit status: 0 measured (whether or not goals are met: timings gate nothing), 1 a suite failed, 2 wrong usage.`;

function parseCommand() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      update: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const all = Object.keys(ALL);
  const idle = positionals.find((filter) => !all.some((name) => name.includes(filter)));
  if (idle !== undefined) throw new Error(`No suite's name holds "${idle}". There are: ${all.join(", ")}.`);
  const names =
    positionals.length === 0
      ? Object.keys(SUITES)
      : all.filter((name) => positionals.some((filter) => name.includes(filter)));
  const alone = names.find((name) => Object.hasOwn(ALONE, name));
  if (values.update && (values.quick || alone !== undefined)) {
    throw new Error(
      `--update takes suites at full length that compare with peers: leave ${alone ?? "--quick"} out.`,
    );
  }
  return { ...values, names };
}

function command() {
  try {
    return parseCommand();
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

const { help, quick, json, update, names } = command();
if (help) {
  console.log(HELP);
  process.exit(0);
}

const log = (line) => console.error(line);
prepare(log);
// nobi, a peer from 2013, uses what Node has deprecated since.
process.noDeprecation = true;

const header = { ...machine(), date: new Date().toISOString().slice(0, 10), quick };
const { node, platform, cpu, cores, date } = header;
const where = `Node ${node}, ${platform}, ${cores} cores of ${cpu}, ${date}${quick ? ", --quick" : ""}`;
const sectionOf = (name, result) => `## ${name}\n\n${where}\n\n${markdown(result)}`;
const results = {};
for (const name of names) {
  const start = performance.now();
  try {
    const { run, about } = await import(ALL[name]);
    log(`${name}: ${about}`);
    results[name] = await run({ quick, log: (line) => log(`${name}: ${line}`) });
    log(`${name}: took ${((performance.now() - start) / 1000).toFixed(0)} s`);
    if (update) writeSection(name, sectionOf(name, results[name]), Object.keys(SUITES));
  } catch (error) {
    process.exitCode = 1;
    log(`${name}: FAILED: ${error.stack}`);
  }
}

const sections = Object.entries(results).map(([name, result]) => sectionOf(name, result));
console.log(json ? JSON.stringify({ ...header, results }, null, 2) : sections.join("\n\n"));
