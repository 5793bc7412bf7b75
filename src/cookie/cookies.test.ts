import { expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { cookies } from "./cookies.ts";

test.each([undefined, null, "request", {}])("a context that is none is told so: %o", (context) => {
  expect(() => cookies(context as object)).toThrow(ConfigError);
  expect(() => cookies(context as object)).toThrow("There are no cookies for this request.");
});
