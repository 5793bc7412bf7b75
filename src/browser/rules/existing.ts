import { domainMatches, isSameCookie, type KeptCookie, pathMatches } from "../kept-cookie.ts";
import { registrableDomain } from "../public-suffix.ts";
import type { SettingRule } from "./rule.ts";
import { isExpired } from "./lifetime.ts";

/** Cookies of one site that browsers keep; of more they throw away those that were not used for longest. */
const MAX_COOKIES = 180;

/** What the cookies that are there have to say. @see RFC 6265bis section 5.7, steps 16 and 24 */
export const checkExisting: SettingRule = ({ cookie, situation, existing }, findings) => {
  const namesakes = existing.filter(({ name }) => name === cookie.name);
  if (
    !cookie.secure &&
    !situation.isEncrypted &&
    !situation.isLoopback &&
    namesakes.some((other) => shadows(cookie, other))
  ) {
    findings.refuse(
      "overwrites-secure",
      "There is a Secure cookie of this name already. A page over plain http cannot replace or shadow it; browsers drop the new one.",
      "Set it over https with Secure, or use another name.",
    );
  }
  const replaced = namesakes.find((other) => isSameCookie(cookie, other));
  if (replaced?.httpOnly && situation.isFromScript) {
    findings.refuse(
      "overwrites-http-only",
      "There is an HttpOnly cookie of this name already, which a script cannot replace or delete.",
      "Replace it by a Set-Cookie header.",
    );
  }
  if (replaced !== undefined || isExpired(cookie, situation.now)) return;
  const twin = namesakes.find((other) => reaches(cookie, other) || reaches(other, cookie));
  if (twin !== undefined) {
    findings.warn(
      "second-cookie",
      "The browser has a cookie of this name for another domain or path, keeps both and sends both. Most servers take the first one.",
      "Delete the old one with its own Domain and Path, or use another name.",
    );
  }
  const site = registrableDomain(cookie.domain) ?? cookie.domain;
  const count = existing.filter(({ domain }) => (registrableDomain(domain) ?? domain) === site).length;
  if (count >= MAX_COOKIES) {
    findings.warn(
      "too-many-cookies",
      `The browser has ${count} cookies of this site. It keeps about ${MAX_COOKIES} and forgets those that were not used for longest.`,
      "Put what belongs together into one cookie, or on the server.",
    );
  }
};

/** Whether the new cookie would stand before or beside a Secure one wherever that is sent. */
function shadows(cookie: KeptCookie, other: KeptCookie): boolean {
  const isNear = domainMatches(cookie.domain, other.domain) || domainMatches(other.domain, cookie.domain);
  return other.secure && isNear && pathMatches(cookie.path, other.path);
}

/** Whether there are requests to the first one's own place with which the second is sent too. */
function reaches(cookie: KeptCookie, other: KeptCookie): boolean {
  const isHost = other.hostOnly ? cookie.domain === other.domain : domainMatches(cookie.domain, other.domain);
  return (
    isHost &&
    cookie.partition === other.partition &&
    (pathMatches(cookie.path, other.path) || pathMatches(other.path, cookie.path))
  );
}
