/** `require()` of every entry, by a CommonJS file of a user's, on each Node that there is. */
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { specifiers } from "./consumer.mjs";

const run = promisify(execFile);

/** The Nodes by their names: this one, and those of test/runtimes, where they are installed. */
export function nodes(root) {
  const others = ["node22", "node24", "node26"].map((name) => [
    name.replace("node", "Node "),
    join(root, "test/runtimes/node_modules", name, "bin/node"),
  ]);
  return [[`Node ${process.versions.node}`, process.execPath], ...others].map(([name, path]) => ({
    name,
    path,
    isThere: existsSync(path),
  }));
}

/** Compares what `require` gives with what `import` gives, name by name. An export called "module.exports" is what `require` gives. */
const PROGRAM = `
const load = async (path) => {
  const required = require(path);
  const { "module.exports": whole, ...imported } = await import(path);
  if (whole !== undefined) delete imported.default;
  if (required !== (whole ?? required) || Object.keys(imported).length === 0) return path + " is something else";
  return Object.keys(imported)
    .filter((name) => required[name] !== imported[name])
    .map((name) => path + " lacks " + name);
};
Promise.all(process.argv.slice(2).map(load)).then((found) => console.log(JSON.stringify(found.flat())));
`;

/** @returns what differs, and what was printed beside */
export async function requireAll(consumer, node, manifest) {
  const file = join(consumer, "require.cjs");
  writeFileSync(file, PROGRAM);
  const { stdout, stderr } = await run(node, [file, ...specifiers(manifest)], {
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  return { problems: JSON.parse(stdout), warnings: stderr.trim() };
}
