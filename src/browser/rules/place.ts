import { domainMatches, pathMatches } from "../kept-cookie.ts";
import type { SendingRule } from "./rule.ts";

/** Does it belong to the host and the path? @see RFC 6265bis section 5.8.3 */
export const sendsToPlace: SendingRule = ({ cookie, situation }, findings) => {
  const { host } = situation;
  const { pathname } = situation.url;
  if (cookie.hostOnly && host !== cookie.domain) {
    findings.refuse(
      "other-host",
      `The cookie is for ${cookie.domain} alone, because it was set without Domain, and the request goes to ${host}.`,
      domainMatches(host, cookie.domain)
        ? `Set it with Domain=${cookie.domain} if subdomains are to have it.`
        : "Set it from the host that needs it.",
    );
  } else if (!cookie.hostOnly && !domainMatches(host, cookie.domain)) {
    findings.refuse(
      "domain-mismatch",
      `The cookie is for ${cookie.domain} and what is below it, and the request goes to ${host}.`,
      "Set it from the host that needs it, or for a domain above both.",
    );
  }
  if (!pathMatches(pathname, cookie.path)) {
    findings.refuse(
      "path-mismatch",
      `The cookie is for ${cookie.path} and what is below it, and the request goes to ${pathname}.`,
      "Set it with Path=/ for the whole site.",
    );
  }
};
