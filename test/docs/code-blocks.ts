/** The pages' programs and fragments as files that can be compiled and run. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Block, blocksOf, rowsOf } from "./markdown.ts";
import { read, root } from "./pages.ts";

const run = promisify(execFile);

/** Git, the linter and the repository's own compiler look past it. */
const FOLDER = join(root, "test/docs/.build");

/** Where fragments run, and leave their files. */
export const FILES = join(FOLDER, "files");

const OPTIONS = {
  target: "es2023",
  lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
  module: "preserve",
  moduleDetection: "force",
  customConditions: ["@hipflask/source"],
  strict: true,
  jsx: "preserve",
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: ["node"],
};

/** A block of a page, and the file that it is made. */
export interface Program {
  readonly file: string;
  /** Where it stands: `docs/cookies.md:8`. */
  readonly place: string;
  /** It can be run by itself, and says what its expressions are; others are fragments. */
  readonly isWhole: boolean;
  /** The names of context.ts that it is given. */
  readonly context: readonly string[];
}

/** Writes a file for each block and each row of these pages, in place of those of before. */
export function writePrograms(pages: ReadonlyMap<string, string>): Program[] {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FILES, { recursive: true });
  writeFileSync(join(FOLDER, "globals.d.ts"), globals());
  const include = ["**/*", "../ambient.d.ts"];
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, include }));
  return Array.from(pages, ([page, markdown]) =>
    [...blocksOf(markdown), ...rowsOf(markdown).map(({ block }) => block)]
      .filter(({ language }) => language === "ts" || language === "tsx")
      .map((block) => writeProgram(page, block)),
  ).flat();
}

function writeProgram(page: string, { language, text, line, context }: Block): Program {
  const folder = join(FOLDER, page.replace(/\.md$/, ""));
  // A page's own files find each other.
  const file = join(folder, /^\/\/ (\S+)\n/.exec(text)?.[1] ?? `line-${line}.${language}`);
  const names =
    context.length === 0 ? "" : `const { ${context.join(", ").replaceAll(" as ", ": ")} } = given;`;
  mkdirSync(dirname(file), { recursive: true });
  // On one line before it, so that lines can be counted.
  writeFileSync(file, `${names}\n${checked(text)}`);
  return {
    file,
    place: `${page}:${line}`,
    isWhole: text.includes("// => "),
    context: context.map((name) => name.replace(/ as .*/, "")),
  };
}

/**
 * Where an application keeps its files, a fragment has a folder of its own. A line's `// => …` says what its expression is, as
 * `util.inspect` shows it or, of a text, as it is. What must not compile must throw, too.
 */
function checked(text: string): string {
  return text
    .replaceAll("/var/lib/my-app", FILES)
    .replace(
      /^(?!const |let )(\S.*); \/\/ => (.+)$/gm,
      (_, expression, shown) => `showsAs(${expression}, ${JSON.stringify(shown)});`,
    )
    .replace(/^(\/\/ @ts-expect-error\n)(.+?);/gm, "$1throws(() => $2);");
}

/** The path of each of the package's names, which fragments may use without importing it. */
export function packageNames(): ReadonlyMap<string, string> {
  const paths: Record<string, string[]> = JSON.parse(read("test/package/exports.json"));
  // It has names of express-session's, which other paths have, too.
  delete paths["./express-session"];
  const found = new Map<string, string>();
  for (const [path, names] of Object.entries(paths))
    for (const name of names) if (!found.has(name)) found.set(name, `hipflask${path.slice(1)}`);
  return found;
}

function globals(): string {
  const lines = Array.from(
    packageNames(),
    ([name, path]) => `  var ${name}: typeof import("${path}").${name};`,
  );
  const given = '  var given: import("../context.ts").Context;';
  const checks = [
    "  function showsAs(value: unknown, text: string): void;",
    "  function throws(run: () => void): void;",
  ];
  return `declare global {\n${[...lines, given, ...checks].join("\n")}\n}\nexport {};\n`;
}

/** What the compiler says of all programs, each with its place in the page. */
export async function compilePrograms(programs: readonly Program[]): Promise<string[]> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", FOLDER, "--pretty", "false"], {
    cwd: root,
  }).catch((error) => error);
  const byFile = new Map(programs.map((program) => [program.file, program]));
  const errors = Array.from(
    String(stdout).matchAll(/^(.+?)\((\d+),\d+\): (error .*)$/gm),
    ([, path, row, rest]) => {
      const program = byFile.get(join(root, path!));
      return program === undefined ? `${path}: ${rest}` : `${placeIn(program, Number(row))}: ${rest}`;
    },
  );
  // What the package itself is wrong in, the repository's own compilation tells.
  return errors.filter((line) => !line.startsWith("src/")).toSorted();
}

/** Where a row of a program's file stands in its page. */
export function placeIn({ place }: Program, row: number): string {
  const [page, start] = place.split(":");
  return `${page}:${Number(start) + row - 2}`;
}

const RUNNER = `
import { inspect } from "node:util";
globalThis.showsAs = (value, text) => {
  if (value !== text && inspect(value) !== text) throw new Error(inspect(value) + " is not " + text);
};
for (const file of process.argv.slice(2)) await import(file);
`;

/** Runs programs one after the other. @throws Error with what was printed, where one fails */
export async function runPrograms(programs: readonly Program[]): Promise<void> {
  const runner = join(FOLDER, "run.mjs");
  writeFileSync(runner, RUNNER);
  const args = [
    "--conditions=@hipflask/source",
    "--import",
    "tsx",
    runner,
    ...programs.map(({ file }) => file),
  ];
  await run(process.execPath, args, { cwd: root }).catch((error) => {
    throw new Error(String(error.stderr));
  });
}
