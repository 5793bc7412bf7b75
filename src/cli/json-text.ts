const STEP = "  ";
const NOT_PRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON text with line ends and indents, and otherwise as it stands: no number is rounded, no key moved. */
export function indented(json: string, margin = ""): string {
  let depth = 0;
  const line = (): string => `\n${margin}${STEP.repeat(depth)}`;
  return json.replace(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[{\]},:]|\s+|[^\s"[\]{},:]+/g, (token) => {
    if (/^\s/.test(token)) return "";
    if (token === "{" || token === "[") {
      depth += 1;
      return token + line();
    }
    if (token === "}" || token === "]") {
      depth -= 1;
      return line() + token;
    }
    if (token === ",") return token + line();
    if (token === ":") return ": ";
    return token.length > 1 && /^[[{]/.test(token) ? token[0]! + token.at(-1)! : token;
  });
}

/** A text without what a terminal would obey: control characters, and those that turn the direction of writing, as `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(NOT_PRINTABLE, escaped);
}

/** As {@link printable}, and in one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A text as JSON: itself where it is JSON already. */
export function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
