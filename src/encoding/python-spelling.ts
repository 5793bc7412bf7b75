import { formatFloat } from "./py-float.ts";

/** The escapes that json-text.ts writes. */
const ESCAPE = /\\(?:["\\nrtbf]|u(?:00(?:0[0-7bef]|1[\da-f]|7f|[89a-f][\da-f])|(?!00)[\da-f]{4}))/g;
/** Tokens in their one form, but for some floats. Not all at once, because each takes memory. */
const TOKENS =
  /(?:"[ !#-[\]-~]*"|[[\]{},:a-z]+|(?:0|-?[1-9]\d{0,9})(?:\.\d{0,3}[1-9])?(?![\d.eE])|-?[1-9]\d+(?![\d.eE])){1,500}/y;
const FLOAT = /[-+.\w]+/y;

/**
 * Whether `text`, which must be JSON that `parsePythonJson` reads, is spelled as `stringifyPythonJson` spells by default:
 * nothing between the tokens, every number and every character in its one form.
 */
export function isPythonSpelling(text: string): boolean {
  // What is left has a backslash only where an escape is not in its one form.
  const plain = text.includes("\\") ? text.replace(ESCAPE, "") : text;
  let at = 0;
  while (at < plain.length) {
    const start = at;
    at = endOf(TOKENS, plain, start);
    if (at > start) continue;
    at = endOf(FLOAT, plain, start);
    const float = plain.slice(start, at);
    if (float === "" || formatFloat(Number(float)) !== float) return false;
  }
  return true;
}

/** Where what `pattern` matches at `start` ends; `start` where it matches nothing. */
function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}
