import type { Browser } from "../verdict.ts";
import type { SettingRule } from "./rule.ts";

/** What names in any case of letters promise by their prefix. @see RFC 6265bis section 4.1.3 */
export const checkPrefix: SettingRule = ({ parsed, cookie, situation }, findings) => {
  const prefix = /^__(?:host-http|host|http|secure)-/i.exec(parsed.name)?.[0];
  if (prefix === undefined) return;
  const kind = prefix.toLowerCase();
  const refuse = (problem: string, fix: string, browsers?: readonly Browser[]) =>
    findings.refuse(
      "prefix",
      `A name that begins with ${prefix} ${problem}. The browser drops the cookie.`,
      fix,
      browsers,
    );
  if (!parsed.secure) refuse("needs Secure", "Add Secure.");
  if (kind.endsWith("http-") && !parsed.httpOnly) refuse("needs HttpOnly", "Add HttpOnly.");
  if (kind.endsWith("http-") && situation.isFromScript) {
    refuse("cannot be set by a script", "Set it by a Set-Cookie header.");
  }
  if (!kind.startsWith("__host-")) return;
  if (!cookie.hostOnly) refuse("must have no Domain", "Leave Domain out.");
  if (cookie.path !== "/") refuse("needs Path=/", "Write Path=/.");
  else if (parsed.path === undefined) {
    refuse("needs Path=/ in writing; Firefox takes the default of the front page for it", "Write Path=/.", [
      "chromium",
    ]);
  }
};
