import { defineConfig } from "vitepress";
import { diagrams } from "./diagrams.mjs";
import { guides, reference } from "./sidebar.mjs";

/** The site needs nothing from anywhere else: no fonts, no search service, no counter. */
export default defineConfig({
  title: "hipflask",
  description: "Flask's cookies and sessions, carried everywhere TypeScript runs",
  srcDir: ".build/pages",
  outDir: ".build/site",
  cacheDir: ".build/cache",
  cleanUrls: true,
  // As on GitHub, where the same pages are read.
  markdown: {
    anchor: {
      slugify: (text) =>
        text
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, "")
          .trim()
          .replace(/\s/g, "-"),
    },
    config: diagrams,
  },
  ignoreDeadLinks: "localhostLinks",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/flask.svg" }]],
  themeConfig: {
    logo: "/flask.svg",
    outline: [2, 3],
    search: {
      provider: "local",
      options: { miniSearch: { searchOptions: { boost: { title: 4, text: 2 } } } },
    },
    nav: [
      { text: "Start", link: "/start/", activeMatch: "^/start/" },
      { text: "Concepts", link: "/concepts" },
      { text: "From Flask", link: "/flask-table" },
      { text: "Examples", link: "/examples/", activeMatch: "^/examples/" },
      { text: "Reference", link: "/reference/", activeMatch: "^/reference/" },
    ],
    sidebar: {
      "/reference/": [{ text: "Reference", items: reference() }],
      "/": guides(),
    },
    footer: { message: "MIT licence" },
  },
});
