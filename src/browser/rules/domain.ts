import { domainMatches, isIpAddress } from "../kept-cookie.ts";
import { isPublicSuffix } from "../public-suffix.ts";
import type { SettingRule } from "./rule.ts";

/** Who gets the cookie. @see RFC 6265bis section 5.7, steps 8 to 10 */
export const checkDomain: SettingRule = ({ parsed, written, situation }, findings) => {
  const { domain } = parsed;
  const { host } = situation;
  if (written.get("domain") === ".") {
    findings.refuse(
      "domain-mismatch",
      "The Domain is a dot and nothing else. Browsers drop the cookie.",
      "Leave Domain out, or name the host itself or a domain above it.",
    );
  }
  if (domain === undefined) return;
  if (domain === host) {
    if (isIpAddress(host) || isPublicSuffix(host)) return;
    findings.note(
      "domain-opens",
      `With Domain=${domain} every subdomain of ${domain} gets the cookie too. Without Domain, ${host} alone does.`,
      "Leave Domain out unless subdomains need the cookie.",
    );
  } else if (isIpAddress(host)) {
    findings.refuse(
      "domain-on-ip",
      `The host is an IP address, and the Domain ${domain} is another one. Browsers drop the cookie.`,
      "Leave Domain out, or open the site by its name.",
    );
  } else if (!domainMatches(host, domain)) {
    findings.refuse(
      "domain-mismatch",
      `${host} set a cookie for the Domain ${domain}, which is neither ${host} nor above it. Browsers drop the cookie.`,
      "Leave Domain out, or name the host itself or a domain above it.",
    );
  } else if (isPublicSuffix(domain)) {
    findings.refuse(
      "public-suffix",
      `Below ${domain} everybody can have a site (it is on the public suffix list, or has no dot). Browsers drop a cookie for all of them.`,
      "Leave Domain out, or name a domain that is yours.",
    );
  } else {
    findings.note(
      "domain-opens",
      `With Domain=${domain} every host below ${domain} gets the cookie, and can set one of the same name.`,
      `Leave Domain out where ${host} alone needs it.`,
    );
  }
};
