import { parseEnv } from "node:util";
import { UsageError } from "../io.ts";

/**
 * The variables in the text of an env file, or in its bytes as Latin-1, as `node --env-file` reads them.
 *
 * @throws UsageError for what editors and shells on Windows write, of which Node finds the first name or all of them strange
 */
export function readEnv(text: string): Readonly<Record<string, string | undefined>> {
  if (/^\ufeff|^\xef\xbb\xbf|\0/.test(text))
    throw new UsageError(
      "The file begins with a byte order mark, or is UTF-16, and Node does not read it as it looks. Save it as UTF-8 without a mark.",
    );
  // In some versions of Node it has what all objects have, as toString.
  return Object.assign(Object.create(null), parseEnv(text));
}

/**
 * The text of an env file, or its bytes as Latin-1, with other values for some of its variables; a variable that is missing
 * comes into a line after `anchor`'s, exported as that is. Everything else stays as it is, to the byte.
 *
 * @throws UsageError where that cannot be done for certain
 */
export function withVariables(
  text: string,
  values: Readonly<Record<string, string>>,
  anchor: string,
): string {
  let edited = text;
  for (const [name, value] of Object.entries(values)) {
    edited =
      readEnv(edited)[name] === undefined
        ? added(edited, name, value, anchor)
        : replaced(edited, name, value);
  }
  const wanted = { ...readEnv(text), ...values };
  const found = readEnv(edited);
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  if ([...names].some((name) => found[name] !== wanted[name]))
    throw new UsageError(
      `The file is written in a way that is not changed safely: ${Object.keys(values).join(" or ")} may stand there twice, or over several lines. Nothing was changed; edit it by hand.`,
    );
  return edited;
}

/** A variable's line as far as its value: with quotes, or up to a comment. */
function assignment(name: string): RegExp {
  const value = String.raw`"[^"\n]*"|'[^'\n]*'|\`[^\`\n]*\`|(?!["'\`])[^#\r\n]*?`;
  return new RegExp(
    String.raw`^([ \t]*(?:export[ \t]+)?${name}[ \t]*=[ \t]*)(${value})(?=[ \t]*(?:#|\r?$))`,
    "gm",
  );
}

function replaced(text: string, name: string, value: string): string {
  const lines = [...text.matchAll(assignment(name))];
  if (lines.length !== 1) return text;
  return text.replace(assignment(name), (_, before: string) => before + quoted(value));
}

function added(text: string, name: string, value: string, anchor: string): string {
  const [found] = text.matchAll(assignment(anchor));
  // A shell that reads the file hands on to programs what is exported, and nothing else.
  const exported = /^[ \t]*export[ \t]/.test(found?.[1] ?? "") ? "export " : "";
  const line = `${exported}${name}=${quoted(value)}`;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const end = text.indexOf("\n", found?.index);
  return end < 0 ? text + newline + line : `${text.slice(0, end + 1)}${line}${newline}${text.slice(end + 1)}`;
}

/** A value as `node --env-file` and dotenv read it: quotes end it, and in double ones `\n` is a line's end. */
function quoted(value: string): string {
  if (/^[\w.,:;/+@%^*~!?=-]*$/.test(value)) return value;
  const quote = ["'", "`", '"'].find((mark) => !value.includes(mark));
  return `${quote ?? ""}${value}${quote ?? ""}`;
}
