import type { SendingRule, SettingRule } from "./rule.ts";

/** Secure cookies need https. @see RFC 6265bis section 5.7, step 12 */
export const checkSecure: SettingRule = ({ parsed, situation }, findings) => {
  if (!parsed.secure || situation.isEncrypted) return;
  if (!situation.isLoopback) {
    findings.refuse(
      "secure-over-http",
      "The cookie is Secure and came over plain http. Browsers drop it.",
      "Serve the site over https. Behind a proxy that ends TLS, open the site by its https address. On your own machine use http://localhost.",
    );
  } else {
    findings.note(
      "secure-on-localhost",
      "The cookie is Secure and came over plain http, which browsers accept from this machine alone.",
      "Use https where the site is served to others.",
    );
  }
};

/** @see RFC 6265bis section 5.8.3 */
export const sendsSecure: SendingRule = ({ cookie, situation }, findings) => {
  if (!cookie.secure || situation.isEncrypted || situation.isLoopback) return;
  findings.refuse(
    "secure-over-http",
    "The cookie is Secure and the request goes over plain http.",
    "Open the page over https, and redirect http to https.",
  );
};
