import fc from "fast-check";
import { Cookie } from "tough-cookie";
import { describe, expect, test } from "vitest";
import { parseSetCookie } from "./parse-set-cookie.ts";

describe("parseSetCookie", () => {
  test("reads all attributes, in any case of letters", () => {
    expect(
      parseSetCookie(
        "a=b; expires=Fri, 20 Nov 2026 18:40:00 GMT;MAX-AGE=60; domain=.Example.COM; path=/app; SECURE; httponly; samesite=LAX; Partitioned; Priority=High",
      ),
    ).toEqual({
      name: "a",
      value: "b",
      expires: new Date("2026-11-20T18:40:00Z"),
      maxAge: 60,
      domain: "example.com",
      path: "/app",
      secure: true,
      httpOnly: true,
      sameSite: "lax",
      partitioned: true,
    });
  });

  test("keeps a value as it is and trims only spaces and tabs", () => {
    expect(parseSetCookie(' a\t= "b=c, d" \t')).toEqual({ name: "a", value: '"b=c, d"' });
    expect(parseSetCookie("\xa0a=b\xa0")).toEqual({ name: "\xa0a", value: "b\xa0" });
  });

  test("reads a cookie without a name, and drops one without name and value", () => {
    expect(parseSetCookie("b; Secure")).toEqual({ name: "", value: "b", secure: true });
    expect(parseSetCookie("=__Host-a=b")).toEqual({ name: "", value: "__Host-a=b" });
    for (const header of ["", "=", " ; Secure", ";a=b"]) expect(parseSetCookie(header)).toBeUndefined();
  });

  test("reads what a browser would not keep as it came", () => {
    expect(parseSetCookie("__Secure-a=b")).toEqual({ name: "__Secure-a", value: "b" });
    expect(parseSetCookie("__Host-a=b; Secure; Path=/; Domain=x.com")).toEqual({
      name: "__Host-a",
      value: "b",
      secure: true,
      path: "/",
      domain: "x.com",
    });
    expect(parseSetCookie("a=b; Partitioned")).toEqual({ name: "a", value: "b", partitioned: true });
  });

  test("drops a cookie with a control character anywhere, tabs excepted", () => {
    for (let byte = 0; byte <= 0xff; byte += 1) {
      const isControl = (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
      const header = `a=b; x=${String.fromCharCode(byte)}y`;
      expect([byte, parseSetCookie(header) === undefined]).toEqual([byte, isControl]);
    }
  });

  test("drops a cookie of more than 4096 bytes and ignores an attribute of more than 1024", () => {
    expect(parseSetCookie(`ab=${"x".repeat(4094)}`)?.value).toHaveLength(4094);
    expect(parseSetCookie(`ab=${"x".repeat(4095)}`)).toBeUndefined();
    expect(parseSetCookie(`a=b; Path=/${"x".repeat(1023)}`)?.path).toHaveLength(1024);
    expect(parseSetCookie(`a=b; Path=/x; Path=/${"x".repeat(1024)}`)).toEqual({
      name: "a",
      value: "b",
      path: "/x",
    });
  });

  test("lets the last of a repeated attribute count", () => {
    expect(
      parseSetCookie("a=b; Path=/x; Path=/y; Domain=x.com; Domain=y.com; SameSite=None; SameSite=Lax"),
    ).toEqual({
      name: "a",
      value: "b",
      path: "/y",
      domain: "y.com",
      sameSite: "lax",
    });
    expect(parseSetCookie("a=b; Path=/x; Path=y; Domain=x.com; Domain=; SameSite=Lax; SameSite=?")).toEqual({
      name: "a",
      value: "b",
    });
    expect(
      parseSetCookie("a=b; Max-Age=5; Max-Age=x; Expires=Fri, 20 Nov 2026 18:40:00 GMT; Expires=x"),
    ).toEqual({
      name: "a",
      value: "b",
      maxAge: 5,
      expires: new Date("2026-11-20T18:40:00Z"),
    });
  });

  test("reads a Max-Age of digits only and cuts it to 400 days", () => {
    const maxAge = (text: string): number | undefined => parseSetCookie(`a=b; Max-Age=${text}`)?.maxAge;
    for (const text of ["", "-", "+1", "1.5", "1e3", " 1x", "0x1"]) expect(maxAge(text)).toBeUndefined();
    expect(maxAge("-5")).toBe(-5);
    expect(maxAge("9".repeat(400))).toBe(400 * 24 * 60 * 60);
    expect(maxAge(`-${"9".repeat(400)}`)).toBeLessThan(0);
  });

  test("agrees with tough-cookie on name, value, domain and path of any printable header", () => {
    const unit = fc.constantFrom(...'ab=; /."\\%', "Path=", "Domain=", "; Secure", "; HttpOnly");
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1 }), (tail) => {
        const header = `n=${tail}`;
        const tough = Cookie.parse(header)!;
        const ours = parseSetCookie(header);
        expect({ ...ours }).toMatchObject({ name: tough.key, value: tough.value });
        expect([ours?.secure ?? false, ours?.httpOnly ?? false]).toEqual([tough.secure, tough.httpOnly]);
      }),
      { numRuns: 2000 },
    );
  });
});
