import { indented, printable } from "../json-text.ts";
import type { Style } from "../style.ts";
import { moment } from "../times.ts";
import type { Inspected } from "./inspect.ts";

/** A cookie of which nothing is known. */
interface Unknown {
  readonly name: string | undefined;
  readonly format?: undefined;
}

/** What is said of a cookie to people. */
export function reportText(
  cookie: Inspected | Unknown,
  now: number,
  { bold, dim, good, bad, warn }: Style,
): string {
  const name = cookie.name === undefined ? "" : `${printable(cookie.name)}: `;
  if (cookie.format === undefined) return `${bold(name)}${dim("no format that is known")}`;
  const { verdict, isGood, key, made, ends, readable, facts = {}, content } = cookie;
  const paint = isGood === undefined ? warn : isGood ? good : bad;
  const rows: [string, string | undefined][] = [
    ["verdict", paint(isGood && key !== undefined ? `${verdict}, made with ${key}` : verdict)],
    ["made", made === undefined ? undefined : moment(made, now)],
    ["ends", ends === undefined ? undefined : moment(ends, now)],
    ["readable", readable],
    ...Object.entries(facts).map(([fact, value]): [string, string] => [fact, printable(String(value))]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`  ${dim(label.padEnd(width))}  ${text}`],
  );
  if (content !== undefined) {
    const doubt = isGood === true ? "" : dim(" (nobody vouches for it)");
    lines.push(`  ${dim("content")}${doubt}`, `    ${printable(indented(content, "    "))}`);
  }
  return [`${bold(name)}${cookie.format}`, ...lines].join("\n");
}

/** The same for programs: JSON text, in which the content stands as it is. */
export function reportJson(cookie: Inspected | Unknown, now: number): string {
  if (cookie.format === undefined) return JSON.stringify({ name: cookie.name, format: null });
  const { name, format, verdict, isGood, key, made, ends, readable, facts, content } = cookie;
  const age = made === undefined ? undefined : now - made;
  const known = JSON.stringify({
    name,
    format,
    good: isGood ?? null,
    verdict,
    key,
    made,
    age,
    ends,
    readable,
    facts,
  });
  return content === undefined ? known : `${known.slice(0, -1)},"content":${content}}`;
}
