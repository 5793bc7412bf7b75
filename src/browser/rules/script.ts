import type { SendingRule, SettingRule } from "./rule.ts";

/** HttpOnly is out of reach of scripts. @see RFC 6265bis section 5.7, step 13 */
export const checkScript: SettingRule = ({ parsed, situation }, findings) => {
  if (!parsed.httpOnly || !situation.isFromScript) return;
  findings.refuse(
    "http-only-from-script",
    "The cookie is HttpOnly and a script set it. Browsers drop it.",
    "Set it by a Set-Cookie header, or leave HttpOnly out.",
  );
};

/** @see RFC 6265bis section 5.8.3 */
export const sendsToScript: SendingRule = ({ cookie, situation }, findings) => {
  if (!cookie.httpOnly || !situation.isFromScript) return;
  findings.refuse(
    "http-only-from-script",
    "The cookie is HttpOnly, so document.cookie does not show it. It is sent with requests all the same.",
    "Let the server tell the script what it needs to know.",
  );
};
