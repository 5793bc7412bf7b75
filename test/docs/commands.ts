import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { read, root } from "./pages.ts";

/** As they stand in running text and in blocks: up to what ends the command. */
const COMMAND =
  /\b(?:npm (?:run (?:--\S+ )*|(?=test|start))(?<script>[\w:-]+)|npx vitest run (?<tests>[^`\n#]+)|node (?<file>(?:scripts|bench)\/\S+\.mjs))(?<rest>[^`\n#]*)/g;

/** A command of the repository's that a page names, and what is wrong with it, if anything. */
export interface Command {
  readonly text: string;
  readonly problem: string | undefined;
}

/** The commands of the repository's own that a text names: npm scripts, tests, programs of scripts/ and bench/. */
export function commandsOf(text: string): Command[] {
  return Array.from(text.matchAll(COMMAND), ({ 0: all, groups }) => ({
    text: all.trim(),
    problem: problemOf(groups!),
  }));
}

function problemOf({ script, tests, file, rest }: Record<string, string | undefined>): string | undefined {
  if (file !== undefined) return existsSync(join(root, file)) ? undefined : `there is no ${file}`;
  if (tests !== undefined) return problemOfTests(tests);
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  if (scripts[script!] === undefined) return `there is no script ${script}`;
  const suite = script === "bench" ? /^ -- ([a-z]+)/.exec(rest!)?.[1] : undefined;
  const isThere = suite === undefined || read("bench/run.mjs").includes(`  ${suite}: "`) || ALONE.has(suite);
  return isThere ? undefined : `there is no suite ${suite}`;
}

/** Suites that run only where they are named. */
const ALONE = new Set(["capacity", "timing"]);

/** Vitest takes the beginnings of paths; what stands behind `-t` may be put together when the tests run. */
function problemOfTests(text: string): string | undefined {
  const [paths = ""] = text.split(" -t ");
  const named = paths.split(/\s+/).filter((path) => /^\w/.test(path));
  const missing = named.find((path) => !beginsAPath(path));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

function beginsAPath(path: string): boolean {
  const folder = join(root, dirname(path));
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(basename(path)));
}
