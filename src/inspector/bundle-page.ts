import { join } from "node:path";
import { build } from "esbuild";
import type { Page } from "./page.ts";

/** @param folder the source of the inspector */
export async function bundlePage(folder: string): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "ui/main.tsx"), join(folder, "ui/inspector.css")],
    outdir: folder,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    logLevel: "silent",
  });
  const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))!.text;
  return { script: textOf(".js"), style: textOf(".css") };
}
