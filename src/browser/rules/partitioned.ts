import type { Browser } from "../verdict.ts";
import type { SendingRule, SettingRule } from "./rule.ts";

const CHROMIUM: readonly Browser[] = ["chromium"];
const FIREFOX: readonly Browser[] = ["firefox"];

/** Cookies in the pages of other sites: one jar for each site in the address bar, or none. @see CHIPS */
export const checkPartitioned: SettingRule = ({ parsed, situation }, findings) => {
  if (parsed.partitioned && !parsed.secure) {
    findings.refuse(
      "partitioned-without-secure",
      "A Partitioned cookie needs Secure. Browsers drop it.",
      "Add Secure and serve over https.",
    );
  }
  if (!situation.isThirdParty) {
    if (!parsed.partitioned) return;
    findings.note(
      "partitioned-first-party",
      "The cookie is Partitioned and set in a page of its own site. Pages of other sites that embed this one do not get it.",
      "Leave Partitioned out where the cookie is for your own pages.",
    );
  } else if (!parsed.partitioned) {
    if (situation.thirdPartyCookies === "blocked") {
      findings.refuse(
        "third-party-blocked",
        "The cookie is another site's than the one in the address bar, and the user blocks those. Chromium drops it.",
        "Add Partitioned if one cookie for each embedding site will do, or ask by the Storage Access API.",
        CHROMIUM,
      );
    }
    if (situation.isOtherScheme) return;
    findings.note(
      "third-party-partitioned",
      "The cookie is another site's than the one in the address bar. Firefox keeps one for each site in the address bar, as with Partitioned.",
      "Add Partitioned to have the same in Chromium.",
      FIREFOX,
    );
  }
};

/** Whose pages get it. */
export const sendsToPartition: SendingRule = ({ cookie, situation }, findings) => {
  const { partition, embeddedBelow } = cookie;
  const { topLevelSite } = situation;
  if (partition !== undefined) {
    if (partition === topLevelSite) return;
    findings.refuse(
      "other-partition",
      `The cookie is Partitioned and was set below ${partition}; ${topLevelSite} in the address bar has a jar of its own.`,
      "Set it there too, or leave Partitioned out.",
    );
    return;
  }
  if (situation.isThirdParty && situation.thirdPartyCookies === "blocked") {
    findings.refuse(
      "third-party-blocked",
      "The cookie is another site's than the one in the address bar, and the user blocks those.",
      "Add Partitioned if one cookie for each embedding site will do, or ask by the Storage Access API.",
      CHROMIUM,
    );
  }
  if (embeddedBelow !== undefined) {
    if (embeddedBelow === topLevelSite) return;
    findings.refuse(
      "other-partition",
      `The cookie was set below ${embeddedBelow}; in Firefox ${topLevelSite} in the address bar has a jar of its own.`,
      "Set it there too, or ask by the Storage Access API.",
      FIREFOX,
    );
  } else if (situation.isThirdParty && !situation.isOtherScheme) {
    findings.refuse(
      "third-party-partitioned",
      "The cookie was set in a page of its own site. In other sites' pages Firefox has another jar, one for each site in the address bar.",
      "Set it again there with Partitioned, or ask by the Storage Access API.",
      FIREFOX,
    );
  }
};
