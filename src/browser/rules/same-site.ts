import type { Browser } from "../verdict.ts";
import type { SendingRule, SettingRule } from "./rule.ts";

const CHROMIUM: readonly Browser[] = ["chromium"];
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
/** How long Chromium sends a new cookie without SameSite along with a POST that another site's page made the window send. */
const LAX_POST_SECONDS = 120;

/** May a response to another site's page set it? @see RFC 6265bis section 5.7, steps 15 to 18 */
export const checkSameSite: SettingRule = ({ parsed, situation }, findings) => {
  const { sameSite } = parsed;
  if (sameSite === "none" && !parsed.secure) {
    findings.refuse(
      "none-without-secure",
      "SameSite=None needs Secure. Browsers drop the cookie.",
      "Add Secure and serve over https, or write SameSite=Lax.",
    );
  }
  if (sameSite === undefined) {
    findings.note(
      "same-site-default",
      "There is no SameSite. Chromium takes it for Lax, but for two minutes sends the cookie with forms of other sites; Firefox takes it for None.",
      "Write SameSite=Lax, or SameSite=None with Secure where other sites need the cookie.",
    );
  }
  if (sameSite === "none" || !situation.isThirdParty) return;
  const [problem, browsers] =
    sameSite === undefined
      ? ["without SameSite, which Chromium takes for Lax, Chromium drops it", CHROMIUM]
      : situation.isOtherScheme
        ? [`with SameSite=${nameOf(sameSite)} Chromium drops it`, CHROMIUM]
        : [`with SameSite=${nameOf(sameSite)} browsers drop it`, undefined];
  findings.refuse(
    "same-site-set",
    `The cookie comes in an answer to ${pageOfAnotherSite(situation.isOtherScheme)}; ${problem}.`,
    situation.isOtherScheme
      ? "Use https for the page and for what it loads."
      : "Write SameSite=None; Secure if other sites' pages are to use it, or set it in a page of your own.",
    browsers,
  );
};

/** Is the request from where the cookie may be sent? @see RFC 6265bis section 5.8.3 */
export const sendsSameSite: SendingRule = ({ cookie, situation }, findings) => {
  const { sameSite } = cookie;
  if (sameSite === "none") return;
  const { isThirdParty, isOtherScheme, isFromOtherSite, isFromOtherScheme } = situation;
  const isSchemeAlone = isThirdParty ? isOtherScheme : isFromOtherScheme;
  const browsers = sameSite === undefined || isSchemeAlone ? CHROMIUM : undefined;
  const named =
    sameSite === undefined
      ? "has no SameSite, which Chromium takes for Lax,"
      : `is SameSite=${nameOf(sameSite)}`;
  if (isThirdParty) {
    findings.refuse(
      "same-site-page",
      `The cookie ${named} and the request comes from ${pageOfAnotherSite(isOtherScheme)}.`,
      isOtherScheme
        ? "Use https for the page and for what it loads."
        : "Set it with SameSite=None; Secure if other sites' pages are to use it.",
      browsers,
    );
  } else if (isFromOtherSite && sameSite === "strict") {
    findings.refuse(
      "same-site-strict",
      "The cookie is SameSite=Strict and another site's page started the request, by a link or a form.",
      "Write SameSite=Lax if visitors who follow a link are to be recognised.",
      browsers,
    );
  } else if (isFromOtherSite && !SAFE_METHODS.has(situation.method)) {
    if (sameSite === undefined && isYoung(cookie.created, situation.now)) {
      findings.warn(
        "lax-post",
        "Another site's page made the request. Chromium sends a cookie without SameSite with it in its first two minutes, and not later.",
        "Write SameSite=Lax to have it never sent so, or SameSite=None; Secure to have it always sent.",
        CHROMIUM,
      );
      return;
    }
    findings.refuse(
      "same-site-lax",
      `The cookie ${named} and another site's page made the request with ${situation.method}.`,
      "Let the other site come with GET, or set the cookie with SameSite=None; Secure and guard against forged requests.",
      browsers,
    );
  }
};

function isYoung(created: Date, now: Date): boolean {
  return now.getTime() - created.getTime() < LAX_POST_SECONDS * 1000;
}

function nameOf(sameSite: string): string {
  return sameSite[0]!.toUpperCase() + sameSite.slice(1).toLowerCase();
}

function pageOfAnotherSite(isOtherScheme: boolean): string {
  return isOtherScheme
    ? "a page of the same host over the other one of http and https, which Chromium takes for another site"
    : "another site's page";
}
