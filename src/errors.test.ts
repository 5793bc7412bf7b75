import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
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
