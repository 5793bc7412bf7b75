/** The page with the tables: a section for each suite, which says when and where it was measured. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DOCUMENT = join(import.meta.dirname, "../../docs/benchmarks.md");
const MARKER = "<!-- What follows is written by `npm run bench -- --update`. -->";

/** Puts a suite's section in the place of the one before. @param {string[]} order the names of all suites, as they stand in the page */
export function writeSection(name, text, order) {
  const [prose, tables = ""] = readFileSync(DOCUMENT, "utf8").split(MARKER);
  const sections = new Map(
    tables
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split("\n", 1)[0], `## ${section.trimEnd()}`]),
  );
  sections.set(name, text);
  const written = order.flatMap((suite) => sections.get(suite) ?? []);
  writeFileSync(DOCUMENT, `${prose}${MARKER}\n\n${written.join("\n\n")}\n`);
}
