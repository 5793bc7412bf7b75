import { withoutBlocks } from "./markdown.ts";

const NUMBER = String.raw`\d{1,3}(?:,\d{3})*(?:\.\d+)?`;
const UNIT = "(?:ns|µs|ms|s|[kKMGT]i?B|B)";

/** Of a table's row: a cell that is a figure with its unit, or two that are figures side by side. */
const ROW = new RegExp(
  String.raw`^\|(?:.*\|)? *(?:${NUMBER} ${UNIT}(?:,[^|]*)? *\||(?:${NUMBER}|${NUMBER} \(${NUMBER} to ${NUMBER}\)) *\| *${NUMBER}[ (|])`,
  "m",
);

/** Of running text: what something took, or what each of many takes of memory. */
const SENTENCE = new RegExp(
  String.raw`\b(?:took|takes?|in) ${NUMBER} (?:ns|µs|ms)\b|\beach takes? ${NUMBER} [kKMG]B\b|\b${NUMBER} ${UNIT} (?:compressed|in the median)`,
);

/** A table or a paragraph with what was measured. */
export interface Measured {
  readonly text: string;
  /** It, what stands around it, and what introduces the sections that it is part of. */
  readonly surroundings: string;
}

/** What a page has measured. */
export function measuredIn(markdown: string): Measured[] {
  const blocks = markdown.split(/\n\s*\n/);
  return blocks.flatMap((text, index) => {
    const bare = withoutBlocks(`${text}\n`);
    const isMeasured = /^\|/m.test(bare) ? ROW.test(bare) : SENTENCE.test(bare);
    return isMeasured ? [{ text, surroundings: [...introductions(blocks, index), text].join("\n\n") }] : [];
  });
}

/** The blocks from each heading above this one, of its level or a higher one, to the next heading; and the block after. */
function introductions(blocks: readonly string[], index: number): string[] {
  const found = [blocks[index + 1] ?? ""];
  let level = 7;
  let below: string[] = [];
  for (const block of blocks.slice(0, index).toReversed()) {
    const own = /^(#+) /.exec(block)?.[1]!.length;
    if (own === undefined) below.push(block);
    else {
      if (own < level) found.push(...below);
      level = Math.min(level, own);
      below = [];
    }
  }
  return found.concat(level === 7 ? below : []);
}
