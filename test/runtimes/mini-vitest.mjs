/**
 * What stands in for vitest, and for node:test, where neither runs: it collects tests and runs them one after the other. Their `expect` is
 * vitest's own.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
} from "@vitest/expect";

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

/** vitest's own. */
export const expect = Object.assign(
  (value, message) => chai.expect(value, message),
  chai.expect,
  globalThis[ASYMMETRIC_MATCHERS_OBJECT],
);

const tests = [];
const titles = [];

/** Collects a test. */
export const test = tabular((title, ...rest) => {
  tests.push({ title: [...titles, title].join(" > "), run: rest.at(-1) });
});

/** Collects the tests of a group. */
export const describe = tabular((title, group) => {
  titles.push(title);
  group();
  titles.pop();
});

/** Adds the forms that take a table: `each` spreads a row that is a list, `for` does not. */
function tabular(define) {
  const over =
    (rows, call) =>
    (title, ...rest) => {
      for (const [i, row] of rows.entries()) define(`${title} (row ${i})`, () => call(rest.at(-1), row));
    };
  return Object.assign(define, {
    each: (rows) => over(rows, (run, row) => (Array.isArray(row) ? run(...row) : run(row))),
    for: (rows) => over(rows, (run, row) => run(row)),
    skipIf: (isSkipped) => (isSkipped ? () => undefined : define),
  });
}

/**
 * Runs the tests of modules.
 *
 * @param modules load one each, which collects its tests
 * @returns how many have passed, and what the others threw
 */
export async function runAll(modules) {
  for (const load of modules) await load();
  const failures = [];
  for (const { title, run } of tests) {
    try {
      await run();
    } catch (error) {
      failures.push(`${title}: ${error?.stack ?? error}`);
    }
  }
  return { passed: tests.length - failures.length, failures };
}
