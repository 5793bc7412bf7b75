import fc from "fast-check";
import { expect, test } from "vitest";
import { safeNext } from "./index.ts";

test.each([
  ["/", "/"],
  ["/account", "/account"],
  ["/account?tab=2&x=//y#z", "/account?tab=2&x=//y#z"],
  ["/a//b", "/a//b"],
  ["/search?q=%0A%2F%2F", "/search?q=%0A%2F%2F"],
  ["/redirect?to=https://evil.example", "/redirect?to=https://evil.example"],
  ["/k%C3%B6ln", "/k%C3%B6ln"],
  ["/köln", "/k%C3%B6ln"],
  ["/%25", "/%25"],
  ["/100%", "/100%"],
  ["/@evil.example", "/@evil.example"],
])("%s is a path on this site", (next, path) => {
  expect(safeNext(next, "/home")).toBe(path);
});

test.each([
  "//evil.example",
  "///evil.example",
  "////evil.example",
  "/\\evil.example",
  "\\/evil.example",
  "\\\\evil.example",
  "/\\/evil.example",
  "\t//evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/\r/evil.example",
  "/\t\\evil.example",
  " //evil.example",
  " /account",
  "\u0000//evil.example",
  "/\u0000/evil.example",
  "/\u000b/evil.example",
  "/account\r\nSet-Cookie: a=b",
  "/account ",
  "/a\u007fb",
  "https://evil.example",
  "https:evil.example",
  "http:///evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "evil.example",
  "account",
  "?next=/",
  "#x",
  "",
  "/%2Fevil.example",
  "/%2fevil.example",
  "/%5Cevil.example",
  "/%252Fevil.example",
  "/%25252fevil.example",
  "%2F%2Fevil.example",
  "%2f%5cevil.example",
  "/%09/evil.example",
  "/%0a/evil.example",
  "/a%0d%0aSet-Cookie:b",
  "/%2509/evil.example",
  "/..//evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/%2e%2e//evil.example",
  "/%2e//evil.example",
  "/a/../%2Fevil.example",
  "/..\\\\evil.example",
  undefined,
  null,
  42,
  ["/account"],
  { toString: () => "/account" },
])("%j is none", (next) => {
  expect(safeNext(next, "/home")).toBe("/home");
  expect(safeNext(next)).toBe("/");
});

test.each([
  ["one escape in another", `/%${"25".repeat(50_000)}41`],
  ["escapes that are made of escapes", `/${"%3".repeat(50_000)}2`],
])("%s take no time", (_, next) => {
  const start = performance.now();
  safeNext(next);
  expect(performance.now() - start).toBeLessThan(1000);
});

test("whatever comes, a browser stays on the site, also after somebody has decoded the path", () => {
  const parts = [
    "/",
    "\\",
    "%2F",
    "%5c",
    "%25",
    "2f",
    ".",
    "..",
    "%2e",
    "\t",
    "\n",
    " ",
    "@",
    ":",
    "//",
    "evil.example",
    "?",
    "#",
    "é",
    "／",
    "%09",
    "a",
    "\u0000",
    "https:",
  ];
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 3 })), { maxLength: 8 }),
      (pieces) => {
        const next = safeNext(`/${pieces.join("")}`, "/home");
        for (const base of ["https://example.com/login", "http://[::1]:3000/a/b/"])
          expect(new URL(next, base).origin).toBe(new URL(base).origin);
        expect(next).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
        const path = next.split(/[?#]/)[0]!;
        const decoded = path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
        expect(new URL(decoded.split(/[?#]/)[0]!, "https://example.com").origin).toBe("https://example.com");
      },
    ),
    { numRuns: 3000 },
  );
});
