import type { RequestContext } from "./context.ts";
import type { KeptCookie } from "./kept-cookie.ts";
import { sendsUnexpired } from "./rules/lifetime.ts";
import { sendsToPartition } from "./rules/partitioned.ts";
import { sendsToPlace } from "./rules/place.ts";
import type { SendingRule } from "./rules/rule.ts";
import { sendsSameSite } from "./rules/same-site.ts";
import { sendsToScript } from "./rules/script.ts";
import { sendsSecure } from "./rules/secure.ts";
import { situationOf } from "./situation.ts";
import { BROWSERS, Findings, type SendingVerdict } from "./verdict.ts";

const RULES: readonly SendingRule[] = [
  sendsUnexpired,
  sendsToPlace,
  sendsSecure,
  sendsSameSite,
  sendsToPartition,
  sendsToScript,
];

/**
 * Whether Chromium and Firefox send a cookie with a request, or show it to a script that reads `document.cookie`, and why not.
 *
 * ```ts
 * const { cookie } = judgeSetCookie("id=1; SameSite=Strict", { url: "https://example.com/" });
 * judgeSending(cookie, { url: "https://example.com/", initiator: "https://other.example" }).sent; // false
 * ```
 *
 * @throws ConfigError for a URL that is none of http or https
 * @see docs/browsers.md
 */
export function judgeSending(cookie: KeptCookie, context: RequestContext): SendingVerdict {
  const situation = situationOf(context);
  const findings = new Findings();
  for (const rule of RULES) rule({ cookie, situation }, findings);
  const { acceptedBy, list } = findings;
  return { sent: acceptedBy.length === BROWSERS.length, sentBy: acceptedBy, findings: list };
}
