import type { SetInAnswer } from "./visit.ts";

const NAME = /sess|(?:^|[._-])s?id$|^sid|auth|jwt|token|login|remember|connect\.sid/i;
/** Readable by scripts on purpose. */
const CSRF = /csrf|xsrf/i;
/** A short value is no ID that could not be guessed. */
const MIN_LENGTH = 16;

/** Whether whoever has the cookie is taken for its visitor, as far as its name and its value show. */
export function isSessionLike({ name, value }: Pick<SetInAnswer, "name" | "value">): boolean {
  return NAME.test(name) && !CSRF.test(name) && value.length >= MIN_LENGTH;
}
