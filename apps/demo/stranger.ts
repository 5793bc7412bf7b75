/** The names of this machine, each of which is a site of its own to a browser. */
export const SITES = ["127.0.0.1", "localhost", "[::1]"] as const;

/**
 * A page of another site: this very server, by another name.
 *
 * @param home the site that the trial belongs to, as `http://127.0.0.1:5555`
 * @param trial made of letters, digits, "-" and "_"
 */
export function stranger(home: string, trial: string): string {
  return document(
    "Another site",
    `<img src="${home}/attributes/picture?of=${trial}" alt="" width="1" height="1" />
    <p>I am a page of another site. I have just shown a picture from the demo.</p>
    <p><a href="${home}/attributes/landed?of=${trial}" target="_blank" rel="noopener">Follow my link to the demo</a></p>`,
  );
}

/** Where the stranger's link leads. */
export function landing(came: boolean): string {
  return document(
    "Here you are",
    `<p>${came ? "Your browser sent the cookie along." : "Your browser left the cookie at home."} You can close this tab.</p>`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main><h1>${title}</h1>
    ${body}</main>
  </body>
</html>
`;
}
