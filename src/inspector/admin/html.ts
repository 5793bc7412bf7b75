/** HTML as it is. All other text that gets into a page is escaped on its way. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What somebody else has written, within a sentence: whatever direction it is written in, or pretends to be, ends with it. */
export function foreign(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

type Piece = Html | string | number | undefined | readonly Piece[];

/** HTML with pieces in it: what is no HTML is text, in a place for text or in an attribute in quotes. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((string, i) => string + (i < pieces.length ? textOf(pieces[i]) : "")).join(""));
}

function textOf(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "object") return piece.map(textOf).join("");
  return String(piece).replace(/[&<>"'\0]/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // HTML has no way to write it.
  "\0": "\uFFFD",
};
