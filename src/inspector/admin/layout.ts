import { html, type Html } from "./html.ts";

/** What every page needs to know. */
export interface Context {
  /** How the address of this page leads to that of the first one: what a proxy has put before both, only the browser knows. */
  readonly root: string;
  /** What each form brings back. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What the last form has done, in words. */
  readonly notice: string | undefined;
}

/** The pages that can be gone to from each one. */
const PLACES = [
  ["", "Sessions"],
  ["/health", "Health"],
] as const;

/** A whole page. */
export function layout(context: Context, title: string, content: Html): string {
  const { notice } = context;
  const links = PLACES.map(
    ([place, name]) =>
      html`<a href="${address(context, place)}" ${name === title ? html` aria-current="page"` : ""}
        >${name}</a
      >`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Session administration</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${address(context, "/style.css")}" />
      </head>
      <body class="admin">
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <p class="product">Session administration</p>
          <nav aria-label="Pages">${links}</nav>
        </header>
        <main id="content" tabindex="-1">
          <h1>${title}</h1>
          ${notice === undefined ? "" : html`<p class="notice" role="status">${notice}</p>`} ${content}
        </main>
      </body>
    </html> `.text;
}

/** Where a page is. Text that is none, as half a character, becomes one that stands for it. */
export function address({ root }: Context, place: string, query: Record<string, string> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `${root}${place}${text === "" ? "" : `?${text}`}`;
}

/** A form of one button, which says what it does to what. */
export function actionForm(
  { token }: Context,
  action: string,
  fields: Readonly<Record<string, string>>,
  label: string,
  about?: string,
): Html {
  const hidden = Object.entries({ ...fields, token }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  const words = about === undefined ? "" : html`<span class="unseen"> ${about}</span>`;
  return html`<form method="post" action="${action}">${hidden}<button>${label}${words}</button></form>`;
}

/** A page that says why there is no other one. */
export function problem(context: Context, title: string, sentence: string): string {
  return layout(context, title, html`<p class="alert" role="alert">${sentence}</p>`);
}
