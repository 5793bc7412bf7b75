/** A project of a user's, made of the tarball: what the package and its peers bring is there, and nothing else. */
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The import paths of a package, as its users write them. */
export function specifiers({ name, exports }) {
  return Object.entries(exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path]) => name + path.slice(1));
}

/**
 * @param folder is made
 * @param modules where the peers are
 */
export async function makeConsumer(folder, { tarball, manifest, modules }) {
  const own = join(folder, "node_modules", manifest.name);
  mkdirSync(own, { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", own]);
  const others = [manifest.dependencies, manifest.peerDependencies, { "@types/node": "" }];
  for (const name of others.flatMap((list) => Object.keys(list ?? {}))) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, name), link);
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return folder;
}
