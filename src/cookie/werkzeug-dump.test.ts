import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectors } from "../../test/support/vectors.ts";
import { CookieError } from "../errors.ts";
import type { SameSite } from "./attributes.ts";
import { dumpCookie, type WerkzeugCookieOptions } from "./werkzeug-dump.ts";
import { parseWerkzeugCookie } from "./werkzeug-parse.ts";

type PythonDate = { datetime: ["datetime", iso: string, offset: number | null] | ["date", iso: string] };

interface DumpVector {
  id: string;
  via: "set_cookie" | "delete_cookie" | "dump_cookie";
  key: string;
  value?: string;
  args: {
    max_age?: number | string | { timedelta_seconds: number } | null;
    expires?: number | string | PythonDate | null;
    path?: string | null;
    domain?: string | null;
    secure?: boolean;
    httponly?: boolean;
    samesite?: SameSite | null;
    partitioned?: boolean;
    sync_expires?: boolean;
    max_size?: number;
  };
  set_cookie?: string;
  warning?: string;
  error?: unknown;
}

/** The vectors that Werkzeug writes and hipflask refuses, by the rules in the doc comment of `dumpCookie`. */
const REFUSED: Record<string, readonly string[]> = {
  "a name that reads back as another": ["key/6", "key/7", "key/8", "key/14"],
  "a domain that injects an attribute": ["attr/60"],
};

const clock = { now: () => 1_795_200_000_750 };
const all = vectors<DumpVector>("werkzeug_dump");
const refused = new Set(Object.values(REFUSED).flat());

describe("dumpCookie", () => {
  test.each(
    all.filter(({ id, error }) => !error && !refused.has(id)).map((vector) => [vector.id, vector] as const),
  )("writes %s as Werkzeug does", (_, vector) => {
    const warnings: string[] = [];
    const onTooLarge = (size: number, limit: number): void => {
      warnings.push(`The final size was ${size} bytes but the limit is ${limit} bytes.`);
    };
    const header = dumpCookie(vector.key, vector.value ?? "", { ...optionsOf(vector), onTooLarge });
    expect(header).toBe(vector.set_cookie);
    expect(warnings).toHaveLength(vector.warning ? 1 : 0);
    if (vector.warning) expect(vector.warning).toContain(warnings[0]);
  });

  test.each(all.filter(({ error }) => error).map((vector) => [vector.id, vector] as const))(
    "refuses %s as Werkzeug does",
    (_, vector) => {
      expect(() => dumpCookie(vector.key, vector.value ?? "", optionsOf(vector))).toThrow(CookieError);
    },
  );

  test.each(Object.entries(REFUSED))("refuses %s, unlike Werkzeug", (_, ids) => {
    for (const vector of all.filter(({ id }) => ids.includes(id))) {
      expect(vector.set_cookie).toBeDefined();
      expect(() => dumpCookie(vector.key, vector.value ?? "", optionsOf(vector))).toThrow(CookieError);
    }
  });

  test("refuses a name or an expires text that would be read back as something else", () => {
    for (const name of ["", " a", "a ", "a\tb", "a\r\nb", "a\x7f", "a;b", "a=b", "\ud800"]) {
      expect(() => dumpCookie(name, "v")).toThrow(CookieError);
    }
    for (const expires of ["x; Domain=y", "x\r\ny"]) {
      expect(() => dumpCookie("a", "v", { expires })).toThrow(CookieError);
    }
  });

  test("refuses what Python cannot encode", () => {
    expect(() => dumpCookie("a", "\ud800")).toThrow(CookieError);
    expect(() => dumpCookie("a", "v", { path: "/\udfff" })).toThrow(CookieError);
    for (const options of [
      { maxAge: NaN },
      { maxAge: 1e12 },
      { expires: 253_402_300_800 },
      { expires: new Date(NaN) },
    ]) {
      expect(() => dumpCookie("a", "v", { ...options, clock })).toThrow(CookieError);
    }
  });

  test("writes no Expires for a maxAge if told so", () => {
    expect(dumpCookie("a", "v", { maxAge: 60, syncExpires: false })).toBe("a=v; Max-Age=60; Path=/");
  });

  test("writes any text so that Werkzeug, whichever version, reads it back", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(...'\\",; \0\n\x1aö漢🍪') }),
    );
    fc.assert(
      fc.property(text, (value) => {
        fc.pre(!/[\ud800-\udfff]/u.test(value));
        const header = dumpCookie("a", value, { path: null });
        for (const version of ["3.1.9", "2.3", "2.2"] as const) {
          expect(parseWerkzeugCookie(header, { version }).get("a")).toEqual([value]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a domain", () => {
  const domainOf = (domain: string): string =>
    dumpCookie("a", "", { domain, path: null }).slice("a=; Domain=".length);

  // Expected values: "...".encode("idna") in CPython 3.11
  test.each([
    ["BÜCHER.Example", "xn--bcher-kva.Example"],
    ["faß.de", "fass.de"],
    ["日本語。jp", "xn--wgv71a119e.jp"],
    ["ｅｘ.com", "ex.com"],
    ["ς.gr", "xn--4xa.gr"],
    ["İ.com", "xn--i-9bb.com"],
    ["ı.com", "xn--cfa.com"],
    ["Ⅷ.x", "viii.x"],
    ["ü\u00ad.x", "xn--tda.x"],
    ["ünder_score.de", "xn--nder_score-8db.de"],
    ["ü.", "xn--tda."],
    ["", ""],
    [":80", ""],
  ])("%s is written as %s", (domain, expected) => {
    expect(domainOf(domain)).toBe(expected);
  });

  test.each(["a..b", "\u00ad.x", "xn--ü.de", `${"ü".repeat(60)}.de`, `${"x".repeat(64)}.de`])(
    "%s is refused",
    (domain) => {
      expect(() => domainOf(domain)).toThrow(CookieError);
    },
  );

  test.each(["ü b.x", "ü%41.x", "ü；Secure"])("%s is refused, unlike in Python", (domain) => {
    expect(() => domainOf(domain)).toThrow(CookieError);
  });
});

function optionsOf({ via, args }: DumpVector): WerkzeugCookieOptions {
  const options: WerkzeugCookieOptions = { clock, ...(via === "delete_cookie" && { expires: 0, maxAge: 0 }) };
  if (isGiven(args.max_age)) options.maxAge = secondsOf(args.max_age);
  if (isGiven(args.expires))
    options.expires = typeof args.expires === "object" ? dateOf(args.expires) : args.expires;
  if (args.path !== undefined) options.path = args.path;
  if (isGiven(args.domain)) options.domain = args.domain;
  if (isGiven(args.samesite)) options.sameSite = args.samesite;
  if (args.max_size !== undefined) options.maxSize = args.max_size;
  if (args.sync_expires !== undefined) options.syncExpires = args.sync_expires;
  return {
    ...options,
    secure: args.secure ?? false,
    httpOnly: args.httponly ?? false,
    partitioned: args.partitioned ?? false,
  };
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

/** A timedelta counts whole seconds; digits in a string stand for the number that hipflask takes instead. */
function secondsOf(maxAge: number | string | { timedelta_seconds: number }): number {
  return typeof maxAge === "object" ? Math.trunc(maxAge.timedelta_seconds) : Number(maxAge);
}

function dateOf({ datetime: [kind, iso, offset] }: PythonDate): Date {
  const minutes = kind === "datetime" ? (offset ?? 0) : 0;
  const time = kind === "datetime" ? `${iso}Z` : `${iso}T00:00:00Z`;
  return new Date(Date.parse(time) - minutes * 60_000);
}
