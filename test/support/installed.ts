import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

/**
 * Tests that need packages which only their own folder of `test` has. CI installs them (`scripts/provision.mjs`); elsewhere they are
 * skipped by name until somebody does.
 */
export function describeInstalled(
  folder: "beside" | "frameworks" | "migrate" | "runtimes",
  title: string,
  tests: () => void,
): void {
  // What npm writes last.
  const evidence = new URL(`../${folder}/node_modules/.package-lock.json`, import.meta.url);
  const areThere = existsSync(fileURLToPath(evidence));
  describe.skipIf(!areThere)(areThere ? title : `${title} (skipped: npm run test:${folder})`, tests);
}
