import { expect, test, vi } from "vitest";
import { ConfigError } from "../errors.ts";
import { cookies } from "./cookies.ts";

test("a request's cookies are known to every copy of the library that a framework bundles", async () => {
  const copy = async () => {
    vi.resetModules();
    return { ...(await import("./cookies.ts")), ...(await import("./jar.ts")) };
  };
  const [first, second] = [await copy(), await copy()];
  const context = {};
  const jar = new first.CookieJar("theme=dark");
  first.bindCookies(context, jar);
  expect(second.cookies).not.toBe(first.cookies);
  expect(second.cookies(context)).toBe(jar);
});

test.each([undefined, null, "request", {}])("a context that is none is told so: %o", (context) => {
  expect(() => cookies(context as object)).toThrow(ConfigError);
  expect(() => cookies(context as object)).toThrow("There are no cookies for this request.");
});
