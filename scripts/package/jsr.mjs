/** The package as JSR gets it: its sources, by a configuration that follows from package.json. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The types of the first reach into Express', which JSR does not allow; Express runs where npm is. The page of the inspector is bundled
 * when the package is built, and JSR has the sources.
 */
const NOT_THERE = new Set(["./express-session", "./inspector", "./inspector/admin"]);

/** What jsr.json has to say. JSR wants a scope in the name, and a caret where npm has an open end. */
export function jsrConfiguration(manifest, source) {
  const { name, version, license, exports, dependencies, peerDependencies } = manifest;
  const paths = Object.entries(exports).filter(
    ([path, target]) => typeof target === "object" && !NOT_THERE.has(path),
  );
  const packages = Object.entries({ ...dependencies, ...peerDependencies });
  return {
    name: `@${name}/${name}`,
    version,
    license,
    exports: Object.fromEntries(paths.map(([path, target]) => [path, target[source]])),
    imports: Object.fromEntries(
      packages.map(([other, range]) => [other, `npm:${other}@${range.replace(">=", "^")}`]),
    ),
    publish: {
      include: ["src", "README.md", "CHANGELOG.md", "LICENSE"],
      // The command line is run by npx, and the inspector is bundled when the package is built.
      exclude: ["**/*.test.ts", "src/cli", "src/inspector"],
    },
  };
}

/** Where Deno is; undefined: nowhere. */
export function deno(root) {
  const path = join(root, "test/runtimes/node_modules/@deno/linux-x64-glibc/deno");
  return existsSync(path) ? path : undefined;
}

/** Everything short of the upload: types, slow types, the list of files. @throws with what Deno says */
export async function publishDry(program, root, home) {
  const env = { ...process.env, DENO_DIR: home, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const publishing = run(program, ["publish", "--dry-run", "--allow-dirty"], { cwd: root, env });
  const { stderr } = await publishing.catch((error) => {
    throw new Error(`${error.stdout}${error.stderr}`.replace(/^Check .*\n/gm, ""));
  });
  return stderr.match(/^ *file:/gm)?.length ?? 0;
}
