const TAB = 0x09;
const SPACE = 0x20;

/** The first place at or after `from`, at most `end`, that holds neither space nor tab. */
export function skipBlanks(text: string, from: number, end = text.length): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** The last place at or before `from`, at least `start`, that does not come right after a space or tab. */
export function skipBlanksBack(text: string, from: number, start = 0): number {
  let at = from;
  while (at > start && isBlank(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** `text.slice(start, end)` without spaces and tabs at its ends: all that RFC 6265bis trims, unlike JavaScript's `trim`. */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  const from = skipBlanks(text, start, end);
  return text.slice(from, skipBlanksBack(text, end, from));
}

/** Where `char` stands next at or after `from`; the end of the text if nowhere. */
export function indexOrEnd(text: string, char: string, from: number): number {
  const index = text.indexOf(char, from);
  return index === -1 ? text.length : index;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
