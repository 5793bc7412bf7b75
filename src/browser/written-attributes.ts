import { indexOrEnd, trimBlanks } from "../cookie/scan.ts";

/** Name and value of each attribute of a `Set-Cookie` header, as they were written. */
export function writtenAttributes(header: string): [name: string, value: string][] {
  const attributes: [string, string][] = [];
  let end = indexOrEnd(header, ";", 0);
  while (end < header.length) {
    const start = end + 1;
    end = indexOrEnd(header, ";", start);
    const text = header.slice(start, end);
    const equals = indexOrEnd(text, "=", 0);
    const name = trimBlanks(text, 0, equals);
    if (name !== "") attributes.push([name, trimBlanks(text, equals + 1)]);
  }
  return attributes;
}
