/**
 * Checks the package as users get it, after a build: what the tarball holds, whether each TypeScript and each Node that is
 * supported can use it, which names and how many bytes each import path brings. `--update` rewrites what follows from the
 * source: the list of names, test/package/exports.json, and jsr.json.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual, promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { makeConsumer } from "./package/consumer.mjs";
import { compile, compilers, installCompilers, writeProjects } from "./package/declarations.mjs";
import { deno, jsrConfiguration, publishDry } from "./package/jsr.mjs";
import { nodes, requireAll } from "./package/require.mjs";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules/.bin");
const source = "@hipflask/source";

const BOTTOM = ["encoding", "crypto", "errors", "clock"];
const SIGNER = ["signer", ...BOTTOM];
const COOKIE = ["cookie", ...BOTTOM];
const CODEC = ["codec", ...SIGNER];
const SESSION = ["session", "codec", "signer", ...COOKIE];

const REFUSAL = "adapters/refusal";
const ON_NODE = [
  ...[
    "begin",
    "drain",
    "errors",
    "exchange",
    "head",
    "headers",
    "hold",
    "look",
    "methods",
    "refuse",
    "upgrade",
  ].map((part) => `adapters/node-${part}`),
  REFUSAL,
];

const ON_FETCH = ["adapters/web-exchange", REFUSAL];

/** What the bundle of an import path may hold (rooms, or single files) and how large it may be: minified, gzipped KiB. */
const paths = {
  ".": { holds: ["index", ...SESSION], budget: 38 },
  "./cookie": { holds: COOKIE, budget: 7 },
  "./signer": { holds: SIGNER, budget: 9 },
  "./codec": { holds: CODEC, budget: 24 },
  "./csrf": { holds: ["csrf", ...SESSION], budget: 9 },
  "./express-session": {
    holds: [
      "express-session",
      "stores/memory",
      ...filesOf("memory"),
      "stores/new-version",
      "stores/replace-apart",
      ...ON_NODE,
      ...SESSION,
    ],
    budget: 24,
  },
  "./flask": { holds: ["flask", "stores", ...SESSION], budget: 56 },
  "./adapters/express": { holds: ["adapters/express", ...ON_NODE, ...SESSION], budget: 4 },
  "./adapters/fastify": { holds: ["adapters/fastify", ...ON_NODE, ...SESSION], budget: 4.5 },
  "./adapters/h3": { holds: ["adapters/h3", ...ON_FETCH, ...SESSION], budget: 1.75 },
  "./adapters/hono": { holds: ["adapters/hono", ...ON_NODE, ...SESSION], budget: 4.5 },
  "./adapters/koa": { holds: ["adapters/koa", ...ON_NODE, ...SESSION], budget: 4 },
  "./adapters/nest": { holds: ["adapters/nest", REFUSAL, ...SESSION], budget: 1.75 },
  "./adapters/next": {
    holds: ["adapters/next", "adapters/next-functions", ...ON_FETCH, ...SESSION],
    budget: 8,
  },
  "./adapters/node": { holds: ["adapters/node", ...ON_NODE, ...SESSION], budget: 4.5 },
  "./adapters/react-router": { holds: ["adapters/react-router", ...ON_FETCH, ...SESSION], budget: 1.75 },
  "./adapters/react-router-storage": {
    holds: ["adapters/react-router-storage", "adapters/react-router-session", ...ON_FETCH, ...SESSION],
    budget: 2,
  },
  "./adapters/sveltekit": { holds: ["adapters/sveltekit", ...ON_FETCH, ...SESSION], budget: 2.75 },
  "./adapters/web": { holds: ["adapters/web", ...ON_FETCH, ...SESSION], budget: 1.75 },
  "./inspector": { holds: ["inspector", "browser", "csrf", ...SESSION], budget: 86 },
  "./inspector/admin": { holds: ["inspector", "csrf", ...SESSION], budget: 28 },
  "./login": { holds: ["login", ...SESSION], budget: 14 },
  "./migrate": { holds: ["migrate", "express-session/signature", ...SESSION], budget: 9.5 },
  "./stores/caching": {
    holds: ["stores/caching", "stores/cached-record", "stores/caching-lanes", ...BOTTOM],
    budget: 2,
  },
  "./stores/dynamodb": {
    holds: [
      "stores/dynamodb",
      ...filesOf("dynamodb"),
      "stores/new-version",
      "stores/replace-apart",
      ...BOTTOM,
    ],
    budget: 3.75,
  },
  "./stores/file": { holds: ["stores/file", ...filesOf("file"), ...BOTTOM], budget: 6 },
  "./stores/flask-session/dynamodb": { holds: flaskSession("dynamodb"), budget: 3 },
  "./stores/flask-session/file": { holds: flaskSession("file"), budget: 6 },
  "./stores/flask-session/memcached": { holds: flaskSession("memcached"), budget: 2.5 },
  "./stores/flask-session/mongodb": { holds: flaskSession("mongodb"), budget: 2 },
  "./stores/flask-session/mysql": { holds: flaskSession("mysql"), budget: 3.75 },
  "./stores/flask-session/postgres": { holds: flaskSession("postgres"), budget: 3 },
  "./stores/flask-session/redis": { holds: flaskSession("redis"), budget: 2.5 },
  "./stores/flask-session/sqlite": { holds: flaskSession("sqlite"), budget: 3 },
  "./stores/memcached": {
    holds: [
      "stores/memcached",
      ...filesOf("memcached"),
      "stores/new-version",
      "stores/prefix",
      "stores/replace-apart",
      ...BOTTOM,
    ],
    budget: 3,
  },
  "./stores/memory": { holds: ["stores/memory", ...filesOf("memory"), ...BOTTOM], budget: 2 },
  "./stores/mongodb": {
    holds: [
      "stores/mongodb",
      ...filesOf("mongodb"),
      "stores/record-page",
      "stores/new-version",
      "stores/replace-apart",
      ...BOTTOM,
    ],
    budget: 3,
  },
  "./stores/mysql": {
    holds: [
      "stores/mysql",
      ...filesOf("mysql"),
      "stores/record-page",
      "stores/new-version",
      "stores/table-name",
      ...BOTTOM,
    ],
    budget: 3.5,
  },
  "./stores/postgres": {
    holds: ["stores/postgres", ...filesOf("postgres"), "stores/record-page", "stores/table-name", ...BOTTOM],
    budget: 3,
  },
  "./stores/redis": {
    holds: [
      "stores/redis",
      ...filesOf("redis"),
      "stores/new-version",
      "stores/prefix",
      "stores/replace-apart",
      ...BOTTOM,
    ],
    budget: 5,
  },
  "./stores/sqlite": {
    holds: ["stores/sqlite", ...filesOf("sqlite"), "stores/record-page", "stores/table-name", ...BOTTOM],
    budget: 3.5,
  },
  "./testing": {
    holds: ["testing", "stores/memory", ...filesOf("memory"), ...SESSION],
    budget: 55,
  },
};

/** The files of a store that has several, in a folder below `stores`. */
function filesOf(store, folder = "") {
  return readdirSync(join(root, "src/stores", folder))
    .filter((file) => file.startsWith(`${store}-`) && !file.endsWith(".test.ts"))
    .map((file) => `stores/${folder}${file.replace(/\.ts$/, "")}`);
}

/** What a store of Flask-Session's layout may hold: its own files, what the layouts share, and what its sibling has to do with the backend. */
function flaskSession(store) {
  const shared = ["cached-file", "sql", "sql-store", "store-key", "whole-seconds"];
  return [
    `stores/flask-session/${store}`,
    ...filesOf(store, "flask-session/"),
    ...shared.map((file) => `stores/flask-session/${file}`),
    ...filesOf(store),
    "stores/prefix",
    "stores/table-name",
    ...BOTTOM,
  ];
}

/** How large the inspector's page may be, in gzipped KiB. */
const PAGE_BUDGET = 20;

/** What these bring with them. */
const LIBRARIES = {
  "./express-session": ["lru-cache"],
  "./stores/memory": ["lru-cache"],
  "./testing": ["lru-cache"],
};

/** Peers that are loaded when they are used, and not before: who does not use them need not install them. */
const ON_DEMAND = { "./testing": ["tough-cookie"] };

const work = mkdtempSync(join(tmpdir(), "hipflask-package-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

const [packed] = JSON.parse(
  (await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], { cwd: root }))
    .stdout,
);
const tarball = join(work, packed.filename);
const manifest = JSON.parse((await run("tar", ["-xOzf", tarball, "package/package.json"])).stdout);
const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === "object");

/** The check fails with these problems, if there are any. */
function refuse(problems) {
  if (problems.length > 0) throw new Error(problems.join("; "));
}

/** A check that cannot be made here. */
class Skipped extends Error {}

async function update(file, content) {
  if (!process.argv.includes("--update")) return;
  writeFileSync(file, JSON.stringify(content));
  await run(join(bin, "oxfmt"), [file]);
}

/** What the demo sends to browsers, beside what the compiler and the bundler make. */
const PAGES = /^dist\/demo\/(?:pages|public)\/[\w-]+\.(?:html|css|js|svg)$/;

/** How large the package may be, packed and on the disk, in KiB. */
const PACKAGE_BUDGET = { size: 1024, unpackedSize: 3072 };

async function contents() {
  const files = packed.files.map((file) => file.path);
  const kib = (key) => Math.ceil(packed[key] / 1024);
  const required = ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "package.json"];
  refuse([
    ...required.filter((file) => !files.includes(file)).map((file) => `no ${file}`),
    ...files
      .filter((file) => !required.includes(file) && !PAGES.test(file))
      .filter((file) => !/^dist\/(?!.*\.test\.).+\.(js|d\.ts)$/.test(file))
      .map((file) => `${file} does not belong there`),
    ...Object.entries(PACKAGE_BUDGET)
      .filter(([key, budget]) => kib(key) > budget)
      .map(([key, budget]) => `${key} is ${kib(key)} of ${budget} KiB`),
  ]);
  return `${files.length} files, ${kib("size")} KiB, unpacked ${kib("unpackedSize")} KiB`;
}

async function promisesKept() {
  const scripts = ["preinstall", "install", "postinstall", "prepare"];
  const libraries = [...new Set(Object.values(LIBRARIES).flat())];
  refuse([
    ...Object.keys(manifest.dependencies ?? {}).filter((name) => !libraries.includes(name)),
    ...["optionalDependencies", "bundleDependencies"].filter((key) => manifest[key]),
    ...scripts.filter((script) => manifest.scripts?.[script]),
  ]);
  return `no dependencies but ${libraries.join(", ")}; no install scripts`;
}

async function lint() {
  const { messages } = await publint({
    strict: true,
    pack: { tarball: readFileSync(tarball) },
  });
  // The source condition is for this repository's examples and tests; its files are not published.
  const problems = messages.filter(({ path }) => !path.includes(source));
  refuse(problems.map((message) => formatMessage(message, manifest)));
}

async function types() {
  await run(join(bin, "attw"), [
    tarball,
    "--profile",
    "esm-only",
    "--format",
    "ascii",
    "--no-color",
    "--no-emoji",
  ]);
}

async function names() {
  const file = join(root, "test/package/exports.json");
  const found = {};
  for (const [path, target] of entries) {
    found[path] = Object.keys(await import(pathToFileURL(join(root, target.default)).href)).toSorted();
  }
  await update(file, found);
  const known = JSON.parse(readFileSync(file, "utf8"));
  refuse(
    [...new Set([...Object.keys(known), ...Object.keys(found)])].flatMap((path) => {
      const [before, after] = [known[path] ?? [], found[path] ?? []];
      return [
        ...after.filter((name) => !before.includes(name)).map((name) => `${path} has a new ${name}`),
        ...before.filter((name) => !after.includes(name)).map((name) => `${path} lost ${name}`),
      ];
    }),
  );
  return `${Object.values(found).flat().length} names on ${entries.length} paths`;
}

async function bundle(path, target) {
  if (!paths[path]) throw new Error("has no row in the table of paths");
  const { holds, budget } = paths[path];
  const result = await build({
    absWorkingDir: root,
    entryPoints: [target.default],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    packages: "external",
    metafile: true,
    write: false,
    outfile: join(work, "bundle.js"),
  });
  const [output] = Object.values(result.metafile.outputs);
  const files = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const strangers = files
    .map(([file]) => file.replace(/^dist\//, "").replace(/\.js$/, ""))
    .filter((file) => !holds.some((room) => file === room || file.startsWith(`${room}/`)));
  const peers = Object.keys(manifest.peerDependencies ?? {});
  const foreign = output.imports
    .filter((imported) => imported.kind !== "dynamic-import" || !ON_DEMAND[path]?.includes(imported.path))
    .map((imported) => imported.path)
    .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name))
    .filter((name) => !LIBRARIES[path]?.includes(name))
    .filter(
      (name) =>
        !path.startsWith("./adapters/") ||
        !peers.some((peer) => name === peer || name.startsWith(`${peer}/`)),
    );
  const bytes = gzipSync(result.outputFiles[0].contents, { level: 9 }).length;
  const size = `${(bytes / 1024).toFixed(1)} of ${budget} KiB`;
  refuse([
    ...[...strangers, ...foreign].map((name) => `holds ${name}`),
    ...(bytes > budget * 1024 ? [`is too large: ${size}`] : []),
  ]);
  return size;
}

/** What the inspector sends to the browser. */
async function inspectorPage() {
  const { page } = await import(pathToFileURL(join(root, "dist/inspector/page.js")).href);
  const { script, style } = await page();
  const bytes = [script, style].reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  const size = `${(bytes / 1024).toFixed(1)} of ${PAGE_BUDGET} KiB`;
  refuse(bytes > PAGE_BUDGET * 1024 ? [`is too large: ${size}`] : []);
  return size;
}

async function declarations(compiler) {
  const { problems, foreign } = await compile(consumer, compiler, join(root, "node_modules"));
  refuse(problems);
  const others = [...foreign].map(([name, count]) => `${count} errors in ${name}'s own declarations`);
  return ["nodenext, bundler, test/types", ...others].join("; ");
}

async function requirable({ isThere, path }) {
  if (!isThere) throw new Skipped("not installed; npm run test:runtimes brings it");
  const { problems, warnings } = await requireAll(consumer, path, manifest);
  refuse([...problems, ...(warnings ? [`warns: ${warnings}`] : [])]);
  return "what import gives, without a warning";
}

/** The command line, without the libraries that are bundled into it. */
async function commandLine() {
  const main = join(consumer, "node_modules", manifest.name, manifest.bin.hipflask);
  const hipflask = async (...args) => {
    const env = { ...process.env, SECRET_KEY: "sk1_a_key_that_is_good_for_this_check_alone____" };
    return (await run(process.execPath, [main, ...args], { cwd: consumer, env })).stdout.trim();
  };
  const cookie = await hipflask("sign", '{"user": 42}', "--storage", "encrypted");
  const [{ content }] = JSON.parse(await hipflask("verify", "--json", cookie));
  const version = await hipflask("--version");
  refuse([
    ...(content.user === 42 ? [] : ["does not read what it has made"]),
    ...(version === manifest.version ? [] : [`says that it is ${version}`]),
    ...((await hipflask("--help")).includes("sessions") ? [] : ["has no help"]),
  ]);
  return `hipflask ${version}`;
}

async function jsr() {
  const file = join(root, "jsr.json");
  const wanted = jsrConfiguration(manifest, source);
  await update(file, wanted);
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, "utf8")), wanted))
    throw new Error("jsr.json and package.json differ: npm run check:package -- --update");
  const program = deno(root);
  if (program === undefined) throw new Skipped("Deno is not installed; npm run test:runtimes brings it");
  return `${await publishDry(program, root, join(work, "deno"))} files, no slow types`;
}

async function unused() {
  await run(join(bin, "knip"), ["--no-progress"], { cwd: root });
}

const consumer = await makeConsumer(join(work, "consumer"), {
  tarball,
  manifest,
  modules: join(root, "node_modules"),
});
writeProjects(consumer, manifest, root);

const checks = [
  ["contents", contents],
  ["manifest", promisesKept],
  ["publint", lint],
  ["attw", types],
  ["names", names],
  ...entries.map(([path, target]) => [`bundle ${path}`, () => bundle(path, target)]),
  ["inspector page", inspectorPage],
  ...nodes(root).map((node) => [`require ${node.name}`, () => requirable(node)]),
  ["compilers", () => installCompilers(root)],
  ...compilers(root).map(({ version, folder }) => [`TypeScript ${version}`, () => declarations(folder)]),
  ["command line", commandLine],
  ["jsr", jsr],
  ["knip", unused],
];

for (const [name, check] of checks) {
  try {
    const detail = await check();
    console.log(`ok     ${name}${detail ? `: ${detail}` : ""}`);
  } catch (error) {
    if (error instanceof Skipped && process.env.CI !== "true") {
      console.log(`skipped ${name}: ${error.message}`);
      continue;
    }
    process.exitCode = 1;
    console.log(`FAILED ${name}: ${(error.stdout || error.message).trim()}`);
  }
}
