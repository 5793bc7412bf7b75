import { MAX_ATTRIBUTE_BYTES } from "../../cookie/attributes.ts";
import { parseCookieDate } from "../../cookie/cookie-date.ts";
import type { Findings } from "../verdict.ts";
import { writtenAttributes } from "../written-attributes.ts";

/** What is wrong with the value of an attribute, that makes browsers read another one; undefined where nothing is. */
type Check = (value: string) => string | undefined;

const flag: Check = () => undefined;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["secure", flag],
  ["httponly", flag],
  ["partitioned", flag],
  // Chromium's own: which cookies go first when there are too many.
  ["priority", flag],
  ["domain", flag],
  ["path", (value) => (value === "" || value.startsWith("/") ? undefined : 'does not begin with "/"')],
  ["expires", (value) => (parseCookieDate(value) ? undefined : "holds no date that browsers can read")],
  ["max-age", (value) => (/^-?[0-9]+$/.test(value) ? undefined : "is no whole number of seconds")],
  ["samesite", (value) => (/^(?:strict|lax|none)$/i.test(value) ? undefined : "is not Strict, Lax or None")],
]);

/** Attributes that browsers ignore, or read otherwise than they were meant. @see RFC 6265bis section 5.6 */
export function checkAttributes(header: string, findings: Findings): void {
  const seen = new Set<string>();
  for (const [written, value] of writtenAttributes(header)) {
    const name = written.toLowerCase();
    const check = CHECKS.get(name);
    const problem = check?.(value);
    if (check === undefined) {
      findings.warn(
        "unknown-attribute",
        `${shown(written)} is no attribute that browsers know. They ignore it.`,
        "The attributes are Domain, Path, Expires, Max-Age, Secure, HttpOnly, SameSite and Partitioned. A value must not hold a semicolon.",
      );
    } else if (value.length > MAX_ATTRIBUTE_BYTES) {
      findings.warn(
        "attribute-too-large",
        `${written} has ${value.length} bytes. Browsers ignore an attribute of more than ${MAX_ATTRIBUTE_BYTES}.`,
        `Shorten ${written}.`,
      );
    } else if (name === "max-age" && /^\+[0-9]+$/.test(value)) {
      findings.warn(
        "ignored-attribute",
        `${written} begins with a plus sign. Chromium reads the number behind it; Firefox goes on as if it were not there.`,
        `Write ${written} without a sign.`,
      );
    } else if (problem !== undefined) {
      findings.warn(
        "ignored-attribute",
        `${written} ${problem}. Browsers go on as if it were not there.`,
        `Mend ${written}, or leave it out.`,
      );
    } else if (/,\s*[^\s=;,]+=/.test(value)) {
      findings.warn(
        "joined-headers",
        `After a comma, ${written} goes on as a cookie does. Browsers see one cookie here, not two.`,
        "Send one Set-Cookie header per cookie; they must not be joined with commas.",
      );
    }
    if (check !== undefined && seen.has(name)) {
      findings.warn(
        "repeated-attribute",
        `${written} is there more than once. The last one counts.`,
        `Write ${written} once.`,
      );
    }
    seen.add(name);
  }
}

/** An unknown attribute may be the rest of a value, so it is shown only if it looks like an attribute's name. */
function shown(name: string): string {
  return /^[a-z][a-z_-]{1,15}$/i.test(name) ? name : "What stands after a semicolon";
}
