/** The declarations of the package under the compilers that its users have, with everything that skipLibCheck would skip. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { specifiers } from "./consumer.mjs";

const run = promisify(execFile);

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: "es2023",
  types: ["node"],
};

/** An application on Node alone, one that a bundler makes, and the repository's own type tests. */
const PROJECTS = {
  nodenext: { module: "nodenext", lib: ["es2023"], skipLibCheck: false },
  bundler: {
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2023", "dom", "dom.iterable"],
    skipLibCheck: false,
  },
  tests: { module: "nodenext", lib: ["es2023", "dom", "dom.iterable"], skipLibCheck: true },
};

/** The older compilers, which have a package of their own, and the repository's own one. */
export function compilers(root) {
  const { dependencies } = manifestOf(join(root, OLDER));
  const own = manifestOf(join(root, "node_modules/typescript")).version;
  return [
    ...Object.entries(dependencies).map(([name, pin]) => ({
      version: pin.replace(/^.*@/, ""),
      folder: join(root, OLDER, "node_modules", name),
    })),
    { version: own, folder: join(root, "node_modules/typescript") },
  ];
}

const OLDER = "test/package/typescript";

/** Puts the older compilers in place. */
export async function installCompilers(root) {
  await run("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--prefix", join(root, OLDER)]);
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Writes the projects into a consumer's folder. */
export function writeProjects(consumer, manifest, root) {
  const imports = specifiers(manifest).map((path, i) => `import * as m${i} from "${path}";\nvoid m${i};\n`);
  for (const [name, options] of Object.entries(PROJECTS)) {
    const folder = join(consumer, name);
    if (name === "tests") {
      cpSync(join(root, "test/types"), folder, { recursive: true });
      // Their frameworks and drivers; the package itself is found one folder above.
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    } else {
      mkdirSync(folder);
      writeFileSync(join(folder, "every.ts"), imports.join(""));
    }
    const config = { compilerOptions: { ...STRICT, ...options }, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  }
}

/**
 * Compiles each of the projects.
 *
 * @returns what the compiler says of the package and its use, and how many errors other packages have in their own declarations
 */
export async function compile(consumer, compiler, modules) {
  const problems = [];
  const foreign = new Map();
  const outputs = await Promise.all(
    Object.keys(PROJECTS).map(async (project) => {
      const args = [join(compiler, "bin/tsc"), "-p", project, "--pretty", "false"];
      return run(process.execPath, args, { cwd: consumer }).catch((error) => error);
    }),
  );
  for (const { stdout, stderr, code } of outputs) {
    const errors = stdout.split("\n").filter((line) => /\berror TS\d+:/.test(line));
    if (code && errors.length === 0) problems.push((stderr || stdout).trim());
    for (const line of errors) {
      const file = resolve(consumer, /^(.+?)\(\d+,\d+\):/.exec(line)?.[1] ?? "");
      const place = relative(realpathSync(modules), file);
      if (place.startsWith("..")) problems.push(line);
      else foreign.set(packageOf(place), (foreign.get(packageOf(place)) ?? 0) + 1);
    }
  }
  return { problems, foreign };
}

function packageOf(path) {
  return /^(?:@[^/]+\/)?[^/]+/.exec(path)[0];
}
