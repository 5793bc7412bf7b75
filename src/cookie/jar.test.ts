import { CookieJar as BrowserJar } from "tough-cookie";
import { describe, expect, test } from "vitest";
import { CookieError, HeadersSentError, TooLargeError } from "../errors.ts";
import type { CookieAttributes } from "./attributes.ts";
import { CookieJar } from "./jar.ts";
import { parseSetCookie } from "./parse-set-cookie.ts";

const NOW = Date.UTC(2026, 10, 20, 18, 40);
const clock = { now: () => NOW };
const DAY = 24 * 60 * 60;

describe("reading", () => {
  const jar = new CookieJar(["theme=dark; a=1", "a=2; __proto__=3"]);

  test("tells what the browser sent, the first value of a repeated name", () => {
    expect(jar.get("theme")).toBe("dark");
    expect(jar.get("a")).toBe("1");
    expect(jar.get("lang")).toBeUndefined();
    expect(jar.get("valueOf")).toBeUndefined();
  });

  test("tells all values of a name, and whether there is one", () => {
    expect(jar.getAll("a")).toEqual(["1", "2"]);
    expect(jar.getAll("lang")).toEqual([]);
    expect([jar.has("a"), jar.has("__proto__"), jar.has("lang")]).toEqual([true, true, false]);
  });

  test("decodes on request, and leaves what cannot be decoded", () => {
    const cities = new CookieJar("city=K%C3%B6ln; city=%E0%A4%A");
    const decode = decodeURIComponent;
    expect([cities.get("city", { decode }), cities.get("lang", { decode })]).toEqual(["Köln", undefined]);
    expect(cities.getAll("city", { decode })).toEqual(["Köln", "%E0%A4%A"]);
  });

  test("iterates over all cookies in the browser's order", () => {
    expect([...jar]).toEqual([
      ["theme", "dark"],
      ["a", "1"],
      ["a", "2"],
      ["__proto__", "3"],
    ]);
  });

  test("never tells what this response sets", () => {
    const changed = new CookieJar("a=1");
    changed.set("a", "2");
    changed.set("b", "3");
    expect([...changed]).toEqual([["a", "1"]]);
    changed.delete("a");
    expect(changed.get("a")).toBe("1");
  });

  test("works without any header", () => {
    expect(new CookieJar(undefined).get("a")).toBeUndefined();
    expect([...new CookieJar(undefined)]).toEqual([]);
  });
});

describe("changing", () => {
  test("sets a cookie for the whole host unless a path is given", () => {
    const jar = new CookieJar(undefined);
    jar.set("a", "1");
    jar.set("b", "2", { path: "/app", maxAge: 60 });
    expect(jar.setCookies()).toEqual(["a=1; Path=/", "b=2; Max-Age=60; Path=/app"]);
  });

  test("cuts lifetimes to 400 days", () => {
    const jar = new CookieJar(undefined, { clock });
    const limit = 400 * DAY;
    jar.set("a", "1", { maxAge: limit + 1, expires: new Date(NOW + limit * 1000 + 1) });
    const cookie = parseSetCookie(jar.setCookies()[0]!);
    expect(cookie).toMatchObject({ maxAge: limit, expires: new Date(NOW + limit * 1000) });
  });

  test("leaves the caller's attributes alone", () => {
    const attributes = Object.freeze({ maxAge: 500 * DAY });
    new CookieJar(undefined).set("a", "1", attributes);
    expect(attributes).toEqual({ maxAge: 500 * DAY });
  });

  test("refuses what a browser would drop and then sends nothing of it", () => {
    const jar = new CookieJar(undefined);
    expect(() => jar.set("a", "1; b=2")).toThrow(CookieError);
    expect(() => jar.set("a", "1", { maxAge: Infinity })).toThrow(CookieError);
    expect(() => jar.set("a", "1", { expires: "soon" as unknown as Date })).toThrow(CookieError);
    expect(() => jar.set("__Host-a" as string, "1")).toThrow(CookieError);
    expect(() => jar.set("a", "x".repeat(4096))).toThrow(TooLargeError);
    expect(jar.setCookies()).toEqual([]);
  });

  test("sends one header for each name, domain and path, in its last state", () => {
    const jar = new CookieJar(undefined);
    jar.set("a", "1");
    jar.set("a", "2");
    jar.set("A", "3");
    jar.set("a", "4", { path: "/app" });
    jar.set("a", "5", { domain: "example.com" });
    jar.set("a", "6", { domain: ".EXAMPLE.com" });
    jar.delete("a");
    expect(jar.setCookies()).toEqual([
      "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/",
      "A=3; Path=/",
      "a=4; Path=/app",
      "a=6; Domain=example.com; Path=/",
    ]);
  });

  test("counts headers that were made elsewhere among its own", () => {
    const jar = new CookieJar(undefined);
    jar.put({ name: "session", path: "/" }, "session=old; Path=/");
    jar.set("session", "mine");
    jar.put({ name: "session", path: "/" }, "session=new; Path=/");
    jar.put(
      { name: "session", domain: ".Example.com", path: "/" },
      "session=wide; Domain=example.com; Path=/",
    );
    expect(jar.setCookies()).toEqual(["session=new; Path=/", "session=wide; Domain=example.com; Path=/"]);
  });

  test("takes headers made elsewhere with any domain", () => {
    const jar = new CookieJar(undefined);
    jar.put({ name: "a", domain: "bücher.example" }, "a=1; Domain=xn--bcher-kva.example");
    expect(jar.setCookies()).toEqual(["a=1; Domain=xn--bcher-kva.example"]);
  });

  test("is refused once the headers have left", () => {
    const jar = new CookieJar("a=1");
    jar.set("a", "2");
    jar.seal();
    expect(() => jar.set("b", "3")).toThrow(HeadersSentError);
    expect(() => jar.delete("a")).toThrow(HeadersSentError);
    expect(jar.setCookies()).toEqual(["a=2; Path=/"]);
    expect(jar.get("a")).toBe("1");
  });
});

describe("deleting in a browser", () => {
  test.each<[string, CookieAttributes]>([
    ["a", {}],
    ["a", { path: "/app" }],
    ["a", { domain: "example.com", secure: true }],
    ["a", { domain: ".example.com", path: "/app/deep", secure: true, httpOnly: true, sameSite: "strict" }],
    ["a", { secure: true, partitioned: true, sameSite: "none" }],
    ["__Secure-a", { secure: true, domain: "example.com" }],
    ["__Host-a", { secure: true }],
    ["__Host-Http-a", { secure: true, httpOnly: true, sameSite: "lax", partitioned: true }],
  ])("leaves nothing of %s with %j", async (name, attributes) => {
    const browser = new BrowserJar(undefined, { prefixSecurity: "strict" });
    const url = "https://www.example.com/app/deep/page";
    const visit = async (change: (jar: CookieJar) => void): Promise<string[]> => {
      const jar = new CookieJar(await browser.getCookieString(url));
      change(jar);
      for (const header of jar.setCookies())
        await browser.setCookie(header, url, { sameSiteContext: "strict" });
      await browser.getCookies(url); // tough-cookie drops expired cookies when it looks for some
      return (await browser.serialize()).cookies.map((cookie) => cookie.key!);
    };
    expect(await visit((jar) => jar.set(name, "value", { ...attributes, maxAge: 60 }))).toEqual([name]);
    expect(await visit((jar) => jar.delete(name, attributes))).toEqual([]);
  });
});
