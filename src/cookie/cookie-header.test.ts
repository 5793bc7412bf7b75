import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CookieError, TooLargeError } from "../errors.ts";
import { findCookies, parseCookie, parseCookiePairs, stringifyCookie } from "./cookie-header.ts";

const TOKEN_CHARS = [..."!#$%&'*+-.^_`|~09AZaz"];
const VALUE_CHARS = [...TOKEN_CHARS, ..."()/:<=>?@[]{}"];
const name = fc.string({ unit: fc.constantFrom(...TOKEN_CHARS), minLength: 1, maxLength: 12 });
const value = fc.string({ unit: fc.constantFrom(...VALUE_CHARS), maxLength: 30 });
const hostile = fc.string({ unit: fc.constantFrom(...'ab=; \t"\\%$,\xa0\x0b\0é') });

describe("parseCookie", () => {
  test("reads the cookies of a request", () => {
    expect([...parseCookie("theme=dark; lang=de;a=b=c")]).toEqual([
      ["theme", "dark"],
      ["lang", "de"],
      ["a", "b=c"],
    ]);
  });

  test("keeps the first value of a repeated name and does not decode the others", () => {
    const decoded: string[] = [];
    const decode = (text: string): string => (decoded.push(text), text);
    expect([...parseCookie("a=1; b=2; a=3", { decode })]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(decoded).toEqual(["1", "2"]);
  });

  test("finds cookies of a second header and of split HTTP/2 crumbs", () => {
    expect([...parseCookie(["a=1", "b=2; c=3", "a=4"])]).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
    expect(findCookies(["a=1", "session=x"], "session")).toEqual(["x"]);
  });

  test("reads no cookies from no header", () => {
    for (const header of [undefined, null, "", [], [""]]) expect(parseCookie(header).size).toBe(0);
  });

  test("splits at every semicolon, so that quotes cannot swallow another cookie", () => {
    const cookies = parseCookie('$Version=1; a="q; session=x; z"');
    expect(cookies.get("session")).toBe("x");
    expect(cookies.get("a")).toBe('"q');
  });

  test("ignores parts without a name or without an equals sign", () => {
    for (const header of ["=__Host-session=X", "__Host-session", ";;=;", " = ; =v", "__Host-session; =x"]) {
      expect(parseCookiePairs(header)).toEqual([]);
      expect(findCookies(header, "__Host-session")).toEqual([]);
    }
  });

  test("keeps names of Object.prototype apart from the prototype", () => {
    const cookies = parseCookie("__proto__=1; constructor=2; toString=3");
    expect([...cookies.keys()]).toEqual(["__proto__", "constructor", "toString"]);
    expect(cookies.get("valueOf")).toBeUndefined();
  });

  test("shows no other cookie under a protected name, whatever byte surrounds it", () => {
    for (let byte = 0; byte <= 0xff; byte += 1) {
      const char = String.fromCharCode(byte);
      if (["\t", " ", ";", "="].includes(char)) continue;
      for (const header of [`${char}__Host-session=evil`, `__Host-session${char}=evil`]) {
        expect(parseCookie(header).has("__Host-session")).toBe(false);
        expect(findCookies(header, "__Host-session")).toEqual([]);
      }
    }
    for (const header of ["\ufeffsession=evil", "\u2028session=evil", "%73ession=evil", "Session=evil"]) {
      expect(parseCookie(header).has("session")).toBe(false);
      expect(findCookies(header, "session")).toEqual([]);
    }
  });

  test("trims spaces and tabs around names and values", () => {
    expect(parseCookiePairs("\t a \t= \tb c\t ;\td= ")).toEqual([
      ["a", "b c"],
      ["d", ""],
    ]);
  });

  test("keeps every value as it was sent", () => {
    const bytes = Array.from({ length: 128 }, (_, index) => String.fromCharCode(0x80 + index)).join("");
    for (const text of ["%E0%A4%A", "%00%0d%0a", bytes, '"quoted"', '"\\303\\266"', "a=b"]) {
      expect(parseCookie(`x=${text}`).get("x")).toBe(text);
    }
  });

  test("decodes on request and keeps the raw value where that fails", () => {
    const cookies = parseCookie("a=K%C3%B6ln; b=%E0%A4%A", { decode: decodeURIComponent });
    expect([...cookies]).toEqual([
      ["a", "Köln"],
      ["b", "%E0%A4%A"],
    ]);
  });
});

describe("parseCookiePairs", () => {
  test("keeps repeated names and the order", () => {
    expect(parseCookiePairs("a=1; b=2; a=3")).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]);
  });

  test("agrees with parseCookie on any text", () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (header) => {
        const first = new Map<string, string>();
        for (const [each, text] of parseCookiePairs(header)) if (!first.has(each)) first.set(each, text);
        expect([...parseCookie(header)]).toEqual([...first]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("findCookies", () => {
  test.each([[undefined], [5], [[""]], [[]]])("finds no name that is no text: %j", (noText) => {
    expect(findCookies("undefined=1; 5=2; a=3", noText as never)).toEqual([]);
  });

  test("finds all values of one name in their order", () => {
    expect(findCookies("a=1; session=x; b=session=2; session = y ;session=", "session")).toEqual([
      "x",
      "y",
      "",
    ]);
  });

  test("is not fooled by the name as a part of other names and values", () => {
    const header = "xsession=1; session2=2; a=session=3; session; s=session; =session=4; a session=5";
    expect(findCookies(header, "session")).toEqual([]);
  });

  test("finds nothing for a name that no cookie can have", () => {
    for (const impossible of ["", " a", "a ", "\ta", "a=", "a;b"]) {
      expect(findCookies("a=1; =2;a==; a;b=3;  a=4;", impossible)).toEqual([]);
    }
  });

  test("agrees with the full parser on any text and name", () => {
    fc.assert(
      fc.property(
        hostile,
        fc.string({ unit: fc.constantFrom(...'ab= \t;"'), maxLength: 3 }),
        (header, wanted) => {
          const expected = parseCookiePairs(header).filter(([each]) => each === wanted);
          expect(findCookies(header, wanted)).toEqual(expected.map(([, each]) => each));
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe("stringifyCookie", () => {
  test("writes pairs and records", () => {
    expect(stringifyCookie({ theme: "dark", lang: "de" })).toBe("theme=dark; lang=de");
    expect(stringifyCookie(new Map([["a", ""]]))).toBe("a=");
    expect(stringifyCookie([])).toBe("");
  });

  test("is read back by the parser", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        expect(parseCookiePairs(stringifyCookie(pairs))).toEqual(pairs);
      }),
    );
  });

  test("refuses what would be read back as something else", () => {
    expect(() => stringifyCookie({ a: "1; b=2" })).toThrow(CookieError);
    expect(() => stringifyCookie([["", "x"]])).toThrow(CookieError);
    expect(() => stringifyCookie({ a: "x".repeat(4096) })).toThrow(TooLargeError);
  });
});
