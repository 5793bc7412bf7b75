import { readFileSync } from "node:fs";

/** The pages, in the order of the menu, which all have. */
export const PAGES = ["overview", "session", "store", "attributes", "parallel", "account", "flask"] as const;

/** Those that only show what all pages show. */
const PLAIN: readonly string[] = ["flask", "diary"];

/** A page: the frame that all share, around its own part. The marks in the frame are `{title}`, `{script}` and `{main}`. */
export function page(name: (typeof PAGES)[number] | "diary"): string {
  const main = read(name);
  const [, title = ""] = /<h1[^>]*>([^<]*)</.exec(main) ?? [];
  // The function keeps a "$" in the page what it is.
  return read("frame")
    .replace("{title}", () => title)
    .replace("{script}", () => `page-${PLAIN.includes(name) ? "plain" : name}`)
    .replace(
      `<a href="${name === "overview" ? "/" : `/see/${name}`}"`,
      (link) => `${link} aria-current="page"`,
    )
    .replace("{main}", () => main);
}

function read(name: string): string {
  return readFileSync(new URL(`pages/${name}.html`, import.meta.url), "utf8");
}
