/** Builds applications in a folder that Git ignores, as their frameworks do it for production. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");

/** SvelteKit 3 needs Node 22. */
const [major = 0] = process.versions.node.split(".").map(Number);
export const newerNode: string = major >= 22 ? process.execPath : join(here, "node_modules/node24/bin/node");

const BUILDS = {
  next: [process.execPath, "next/dist/bin/next"],
  nitro: [process.execPath, "nitro/dist/cli/index.mjs"],
  sveltekit: [newerNode, "vite/bin/vite.js"],
} as const;

export type Compiler = keyof typeof BUILDS;

/** What builds and servers get of the environment: they do not behave alike where they see that they are tested. */
export const production: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  NODE_ENV: "production",
  NEXT_TELEMETRY_DISABLED: "1",
  // Next.js loads the application to build it, too.
  SECRET_KEY: "Kq3v-Jb7wXz1Rn5tYc9pLm2s-for-an-example",
};

/**
 * Builds an application, unless it is built already.
 *
 * @param source its folder, below the repository's root
 * @returns the folder that it was built in
 */
export async function build(compiler: Compiler, source: string): Promise<string> {
  const folder = join(here, ".build", source.replaceAll("/", "-"));
  const stamp = `${folder}.stamp`;
  // The applications of the tests get theirs from whoever calls them.
  const usesHipflask = source.startsWith("examples/");
  const library = usesHipflask ? [join(root, "src"), join(root, "package.json")] : [];
  const state = fingerprint([join(root, source), join(here, "package-lock.json"), ...library]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) return folder;
  rmSync(stamp, { force: true });
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, source), folder, { recursive: true });
  if (usesHipflask) await compileHipflask(join(folder, "node_modules/hipflask"));
  const [program, script] = BUILDS[compiler];
  await run(program, [join(here, "node_modules", script), "build"], { cwd: folder, env: production }).catch(
    (error) => {
      throw new Error(`${source} cannot be built:\n${error.stdout}\n${error.stderr}`);
    },
  );
  writeFileSync(stamp, state);
  return folder;
}

/** hipflask as users get it. Its types are checked elsewhere. */
async function compileHipflask(folder: string): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = ["-p", "tsconfig.build.json", "--noCheck", "--outDir", join(folder, "dist")];
  await run(process.execPath, [tsc, ...args], { cwd: root });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
}

function fingerprint(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesOf)) hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  if (path.endsWith(".json")) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
