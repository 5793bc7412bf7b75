import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

const IN_DOCS = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });

/** Every page that readers are given, by its path in the repository. */
export const PAGES: readonly string[] = IN_DOCS.filter((path) => path.endsWith(".md"))
  .map((path) => `docs/${path}`)
  .concat(
    "README.md",
    "CHANGELOG.md",
    "examples/README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
  )
  .toSorted();

/** What stands in a file, by its path in the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
