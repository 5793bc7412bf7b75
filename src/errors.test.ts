import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { build } from "esbuild";
import { describe, expect, test, vi } from "vitest";
import type * as Errors from "./errors.ts";

type Made = [string, (errors: typeof Errors) => Error];

const MADE: readonly Made[] = [
  ["ConfigError", ({ ConfigError }) => new ConfigError("weak", "SECRET_WEAK")],
  ["CookieError", ({ CookieError }) => new CookieError("name")],
  ["TooLargeError", ({ TooLargeError }) => new TooLargeError("large", 2, 1, [])],
  ["DataError", ({ DataError }) => new DataError("UNREPRESENTABLE", "n", "is unclear")],
  ["MalformedError", ({ MalformedError }) => new MalformedError("text")],
  ["HeadersSentError", ({ HeadersSentError }) => new HeadersSentError("session.data")],
  ["StoreError", ({ StoreError }) => new StoreError("CONFLICT", "busy")],
  ["GoneError", ({ GoneError }) => new GoneError("session.update")],
  ["UnauthorizedError", ({ UnauthorizedError }) => new UnauthorizedError("NEEDS_REFRESH")],
  ["BadData", ({ BadData }) => new BadData("bad")],
  ["BadPayload", ({ BadPayload }) => new BadPayload("bad")],
  ["BadSignature", ({ BadSignature }) => new BadSignature("bad")],
  ["BadTimeSignature", ({ BadTimeSignature }) => new BadTimeSignature("bad")],
  ["SignatureExpired", ({ SignatureExpired }) => new SignatureExpired("old")],
];

test("errors keep their names in an application that is minified", async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("errors.ts", import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  const minified = (await import(
    `data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`
  )) as typeof Errors;
  const named = MADE.filter(([name, make]) => make(minified).name === name).map(([name]) => name);
  expect(named).toEqual(MADE.map(([name]) => name));
  expect(Object.keys(minified).toSorted()).toEqual(["HipflaskError", ...named].toSorted());
});

describe("of two copies of the library in one process", () => {
  const copy = async (): Promise<typeof Errors> => {
    vi.resetModules();
    return import("./errors.ts");
  };

  test.each(MADE)("each knows the other's %s, and takes it for no other error", async (name, make) => {
    const [first, second] = [await copy(), await copy()];
    expect(first.HipflaskError).not.toBe(second.HipflaskError);
    const kindsIn = (errors: typeof Errors, error: unknown): string[] =>
      Object.entries(errors)
        .filter(([, kind]) => typeof kind === "function" && error instanceof kind)
        .map(([kind]) => kind);
    const known = kindsIn(first, make(first));
    expect(known).toEqual(expect.arrayContaining(["HipflaskError", name]));
    expect(kindsIn(second, make(first))).toEqual(known);
  });

  test("each knows the other's cookies of a request", async () => {
    const cookiesOf = async () => {
      vi.resetModules();
      return { ...(await import("./cookie/cookies.ts")), ...(await import("./cookie/jar.ts")) };
    };
    const [first, second] = [await cookiesOf(), await cookiesOf()];
    const context = {};
    const jar = new first.CookieJar("theme=dark");
    first.bindCookies(context, jar);
    expect(second.cookies).not.toBe(first.cookies);
    expect(second.cookies(context)).toBe(jar);
  });

  test("neither takes anything else for an error of its own", async () => {
    const { HipflaskError, StoreError } = await copy();
    const fake = Object.assign(new Error("fake"), { name: "StoreError", code: "STORE_UNAVAILABLE" });
    for (const other of [fake, { name: "StoreError" }, "StoreError", 1, null, undefined, () => undefined])
      expect([other instanceof StoreError, other instanceof HipflaskError]).toEqual([false, false]);
  });

  test("an application's own error is what it was derived from, and nothing else is that error", async () => {
    const [{ HipflaskError, StoreError }, other] = [await copy(), await copy()];
    class Outage extends StoreError {}
    const outage = new Outage("STORE_UNAVAILABLE", "out");
    expect([outage instanceof Outage, outage instanceof StoreError, outage instanceof HipflaskError]).toEqual(
      [true, true, true],
    );
    expect([outage instanceof other.StoreError, outage instanceof other.GoneError]).toEqual([true, false]);
    expect(new StoreError("STORE_UNAVAILABLE", "out") instanceof Outage).toBe(false);
    expect(new other.StoreError("STORE_UNAVAILABLE", "out") instanceof Outage).toBe(false);
  });

  test("what an error shows is no more than before", async () => {
    const { GoneError } = await copy();
    expect(Object.keys(new GoneError("it")).toSorted()).toEqual(["code", "retryable", "status"]);
    expect(inspect(new GoneError("it"))).not.toContain("hipflask.error");
  });
});
