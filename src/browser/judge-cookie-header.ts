import { MAX_COOKIE_BYTES } from "../cookie/attributes.ts";
import type { CookieHeader } from "../cookie/index.ts";
import { indexOrEnd, trimBlanks } from "../cookie/scan.ts";
import { checkValue } from "./rules/syntax.ts";
import { type CookieHeaderVerdict, Findings, type SentCookieVerdict } from "./verdict.ts";

/** Bytes of a Cookie header above which the first servers answer with 400 or 431: nginx and Apache take 8 kB, Node 16. */
const MAX_HEADER_BYTES = 8000;

/**
 * What is to be said of a request's `Cookie` header: names that are there twice, cookies without a name, what no browser would have
 * sent, sizes. Whatever the header says, a server sees nothing of the attributes with which its cookies were set.
 *
 * ```ts
 * judgeCookieHeader("id=1; id=2").findings[0].code; // "duplicate-name"
 * ```
 */
export function judgeCookieHeader(header: CookieHeader): CookieHeaderVerdict {
  const text = typeof header === "string" ? header : (header ?? []).join("; ");
  const findings = new Findings();
  const cookies = partsOf(text).map(judgePart);
  const names = cookies.map(({ name }) => name).filter((name) => name !== "");
  for (const name of new Set(names.filter((other, at) => names.indexOf(other) !== at))) {
    findings.warn(
      "duplicate-name",
      `${name} is there more than once: the browser has cookies of this name for several paths or domains. Most servers take the first one, which is the one with the longest path.`,
      "Delete the one that is not wanted with its own Path and Domain. A __Host- name cannot be there twice.",
    );
  }
  if (text.length > MAX_HEADER_BYTES) {
    findings.warn(
      "header-too-large",
      `The header has ${text.length} bytes. Many servers refuse a request with more than ${MAX_HEADER_BYTES} bytes of headers.`,
      "Delete cookies that are not needed, narrow their Path, or keep the data on the server.",
    );
  }
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) {
    findings.warn(
      "control-character",
      "The header holds a control character, which no browser sends.",
      "Look at what made the request.",
    );
  }
  return { cookies, findings: findings.list };
}

function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = indexOrEnd(text, ";", start);
    const part = trimBlanks(text, start, end);
    if (part !== "") parts.push(part);
    start = end + 1;
  }
  return parts;
}

function judgePart(part: string): SentCookieVerdict {
  const findings = new Findings();
  const equals = part.indexOf("=");
  const name = trimBlanks(part, 0, Math.max(equals, 0));
  const value = trimBlanks(part, equals + 1);
  const size = name.length + value.length;
  if (name === "") {
    findings.warn(
      "nameless",
      "This part has no name, as of a cookie that was set without one. Most servers ignore it.",
      "Set the cookie as name=value.",
    );
  }
  if (size > MAX_COOKIE_BYTES) {
    findings.warn(
      "too-large",
      `Name and value are ${size} bytes together. No browser keeps a cookie of more than ${MAX_COOKIE_BYTES}.`,
      "Look at what made the request.",
    );
  }
  checkValue(name, value, findings);
  return { name, size, findings: findings.list };
}
