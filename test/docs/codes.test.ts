import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULTY } from "../doctor/faulty.ts";
import { sectionOf } from "./markdown.ts";
import { root } from "./pages.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** All source of a folder, but for its tests. */
function sourceOf(folder: string): string {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return sources.map((file) => read(join(folder, file))).join("\n");
}

const unique = (texts: Iterable<string>): string[] => [...new Set(texts)].toSorted();

/** What stands in code marks and looks like a code. */
const codesIn = (markdown: string): string[] =>
  Array.from(markdown.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g), ([, code]) => code!);

/** The cells of a table's column, from the left. */
const column = (markdown: string, index: number): string[] =>
  Array.from(markdown.matchAll(/^\|.*\|$/gm), ([row]) => row.split("|")[index + 1]!);

/** `code severity`, for each code of a table whose second column is the severity. */
const severities = (markdown: string): string[] =>
  column(markdown, 0).flatMap((cell, at) =>
    codesIn(cell).map((code) => `${code} ${column(markdown, 1)[at]!.trim()}`),
  );

const DOCTOR = read("docs/doctor.md");
const AT_A_SITE = sectionOf(DOCTOR, "What it finds at a site");
const IN_A_CONFIGURATION = sectionOf(DOCTOR, "What it finds in a configuration");

/** `code severity`, for each fault that the source can tell. */
function faultsOf(source: string): string[] {
  const literals = source.matchAll(/\bcode: "([a-z-]+)",\s*severity: "([a-z]+)"/g);
  const found = Array.from(literals, ([, code, severity]) => `${code} ${severity}`);
  // One that is put together in another way would not be found.
  expect(found).toHaveLength([...source.matchAll(/\bcode: "/g)].length);
  return unique(found);
}

test("docs/doctor.md has every fault at a site, and each is planted in a server", () => {
  const faults = faultsOf(sourceOf("src/cli/doctor/checks"));
  expect(unique(severities(AT_A_SITE))).toEqual(faults);
  const planted = new Set(FAULTY.flatMap(({ codes }) => codes));
  expect(faults.map((fault) => fault.split(" ")[0]!).filter((code) => !planted.has(code))).toEqual([]);
});

test("docs/doctor.md has every fault in a configuration", () => {
  expect(unique(severities(IN_A_CONFIGURATION))).toEqual(faultsOf(read("src/cli/doctor/config.ts")));
});

test("docs/browsers.md has every verdict of the engine's, and no other", () => {
  const source = sourceOf("src/browser");
  const calls = [...source.matchAll(/findings\.(?:refuse|warn|note)\(/g)];
  const literals = [...source.matchAll(/findings\.(?:refuse|warn|note)\(\s*"([a-z-]+)"/g)];
  expect(literals).toHaveLength(calls.length);
  const verdicts = unique(literals.map(([, code]) => code!));

  const page = read("docs/browsers.md");
  const named = unique([...column(page, 0), ...listOf(page)].flatMap(codesIn));
  expect(named.filter((code) => !verdicts.includes(code))).toEqual([]);
  const told = codesIn(page);
  expect(verdicts.filter((code) => !told.includes(code))).toEqual([]);
});

/** The codes that stand in a sentence, not in a table. */
function listOf(page: string): string[] {
  return sectionOf(page, "In a Cookie header").split("\n\n").slice(1, 2);
}
