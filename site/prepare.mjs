/**
 * Lays out what the site is made of: the pages of docs/ with links that lead somewhere on the site, the pages of this folder, and the reference
 * from the doc comments. `--watch` serves it, too, and keeps it up to date.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, posix, relative } from "node:path";
import { pagesOf, referenceLinks } from "./reference-links.mjs";

const here = import.meta.dirname;
const root = join(here, "..");
const pages = join(here, ".build/pages");
const reference = join(pages, "reference");

/** Pages of the repository that stand outside of docs/, and where they are on the site. */
const OTHERS = {
  "ARCHITECTURE.md": "project/architecture.md",
  "CHANGELOG.md": "project/changelog.md",
  "CONTRIBUTING.md": "project/contributing.md",
  "SECURITY.md": "project/security.md",
  "examples/README.md": "examples/index.md",
};

/** Where public names are told of. */
let references = new Map();

function layOut() {
  references = referenceLinks(reference);
  for (const path of filesBelow("docs")) {
    const target = path.slice("docs/".length);
    if (path.endsWith(".md")) writePage(path, target);
    else place(path, target);
  }
  for (const [path, target] of Object.entries(OTHERS)) writePage(path, target);
  for (const path of filesBelow("site/pages")) place(path, path.slice("site/pages/".length));
  place("site/node_modules/mermaid/dist/mermaid.min.js", "public/mermaid.js");
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/node_modules|[/\\]\./.test(entry.parentPath))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .toSorted();
}

function place(path, target) {
  mkdirSync(dirname(join(pages, target)), { recursive: true });
  cpSync(join(root, path), join(pages, target));
}

/**
 * A page whose links lead to the site: what is no page becomes one that shows it. A link that is called by its file gets the page's title, and
 * the first mention of a public name leads to the reference.
 */
function writePage(path, target) {
  const names = new Map(references);
  const to = (page) => posix.relative(posix.dirname(target), page);
  const text = readFileSync(join(root, path), "utf8").replace(
    /^```.*?^```$|^#.*?$|\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)|`(\w[\w/-]*)(?:\(\))?`/gms,
    (all, title, link, anchor = "", name) => {
      if (name !== undefined) {
        const page = names.get(name);
        names.delete(name);
        return page === undefined ? all : `[${all}](${to(page)})`;
      }
      if (!link || /^https?:/.test(link)) return all;
      const file = posix.join(posix.dirname(path), link);
      const words = /^[\w./-]+\.md$/.test(title) ? titleOf(file) : title;
      return `[${words}](${to(onSite(file))}${anchor})`;
    },
  );
  write(target, text);
}

function titleOf(path) {
  return /^# (.+)$/m.exec(readFileSync(join(root, path), "utf8"))[1];
}

function onSite(path) {
  if (path.startsWith("docs/") && extname(path) !== "") return path.slice("docs/".length);
  if (OTHERS[path]) return OTHERS[path];
  if (path === "README.md") return "index.md";
  const target = `${path.startsWith("examples/") ? "" : "source/"}${path}.md`;
  writeSource(path, target);
  return target;
}

/** A file, or all files of a folder, as a page. */
function writeSource(path, target) {
  const files = statSync(join(root, path)).isDirectory() ? filesBelow(path) : [path];
  const blocks = files.map((file) => {
    const text = readFileSync(join(root, file), "utf8").trimEnd();
    return `${files.length > 1 ? `## ${file.slice(path.length + 1)}\n\n` : ""}\`\`\`\`${extname(file).slice(1)}\n${text}\n\`\`\`\``;
  });
  write(target, `---\neditLink: false\n---\n\n# ${path}\n\n${blocks.join("\n\n")}\n`);
}

function write(target, text) {
  const file = join(pages, target);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A page for each import path. */
function writeReference() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.values(exports).flatMap((target) => target["@hipflask/source"] ?? []);
  const args = ["--options", "typedoc.json", "--tsconfig", "../tsconfig.build.json", "--out", reference];
  for (const entry of entries) args.push("--entryPoints", join(root, entry));
  execFileSync(join(here, "node_modules/.bin/typedoc"), args, { cwd: here, stdio: "inherit" });
  for (const file of pagesOf(reference)) {
    const text = readFileSync(join(reference, file), "utf8");
    writeFileSync(join(reference, file), withOwnAnchors(text));
  }
}

/** TypeDoc's anchors become those of the headings, which VitePress would number otherwise, under names that no other heading has. */
function withOwnAnchors(text) {
  return text
    .replace(/<a id="([^"]+)"><\/a>\n\n(#.*)/g, "$2 {#api-$1}")
    .replace(/<a id="/g, '<a id="api-')
    .replace(/(\]\((?!https?:)[^)\s#]*#)/g, "$1api-");
}

const isWatching = process.argv.includes("--watch");
// The reference takes half a minute, and changes with the code alone.
if (!isWatching || !existsSync(reference)) {
  rmSync(pages, { recursive: true, force: true });
  writeReference();
}
layOut();
if (isWatching) {
  for (const folder of ["docs", "examples", "site/pages"])
    watch(join(root, folder), { recursive: true }, layOut);
  const vitepress = spawn(join(here, "node_modules/.bin/vitepress"), ["dev"], {
    cwd: here,
    stdio: "inherit",
  });
  vitepress.on("exit", (code) => process.exit(code ?? 1));
}
