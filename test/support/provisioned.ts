import { describe, test } from "vitest";
import { missing, needs } from "../../scripts/needs.mjs";

let absent: ReadonlySet<string> | undefined;

/** Whether `name`, a row of `scripts/needs.mjs`, is on this machine. */
function provisioned(name: string): boolean {
  if (!needs.some((need) => need.name === name)) throw new Error(`scripts/needs.mjs has no row ${name}`);
  absent ??= new Set(missing().map((need) => need.name));
  return !absent.has(name);
}

/** `describe` for tests that need `name`: where it is missing they are skipped by name; in CI, where it must be there, they fail. */
export function describeWith(name: string, title: string, tests: () => void): void {
  if (provisioned(name)) {
    describe(title, tests);
  } else if (process.env["CI"] === "true") {
    test(title, () => {
      throw new Error(`There is no ${name} on this machine: npm run provision`);
    });
  } else {
    describe.skipIf(true)(`${title} (skipped: needs ${name}, npm run provision)`, tests);
  }
}
