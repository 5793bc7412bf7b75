/** A fenced block of a Markdown page. */
export interface Block {
  /** The fence's word: `ts`, `sh` and so on; empty without one. */
  readonly language: string;
  readonly text: string;
  /** The number of its first line in the page. */
  readonly line: number;
  /** What `<!-- context: … -->` right before it declares. */
  readonly context: readonly string[];
}

/** The fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  const fences = /(?:^<!-- context: (.+?) -->\n\n?)?^```(\w*)[^\n]*\n(.*?)^```$/gms;
  return Array.from(markdown.matchAll(fences), ({ 0: all, 1: names, 2: language, 3: text, index }) => ({
    language: language!,
    text: text!,
    line: markdown.slice(0, index + all.indexOf("```")).split("\n").length + 1,
    context: names?.split(/,\s*/) ?? [],
  }));
}

/** A page without its fenced blocks, which have no headings and no links. */
export function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, "");
}

/** What stands below a heading, up to the next one of its level. @throws Error where there is none */
export function sectionOf(markdown: string, heading: string): string {
  const [, ...sections] = markdown.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`No section is called ${heading}.`);
  return section;
}

/** A row of a table after `<!-- cells: … -->`: Python, and what it is in TypeScript. */
export interface Row {
  readonly python: string;
  readonly block: Block;
}

/** The rows of a page whose second column is TypeScript. */
export function rowsOf(markdown: string): Row[] {
  const tables = markdown.matchAll(/^<!-- cells: (.+?) -->\n((?:\|.*\n)+)/gm);
  return Array.from(tables).flatMap(({ 1: names, 2: table, index }) => {
    const first = markdown.slice(0, index).split("\n").length + 1;
    const context = names!.split(/,\s*/);
    return Array.from(table!.matchAll(/^\| (.+?) \| `(.+?)` \|.*$/gm), ({ 0: row, 1: python, 2: text }) => ({
      python: python!,
      block: { language: "ts", text: `${text}\n`, line: first + lineOf(table!, row), context },
    }));
  });
}

function lineOf(table: string, row: string): number {
  return table.split("\n").indexOf(row);
}
