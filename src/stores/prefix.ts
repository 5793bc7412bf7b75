import { ConfigError } from "../errors.ts";

/**
 * What the keys of a store begin with.
 *
 * @param form what it must match
 * @param rule the same in words, after "must be"
 * @throws ConfigError for what is no text, or not of that form
 */
export function checkedPrefix(
  prefix: unknown,
  store: string,
  form = /^/,
  rule = 'a text, as in prefix: "session:"',
): string {
  if (typeof prefix === "string" && form.test(prefix)) return prefix;
  throw new ConfigError(`The prefix of a ${store} must be ${rule}.`);
}
