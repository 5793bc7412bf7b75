import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { withoutBlocks } from "./markdown.ts";
import { PAGES, read, root } from "./pages.ts";

/** The anchors of a page, as GitHub and the site make them of its headings. */
function anchorsOf(page: string): Set<string> {
  const headings = withoutBlocks(read(page)).matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    Array.from(headings, ([, text]) =>
      text!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}

test.each(PAGES)("every link of %s leads somewhere", (page) => {
  const links = withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g);
  const dead = Array.from(links, ([, link]) => link!).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : posix.join(posix.dirname(page), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).has(anchor);
  });
  expect(dead).toEqual([]);
});

test.each(PAGES)("every file that %s names is there", (page) => {
  const names = read(page).matchAll(
    /`((?:test|examples|scripts|bench|docs|apps|src\/[\w-]+)\/[\w./-]+\.\w+)`/g,
  );
  const real = Array.from(names, ([, name]) => name!).filter((name) => !name.includes("NAME"));
  expect(real.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});
