/** The tests that need no runtime of their own, as one file that every runtime can load: without a file system, and without a test runner. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { folder } from "./programs.ts";

const root = join(folder, "../..");

/** Bytes to text and back, signatures, and cookies; and what is asked of every adapter and every store. */
const ROOMS = ["encoding", "crypto", "signer", "codec", "cookie"];
/** These start processes and measure them. */
const ON_NODE = ["src/encoding/pickle/hostile.test.ts", "src/cookie/hostile-headers.test.ts"];
const FILES = [
  ...ROOMS.flatMap((room) => filesOf(`src/${room}`, ".test.ts")),
  "test/runtimes/adapter-suite.ts",
];
/** What they read, by the path that they find where every module is said to be in `test/support`. */
const DATA = [...filesOf("test/vectors"), "docs/encrypted-cookie.md"];

function filesOf(path: string, end = ""): string[] {
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !ON_NODE.includes(file))
    .toSorted();
}

const RUN = `import { runAll } from "vitest";
export const run = () => runAll([${FILES.map((file) => `() => import(${JSON.stringify(`./${file}`)})`)}]);
export default {
  async fetch(request) {
    return request.url.endsWith("/ping") ? new Response("pong") : Response.json(await run());
  },
};`;

const inside: Plugin = {
  name: "inside",
  setup(bundler) {
    const mini = join(folder, "mini-vitest.mjs");
    bundler.onResolve({ filter: /^(?:vitest|node:test)$/ }, () => ({ path: mini }));
    const require = createRequire(createRequire(import.meta.url).resolve("vitest"));
    bundler.onResolve({ filter: /^@vitest\/expect$/ }, ({ path }) => ({ path: require.resolve(path) }));
    bundler.onResolve({ filter: /^node:fs$/ }, () => ({ path: "files", namespace: "inside" }));
    bundler.onLoad({ filter: /^files$/, namespace: "inside" }, () => {
      const files = DATA.map((file) => [`/${file}`, readFileSync(join(root, file), "base64")]);
      return {
        contents: `const files = ${JSON.stringify(Object.fromEntries(files))};
export function readFileSync({ pathname }, encoding) {
  const bytes = Buffer.from(files[pathname], "base64");
  return encoding === undefined ? bytes : bytes.toString(encoding);
}`,
      };
    });
  },
};

/** Writes it to a file: a module that exports `run`, and what workerd asks for. */
export async function bundleSuites(outfile: string): Promise<void> {
  await build({
    stdin: { contents: RUN, resolveDir: root },
    outfile,
    bundle: true,
    format: "esm",
    // Deno reads no lone surrogate beside an escape.
    charset: "utf8",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["@hipflask/source"],
    define: { "import.meta.url": '"file:///test/support/module.ts"' },
    external: ["node:*"],
    plugins: [inside],
  });
}
