import { parseSetCookie, type SetCookie } from "../cookie/index.ts";
import { MAX_COOKIE_LIFETIME } from "../cookie/attributes.ts";
import { parseCookieDate } from "../cookie/cookie-date.ts";
import type { ResponseContext } from "./context.ts";
import { defaultPath, isIpAddress, isSameCookie, type KeptCookie } from "./kept-cookie.ts";
import { isPublicSuffix } from "./public-suffix.ts";
import { checkAttributes } from "./rules/attributes.ts";
import { checkDomain } from "./rules/domain.ts";
import { checkExisting } from "./rules/existing.ts";
import { checkLifetime, isExpired } from "./rules/lifetime.ts";
import { checkPartitioned } from "./rules/partitioned.ts";
import { checkPath } from "./rules/path.ts";
import { checkPrefix } from "./rules/prefix.ts";
import type { SettingRule } from "./rules/rule.ts";
import { checkSameSite } from "./rules/same-site.ts";
import { checkScript } from "./rules/script.ts";
import { checkSecure } from "./rules/secure.ts";
import { checkSyntax } from "./rules/syntax.ts";
import { type Situation, situationOf } from "./situation.ts";
import { BROWSERS, Findings, type SetCookieVerdict } from "./verdict.ts";
import { writtenAttributes } from "./written-attributes.ts";

const RULES: readonly SettingRule[] = [
  checkSecure,
  checkPrefix,
  checkDomain,
  checkPath,
  checkSameSite,
  checkPartitioned,
  checkScript,
  checkExisting,
  checkLifetime,
];

/**
 * What Chromium and Firefox make of a `Set-Cookie` header, or of what a script assigns to `document.cookie`: whether they store the
 * cookie, why not, and what else its author may not have meant. The header is text of one character per byte.
 *
 * ```ts
 * judgeSetCookie("id=1; Secure", { url: "http://example.com" }).findings[0].message;
 * // "The cookie is Secure and came over plain http. Browsers drop it."
 * ```
 *
 * @throws ConfigError for a URL that is none of http or https
 * @see docs/browsers.md
 */
export function judgeSetCookie(header: string, context: ResponseContext): SetCookieVerdict {
  const situation = situationOf(context);
  const findings = new Findings();
  checkSyntax(header, findings);
  checkAttributes(header, findings);
  const parsed = parseSetCookie(header);
  if (parsed === undefined) return { stored: false, storedBy: [], findings: findings.list };
  const attributes = writtenAttributes(header);
  const written = new Map(attributes.map(([name, value]) => [name.toLowerCase(), value]));
  const cookie = keptCookie(parsed, written, situation);
  const existing = context.existing ?? [];
  for (const rule of RULES) rule({ parsed, written, cookie, situation, existing }, findings);
  const { acceptedBy, list } = findings;
  const replaced =
    acceptedBy.length === 0 ? undefined : existing.find((other) => isSameCookie(cookie, other));
  const replaces = replaced === undefined ? {} : { replaces: replaced };
  if (acceptedBy.length === 0 || isExpired(cookie, situation.now)) {
    return { stored: false, storedBy: [], findings: list, ...replaces };
  }
  const created = replaced?.created ?? cookie.created;
  return {
    stored: acceptedBy.length === BROWSERS.length,
    storedBy: acceptedBy,
    findings: list,
    cookie: { ...cookie, created },
    ...replaces,
  };
}

function keptCookie(
  parsed: SetCookie,
  written: ReadonlyMap<string, string>,
  situation: Situation,
): KeptCookie {
  const { name, value, domain, path = defaultPath(situation.url.pathname), sameSite } = parsed;
  const hostOnly =
    domain === undefined || (domain === situation.host && (isIpAddress(domain) || isPublicSuffix(domain)));
  return {
    name,
    value,
    domain: domain ?? situation.host,
    hostOnly,
    path,
    secure: parsed.secure ?? false,
    httpOnly: parsed.httpOnly ?? false,
    sameSite: sameSite?.toLowerCase() as KeptCookie["sameSite"],
    expires: expiryOf(parsed, written, situation.now),
    created: situation.now,
    partition: parsed.partitioned ? situation.topLevelSite : undefined,
    embeddedBelow: isEmbedded(situation) && !parsed.partitioned ? situation.topLevelSite : undefined,
  };
}

/** To Firefox http and https of one host are not two sites here. */
function isEmbedded({ isThirdParty, isOtherScheme }: Situation): boolean {
  return isThirdParty && !isOtherScheme;
}

function expiryOf(
  { maxAge, expires }: SetCookie,
  written: ReadonlyMap<string, string>,
  now: Date,
): Date | undefined {
  const latest = now.getTime() + MAX_COOKIE_LIFETIME * 1000;
  // Where the last one is unreadable, browsers do not go back to an earlier one.
  const isNumber = /^-?[0-9]+$/.test(written.get("max-age") ?? "");
  if (maxAge !== undefined && isNumber) return new Date(maxAge <= 0 ? 0 : now.getTime() + maxAge * 1000);
  const isDate = parseCookieDate(written.get("expires") ?? "") !== undefined;
  return expires && isDate ? new Date(Math.min(expires.getTime(), latest)) : undefined;
}
