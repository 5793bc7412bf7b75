/** What the inspector's page consists of, beside its HTML. */
export interface Page {
  readonly script: string;
  readonly style: string;
}

let bundling: Promise<Page> | undefined;

/** From source, the page is bundled when it is first asked for. In the package this file is replaced by one that holds the bundle. */
export function page(): Promise<Page> {
  bundling ??= import("./bundle-page.ts").then(({ bundlePage }) => bundlePage(import.meta.dirname));
  return bundling;
}
