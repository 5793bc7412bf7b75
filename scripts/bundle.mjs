/**
 * The last part of the build: bundles of what brings its libraries with it, so that those who install the package need not.
 * A row is what esbuild is told beyond what all bundles have in common; paths are below the repository's root.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const BUNDLES = [
  {
    // What a command needs beyond its options is in a chunk of its own, which the others do not load.
    entryPoints: { main: "src/cli/main.ts" },
    outdir: "dist/cli",
    platform: "node",
    target: "node20.19",
    splitting: true,
    // commander is CommonJS and asks for Node's modules.
    banner: {
      js: '/* With commander, (c) 2011 TJ Holowaychuk and contributors, MIT licence. */ import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  },
  {
    // Holds the list of public suffixes, so that nobody has to install it.
    entryPoints: { "public-suffix": "src/browser/public-suffix.ts" },
    outdir: "dist/browser",
    platform: "node",
    target: "node20.19",
  },
];

for (const row of BUNDLES) {
  await build({
    absWorkingDir: join(import.meta.dirname, ".."),
    bundle: true,
    minify: true,
    format: "esm",
    conditions: ["@hipflask/source"],
    legalComments: "none",
    logLevel: "warning",
    ...row,
  });
}

// From source the inspector bundles its page when it is asked for; in the package it has it.
const root = join(import.meta.dirname, "..");
const inspector = join(root, "dist/inspector");
const { bundlePage } = await import("../dist/inspector/bundle-page.js");
const page = JSON.stringify(await bundlePage(join(root, "src/inspector")));
await writeFile(join(inspector, "page.js"), `const PAGE = ${page};\nexport const page = async () => PAGE;\n`);
await Promise.all(["js", "d.ts"].map((end) => rm(join(inspector, `bundle-page.${end}`))));
