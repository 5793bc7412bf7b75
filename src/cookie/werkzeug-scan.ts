import { isAsciiSpace } from "../encoding/strip.ts";
import { indexOrEnd, skipBlanks } from "./scan.ts";

/** Gets each cookie as it stands in the header: nothing is unquoted yet. */
export type Visit = (name: string, value: string) => void;

/**
 * What Werkzeug 3.1.9's `_cookie_re` matches: `[ \t]*([^ \t=";]+)(?:[ \t]*=[ \t]*("(?:[^\\"]|\\.)*"|[^ \t";]*))?[ \t]*(?:;|\Z)`,
 * without its backtracking. Where nothing matches, the next cookie starts after the next `;`.
 */
export function scanStrict(text: string, visit: Visit): void {
  let position = 0;
  while (position < text.length) {
    const nameStart = skipBlanks(text, position);
    const nameEnd = skipUntil(text, nameStart, ' \t=";');
    const equals = skipBlanks(text, nameEnd);
    const hasValue = text[equals] === "=";
    const valueStart = hasValue ? skipBlanks(text, equals + 1) : equals;
    const valueEnd = hasValue ? strictValueEnd(text, valueStart) : equals;
    const end = skipBlanks(text, valueEnd);
    if (nameEnd > nameStart && (end === text.length || text[end] === ";")) {
      visit(text.slice(nameStart, nameEnd), text.slice(valueStart, valueEnd));
      position = end + 1;
    } else {
      position = indexOrEnd(text, ";", position) + 1;
    }
  }
}

/**
 * What the older `_cookie_re` matches, `([^=;]*)(?:\s*=\s*("(?:[^\\"]|\\.)*"|.*?))?\s*;`, without its backtracking. A value
 * that holds a line feed outside quotes does not match: then the search goes on after the `=` (`findall`, Werkzeug 2.3),
 * or ends if `anchored` (`match`, Werkzeug 2.2).
 */
export function scanLax(text: string, anchored: boolean, visit: Visit): void {
  // Each of these is the first one at or after `position`; `blanks` is where the white space before `semicolon` starts.
  let semicolon = -1;
  let blanks = -1;
  let equals = -1;
  let newline = -1;
  let position = 0;
  while (position < text.length) {
    if (semicolon < position) {
      semicolon = indexOrEnd(text, ";", position);
      blanks = semicolon;
      while (blanks > position && isAsciiSpace(text.charCodeAt(blanks - 1))) blanks -= 1;
    }
    if (equals < position) equals = indexOrEnd(text, "=", position);
    if (newline < position) newline = indexOrEnd(text, "\n", position);
    if (equals >= semicolon) {
      visit(text.slice(position, semicolon), "");
      position = semicolon + 1;
      continue;
    }
    let start = equals + 1;
    while (isAsciiSpace(text.charCodeAt(start))) start += 1;
    const quoted = text[start] === '"' ? laxQuotedEnd(text, start) : undefined;
    if (newline < start) newline = indexOrEnd(text, "\n", start);
    const end = Math.max(start, blanks);
    if (quoted !== undefined) {
      visit(text.slice(position, equals), text.slice(start, quoted.valueEnd));
      position = quoted.end + 1;
    } else if (newline >= end) {
      visit(text.slice(position, equals), text.slice(start, end));
      position = semicolon + 1;
    } else if (anchored) {
      return;
    } else {
      position = equals + 1;
    }
  }
}

/** The end of a quoted or a bare value; of a quote that is not closed properly, its start: no cookie can end there. */
function strictValueEnd(text: string, start: number): number {
  return text[start] === '"' ? (closingQuote(text, start) ?? start - 1) + 1 : skipUntil(text, start, ' \t";');
}

/** Where a quoted value and the white space after it end, if a `;` or the end of the header follows. */
function laxQuotedEnd(text: string, start: number): { valueEnd: number; end: number } | undefined {
  const close = closingQuote(text, start);
  if (close === undefined) return undefined;
  let end = close + 1;
  while (isAsciiSpace(text.charCodeAt(end))) end += 1;
  return end === text.length || text[end] === ";" ? { valueEnd: close + 1, end } : undefined;
}

/** The place of the quote that closes the one at `open`: not after a backslash, and no backslash before a line feed. */
function closingQuote(text: string, open: number): number | undefined {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === "\\" && text[(at += 1)] === "\n") return undefined;
  }
  return undefined;
}

function skipUntil(text: string, from: number, stops: string): number {
  let at = from;
  while (at < text.length && !stops.includes(text[at]!)) at += 1;
  return at;
}
