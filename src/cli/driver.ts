import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "./io.ts";

/**
 * A library of the user's own project: the first of those that is installed.
 *
 * @param cwd the project's folder, or one below it
 * @throws UsageError that says what to install
 */
export async function driver<Module>(cwd: string, names: readonly string[]): Promise<Module> {
  const { resolve } = createRequire(join(cwd, "package.json"));
  for (const name of names) {
    let path: string;
    try {
      path = resolve(name);
    } catch {
      continue;
    }
    return (await import(pathToFileURL(path).href)) as Module;
  }
  throw new UsageError(
    `This needs ${names.join(" or ")}, which is not installed in this project. Run: npm install ${names[0]}`,
  );
}
