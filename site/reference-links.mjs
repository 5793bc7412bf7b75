import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Its names are express-session's, and mean something else on other pages. */
const APART = "express-session.md";

/** The heading of a public name, `### createSessions() {#api-createsessions}`. */
const HEADING = /^### (\w+(?:\\_\w+)*)(?:\(\))? \{#(\S+)\}$/gm;

/**
 * Where the reference tells of an import path (`hipflask/login`) and of each public name (`createLogin`).
 *
 * @param reference the folder of its pages
 * @returns paths on the site
 */
export function referenceLinks(reference) {
  const links = new Map();
  for (const file of pagesOf(reference)) {
    const page = `reference/${file}`;
    const path = file.slice(0, -".md".length);
    links.set(path === "index" ? "hipflask" : `hipflask/${path}`, page);
    if (file === APART) continue;
    for (const [, title, anchor] of readFileSync(join(reference, file), "utf8").matchAll(HEADING)) {
      const name = title.replaceAll("\\_", "_");
      if (!links.has(name)) links.set(name, `${page}#${anchor}`);
    }
  }
  return links;
}

/** The reference's pages. The main entry comes first, so that a name which several have leads there. */
export function pagesOf(reference) {
  const files = readdirSync(reference, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".md") && file !== "modules.md",
  );
  return files.toSorted((a, b) => Number(b === "index.md") - Number(a === "index.md") || (a < b ? -1 : 1));
}
