import fc from "fast-check";
import { Cookie } from "tough-cookie";
import { describe, expect, test } from "vitest";
import { CookieError, TooLargeError } from "../errors.ts";
import type { Attributes, CookieAttributes } from "./attributes.ts";
import { parseSetCookie } from "./parse-set-cookie.ts";
import { stringifyDeletion, stringifySetCookie } from "./set-cookie.ts";

const NOW = Date.UTC(2026, 10, 20, 18, 40);
const clock = { now: () => NOW };
const DAY = 24 * 60 * 60;

function refuse(name: string, value: string, attributes?: Attributes): void {
  expect(() => stringifySetCookie(name, value, attributes as CookieAttributes, { clock })).toThrow(
    CookieError,
  );
}

describe("stringifySetCookie", () => {
  test("writes nothing that was not given", () => {
    expect(stringifySetCookie("a", "b")).toBe("a=b");
    expect(stringifySetCookie("a", "", { secure: false, httpOnly: false, partitioned: false })).toBe("a=");
  });

  test("writes all attributes in Flask's order", () => {
    const attributes: CookieAttributes = {
      partitioned: true,
      sameSite: "none",
      path: "/app",
      httpOnly: true,
      secure: true,
      maxAge: 60,
      expires: new Date(NOW + 1999),
      domain: ".Example.com",
    };
    expect(stringifySetCookie("a", "b", attributes, { clock })).toBe(
      "a=b; Domain=example.com; Expires=Fri, 20 Nov 2026 18:40:01 GMT; Max-Age=60; Secure; HttpOnly; Path=/app; SameSite=None; Partitioned",
    );
  });

  test("takes SameSite in any case of letters", () => {
    for (const sameSite of ["strict", "STRICT", "Strict"] as "strict"[]) {
      expect(stringifySetCookie("a", "b", { sameSite })).toBe("a=b; SameSite=Strict");
    }
  });

  test("takes a value in double quotes as a whole", () => {
    expect(stringifySetCookie("a", '"b"')).toBe('a="b"');
    expect(stringifySetCookie("a", '""')).toBe('a=""');
    for (const value of ['"', '"b', 'b"', '"b"c', '""b""']) refuse("a", value);
  });

  test("says that a value needs an encoding", () => {
    expect(() => stringifySetCookie("a", "ö")).toThrow(/encodeURIComponent/);
  });

  test.each<[string, Attributes]>([
    ["a fraction as maxAge", { maxAge: 1.5 }],
    ["NaN as maxAge", { maxAge: NaN }],
    ["an endless maxAge", { maxAge: Infinity }],
    ["a maxAge that prints with an exponent", { maxAge: -1e21 }],
    ["an invalid date", { expires: new Date(NaN) }],
    ["a date that browsers cannot read", { expires: new Date("1600-12-31T23:59:59Z") }],
    ["a number as date", { expires: 0 as unknown as Date }],
    ["a relative path", { path: "app" }],
    ["an empty path", { path: "" }],
    ["a path that ends with a space", { path: "/a " }],
    ["an empty domain", { domain: "" }],
    ["a domain of two leading dots", { domain: "..example.com" }],
    ["a domain with an empty label", { domain: "a..example.com" }],
    ["a domain with a trailing dot", { domain: "example.com." }],
    ["a domain with a port", { domain: "example.com:80" }],
    ["a domain that injects an attribute", { domain: "example.com; Secure" }],
    ["a label of 64 letters", { domain: `${"a".repeat(64)}.com` }],
    ["an unknown SameSite", { sameSite: " lax" as "lax" }],
    ["true as SameSite", { sameSite: true as unknown as "lax" }],
    ["SameSite=None without Secure", { sameSite: "none" }],
    ["Partitioned without Secure", { partitioned: true }],
  ])("refuses %s", (_, attributes) => {
    refuse("a", "b", attributes);
  });

  test("refuses what is no text as name, value, path or domain", () => {
    const nothing = undefined as unknown as string;
    refuse(nothing, "b");
    refuse("a", nothing);
    refuse("a", "b", { path: null as unknown as string });
    refuse("a", "b", { domain: null as unknown as string });
  });

  test("enforces the rules of name prefixes in any case of letters", () => {
    const host: CookieAttributes = { secure: true, httpOnly: true, path: "/" };
    const without = (attributes: CookieAttributes, key: keyof CookieAttributes): CookieAttributes => {
      const { [key]: _, ...rest } = attributes;
      return rest;
    };
    const rules: [prefix: string, full: CookieAttributes, needed: (keyof CookieAttributes)[]][] = [
      ["__Secure-", { secure: true }, ["secure"]],
      ["__Host-", { secure: true, path: "/" }, ["secure", "path"]],
      ["__Http-", { secure: true, httpOnly: true }, ["secure", "httpOnly"]],
      ["__Host-Http-", host, ["secure", "httpOnly", "path"]],
    ];
    for (const [prefix, full, needed] of rules) {
      for (const name of [`${prefix}a`, `${prefix.toLowerCase()}a`, `${prefix.toUpperCase()}a`]) {
        expect(stringifySetCookie(name, "b", full)).toContain(`${name}=b; Secure`);
        for (const key of needed) refuse(name, "b", without(full, key));
        if (prefix.startsWith("__Host-")) {
          refuse(name, "b", { ...full, domain: "example.com" });
          refuse(name, "b", { ...full, path: "/app" });
        }
      }
    }
    expect(stringifySetCookie("__Hostile", "b")).toBe("__Hostile=b");
  });

  test.each(["name", "value", "path", "domain"] as const)(
    "either throws or is read back as one equal cookie, for every byte in the %s",
    (part) => {
      for (const [start, end] of [
        ["", "ab"],
        ["a", "b"],
        ["ab", ""],
      ] as const) {
        for (let byte = 0; byte <= 0xff; byte += 1) {
          const text = `${start}${String.fromCharCode(byte)}${end}`;
          const cookie = { name: "n", value: "v", path: "/", domain: "example.com", [part]: text };
          if (part === "path") cookie.path = `/${text}`;
          expectEqualOrRefused(cookie);
        }
      }
    },
  );

  test("is read back equal by a browser's parser", () => {
    const text = (chars: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...chars), minLength: 1 });
    const cookie = fc.record({
      name: text("aB0!_~"),
      value: text("aB0=/%:"),
      path: text("aB/%=").map((path) => `/${path}`),
    });
    const attributes = fc.record(
      {
        maxAge: fc.integer({ min: -5, max: 400 * DAY }),
        expires: fc.integer({ min: -1e10, max: NOW / 1000 }).map((seconds) => new Date(seconds * 1000)),
        domain: fc.constantFrom("example.com", "localhost", "a-b.example"),
        httpOnly: fc.constant(true),
        partitioned: fc.constant(true),
        sameSite: fc.constantFrom("strict", "lax", "none"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(cookie, attributes, ({ name, value, path }, rest) => {
        const full = { ...rest, path, secure: true as const };
        expect(parseSetCookie(stringifySetCookie(name, value, full, { clock }))).toEqual({
          name,
          value,
          ...full,
        });
      }),
    );
  });
});

function expectEqualOrRefused(cookie: { name: string; value: string; path: string; domain: string }): void {
  const { name, value, path, domain } = cookie;
  let header: string;
  try {
    header = stringifySetCookie(name, value, { path, domain });
  } catch (error) {
    expect(error).toBeInstanceOf(CookieError);
    return;
  }
  const expected = { name, value, path, domain: domain.replace(/^\./, "").toLowerCase() };
  expect(parseSetCookie(header)).toEqual(expected);
  const tough = Cookie.parse(header);
  expect(tough && { name: tough.key, value: tough.value, path: tough.path, domain: tough.domain }).toEqual(
    expected,
  );
  expect(header.split(";")).toHaveLength(3);
}

describe("the limits of browsers", () => {
  test("a name and value of 4096 bytes fit, one byte more does not", () => {
    expect(stringifySetCookie("name", "x".repeat(4092))).toHaveLength(4097);
    for (const size of [4097, 8192]) {
      const error = tooLarge(() => stringifySetCookie("name", "x".repeat(size - 4)));
      expect(error).toMatchObject({
        size,
        limit: 4096,
        largest: [
          ["value", size - 4],
          ["name", 4],
        ],
      });
      expect(error.message).toMatch(new RegExp(`${size} bytes.*4096.*value \\(${size - 4} bytes\\)`));
    }
    expect(tooLarge(() => stringifySetCookie("n".repeat(4096), "x")).largest[0]).toEqual(["name", 4096]);
  });

  test("an attribute of 1024 bytes fits, one byte more does not", () => {
    expect(stringifySetCookie("a", "b", { path: `/${"x".repeat(1023)}` })).toContain("; Path=/x");
    expect(tooLarge(() => stringifySetCookie("a", "b", { path: `/${"x".repeat(1024)}` }))).toMatchObject({
      size: 1025,
      limit: 1024,
      largest: [["Path", 1025]],
    });
    const domain = Array.from({ length: 17 }, () => "a".repeat(63)).join(".");
    expect(tooLarge(() => stringifySetCookie("a", "b", { domain })).largest).toEqual([
      ["Domain", 17 * 64 - 1],
    ]);
  });

  test("a lifetime of 400 days fits, one second more does not", () => {
    const limit = 400 * DAY;
    const expires = new Date(NOW + limit * 1000);
    expect(stringifySetCookie("a", "b", { maxAge: limit, expires }, { clock })).toContain(
      "; Max-Age=34560000",
    );
    const late = { size: limit + 1, limit };
    expect(tooLarge(() => stringifySetCookie("a", "b", { maxAge: limit + 1 }))).toMatchObject(late);
    const later = new Date(expires.getTime() + 1000);
    expect(tooLarge(() => stringifySetCookie("a", "b", { expires: later }, { clock }))).toMatchObject(late);
  });

  test("the machine's clock is the default", () => {
    expect(stringifySetCookie("a", "b", { expires: new Date(Date.now() + 399 * DAY * 1000) })).toContain(
      "Expires=",
    );
    expect(() => stringifySetCookie("a", "b", { expires: new Date(Date.now() + 401 * DAY * 1000) })).toThrow(
      TooLargeError,
    );
  });
});

function tooLarge(call: () => unknown): TooLargeError {
  try {
    call();
  } catch (error) {
    if (error instanceof TooLargeError) return error;
    throw error;
  }
  throw new Error("nothing was too large");
}

describe("stringifyDeletion", () => {
  test("is empty, expired and repeats what the cookie was set with", () => {
    expect(stringifyDeletion("a")).toBe("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0");
    const attributes: CookieAttributes = {
      path: "/x",
      domain: "example.com",
      secure: true,
      httpOnly: true,
      sameSite: "lax",
      partitioned: true,
    };
    expect(stringifyDeletion("a", attributes)).toBe(
      "a=; Domain=example.com; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly; Path=/x; SameSite=Lax; Partitioned",
    );
  });

  test("is refused where a browser would refuse it", () => {
    expect(() => stringifyDeletion("__Host-a" as string, { path: "/" })).toThrow(CookieError);
  });
});
