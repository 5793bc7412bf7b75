import { describe, test } from "vitest";
import { missing, needs } from "../../scripts/needs.mjs";

let absent: ReadonlySet<string> | undefined;

/** Those of `names`, rows of `scripts/needs.mjs`, that are not on this machine. */
function lacking(names: readonly string[]): string[] {
  const unknown = names.find((name) => !needs.some((need) => need.name === name));
  if (unknown !== undefined) throw new Error(`scripts/needs.mjs has no row ${unknown}`);
  absent ??= new Set(missing().map((need) => need.name));
  return names.filter((name) => absent!.has(name));
}

/**
 * `describe` for tests that need this, if anything: where some of it is missing they are skipped by name; in CI, where it must be
 * there, they fail.
 */
export function describeWith(
  needed: string | readonly string[] | undefined,
  title: string,
  tests: () => void,
): void {
  const lack = lacking([needed ?? []].flat()).join(", ");
  if (lack === "") {
    describe(title, tests);
  } else if (process.env["CI"] === "true") {
    test(title, () => {
      throw new Error(`There is no ${lack} on this machine: npm run provision`);
    });
  } else {
    describe.skipIf(true)(`${title} (skipped: needs ${lack}, npm run provision)`, tests);
  }
}
