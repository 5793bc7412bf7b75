import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findCookies, parseCookie, parseCookiePairs } from "./cookie-header.ts";
import { parseSetCookie } from "./parse-set-cookie.ts";
import { parseWerkzeugCookie } from "./werkzeug-parse.ts";

const PATTERNS: Record<string, (size: number) => string> = {
  semicolons: (size) => ";".repeat(size),
  "semicolons, then a cookie": (size) => `${";".repeat(size - 3)}a=b`,
  "a cookie, then semicolons": (size) => `a=b${";".repeat(size - 3)}`,
  "equals signs": (size) => "=".repeat(size),
  "a=a=a=": (size) => fill("a=", size),
  "a=;a=;": (size) => fill("a=;", size),
  "names without equals signs": (size) => fill("a;", size),
  quotes: (size) => '"'.repeat(size),
  "open quotes": (size) => fill('a=";', size),
  "escaped quotes": (size) => fill('a="\\";', size),
  "quotes before rubbish": (size) => fill('a=";"x;', size),
  backslashes: (size) => `a="${"\\".repeat(size - 3)}`,
  "octal escapes": (size) => `a="${fill("\\303", size - 4)}"`,
  spaces: (size) => " ".repeat(size),
  tabs: (size) => "\t".repeat(size),
  "spaces in an open value": (size) => `a=${" ".repeat(size - 3)}"`,
  "spaces between names": (size) => fill("a      ", size),
  "spaces around equals signs": (size) => fill("a  =  ", size),
  "line feeds after equals signs": (size) => fill("=\n", size),
  "line feeds, then spaces": (size) => `${fill("=\n", size / 2)}${" ".repeat(size / 2 - 1)};`,
  "cookies, then a line feed": (size) => `${fill("a=1;", size - 2)}=\n`,
  "percent signs": (size) => `a=${"%".repeat(size - 2)}`,
  "high bytes": (size) => `a="${"\xff".repeat(size - 4)}"`,
  "many cookies": (size) => Array.from({ length: size / 8 }, (_, index) => `c${index}=`).join(";"),
  "the name everywhere": (size) => fill("session", size),
  "the name before spaces": (size) => fill("session ", size),
  "a prefix of the name": (size) => "s".repeat(size),
};

const PARSERS: Record<string, (header: string) => unknown> = {
  parseCookie: (header) => parseCookie(header, { decode: decodeURIComponent }),
  parseCookiePairs,
  findCookies: (header) => findCookies(header, "session"),
  "findCookies with a name that overlaps itself": (header) => findCookies(header, `${"s".repeat(40)}x`),
  parseSetCookie: (header) => parseSetCookie(`a=b;Expires=${header}`) ?? parseSetCookie(header),
  "parseWerkzeugCookie 3.1.9": (header) => parseWerkzeugCookie(header),
  "parseWerkzeugCookie 2.3": (header) => parseWerkzeugCookie(header, { version: "2.3" }),
  "parseWerkzeugCookie 2.2": (header) => parseWerkzeugCookie(header, { version: "2.2" }),
};

describe.each(Object.entries(PARSERS))("%s", (label, parse) => {
  test("never throws", () => {
    const unit = fc.constantFrom(...'ab=;, \t\n"\\%0123789$:-\xa0\x0b\0éÿ漢');
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit }), fc.string({ unit: "binary" })),
        (header) => void parse(header),
      ),
    );
  });

  test.each(Object.entries(PATTERNS))(
    "takes time in proportion to the length of %s",
    { retry: 3 },
    (_, pattern) => {
      const header = pattern(SIZE);
      const limit = (label.startsWith("parseWerkzeug") ? 5 : 2) * fastest(walk, header, 0);
      expect(fastest(parse, header, limit)).toBeLessThan(limit);
      // Sixteen times the length takes sixteen times the time, or 256 times where it is quadratic.
      const allowed = 64 * Math.max(fastest(parse, header, 0), 0.05);
      expect(fastest(parse, pattern(16 * SIZE), allowed)).toBeLessThan(allowed);
    },
  );
});

/** Node's own limit for all headers together. */
const SIZE = 16_384;

function fill(part: string, size: number): string {
  return part.repeat(Math.floor(size / part.length));
}

/** What the time of a parser is compared with, at the same moment, because other work slows both down: a millisecond of a machine that has none. */
function walk(header: string): number {
  let sum = 0;
  for (let round = 0; round < 24; round++)
    for (let i = 0; i < header.length; i++) sum += header.charCodeAt(i);
  return sum;
}

/** The best of several runs in milliseconds; a run below `enough` ends them. Another process may take the core at any time. */
function fastest(parse: (header: string) => unknown, header: string, enough: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < (enough === 0 ? 5 : 25) && best >= enough; run++) {
    const start = performance.now();
    parse(header);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
