/**
 * The last part of the build: bundles of what brings its libraries with it, so that those who install the package need not.
 * A row is what esbuild is told beyond what all bundles have in common; paths are below the repository's root.
 */
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

const DRIVERS = [
  "@aws-sdk/client-dynamodb",
  "ioredis",
  "memcache-client",
  "mongodb",
  "mysql2",
  "pg",
  "redis",
];

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
  {
    // The demo, which uses the package by its own name. Drivers are those of the user's project, and what is compiled for each machine is left out.
    entryPoints: { start: "apps/demo/start.ts" },
    outdir: "dist/demo",
    platform: "node",
    target: "node20.19",
    external: ["hipflask", "lru-cache", "libsql", ...DRIVERS],
    alias: { "@node-rs/argon2": "./apps/demo/scrypt.ts" },
    banner: {
      js: "/* With Hono and @hono/node-server, (c) 2021 Yusuke Wada and Hono's contributors, MIT licence. */",
    },
  },
];

for (const row of BUNDLES) {
  await build({
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: "esm",
    conditions: ["@hipflask/source"],
    legalComments: "none",
    logLevel: "warning",
    ...row,
  });
}

// The demo's pages are sent as they are, so that people can read them.
for (const folder of ["pages", "public"]) {
  await cp(join(ROOT, "apps/demo", folder), join(ROOT, "dist/demo", folder), { recursive: true });
}

// From source the inspector bundles its page when it is asked for; in the package it has it.
const inspector = join(ROOT, "dist/inspector");
const { bundlePage } = await import("../dist/inspector/bundle-page.js");
const page = JSON.stringify(await bundlePage(join(ROOT, "src/inspector")));
await writeFile(join(inspector, "page.js"), `const PAGE = ${page};\nexport const page = async () => PAGE;\n`);
await Promise.all(["js", "d.ts"].map((end) => rm(join(inspector, `bundle-page.${end}`))));
