import { MAX_COOKIE_LIFETIME } from "../../cookie/attributes.ts";
import type { KeptCookie } from "../kept-cookie.ts";
import { isSameCookie } from "../kept-cookie.ts";
import type { Findings } from "../verdict.ts";
import type { SendingRule, Setting, SettingRule } from "./rule.ts";

/** Until when it is kept. @see RFC 6265bis sections 5.6.1, 5.6.2 and 5.7 */
export const checkLifetime: SettingRule = (setting, findings) => {
  const { parsed, cookie, situation } = setting;
  if (parsed.expires !== undefined && parsed.maxAge !== undefined) {
    if (parsed.expires > situation.now !== parsed.maxAge > 0) {
      findings.warn(
        "max-age-wins",
        "Max-Age and Expires contradict each other: one deletes the cookie, the other keeps it. Max-Age counts.",
        "Write one of the two, or the same moment in both.",
      );
    }
  }
  if (isExpired(cookie, situation.now)) {
    checkDeletion(setting, findings);
  } else if (secondsWanted(setting) > MAX_COOKIE_LIFETIME) {
    findings.note(
      "lifetime-cut",
      "Browsers keep a cookie for at most 400 days, whatever it asks for.",
      "Set the cookie anew before 400 days are over.",
    );
  }
};

/** @see RFC 6265bis section 5.8.3 */
export const sendsUnexpired: SendingRule = ({ cookie, situation }, findings) => {
  if (!isExpired(cookie, situation.now)) return;
  findings.refuse(
    "expired",
    "The cookie has expired, and browsers have forgotten it.",
    "Give it a longer Max-Age, or set it anew whenever it is used.",
  );
};

export function isExpired({ expires }: KeptCookie, now: Date): boolean {
  return expires !== undefined && expires <= now;
}

function secondsWanted({ parsed, written, cookie, situation }: Setting): number {
  if (cookie.expires === undefined) return 0;
  if (parsed.maxAge !== undefined) return Number(written.get("max-age"));
  if (parsed.expires === undefined) return 0;
  return (parsed.expires.getTime() - situation.now.getTime()) / 1000;
}

/** A deletion that names another domain or path than the cookie deletes nothing. */
function checkDeletion({ cookie, existing }: Setting, findings: Findings): void {
  const namesakes = existing.filter(({ name }) => name === cookie.name);
  if (namesakes.length === 0 || namesakes.some((other) => isSameCookie(cookie, other))) {
    findings.note(
      "deletion",
      "The cookie expires at once: this deletes it from the browser.",
      "If the cookie is to be kept, mend Max-Age or Expires.",
    );
    return;
  }
  for (const other of namesakes) {
    findings.warn(
      "deletion-misses",
      `This deletes nothing: the browser has a cookie of this name for ${placeOf(other)}, and this one is for ${placeOf(cookie)}.`,
      "Delete a cookie with the Domain, Path and Partitioned with which it was set.",
    );
  }
}

function placeOf({ domain, hostOnly, path, partition }: KeptCookie): string {
  const host = hostOnly ? `${domain} alone` : `${domain} and its subdomains`;
  return `${host} with Path=${path}${partition === undefined ? "" : ", Partitioned"}`;
}
