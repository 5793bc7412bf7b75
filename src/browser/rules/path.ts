import { pathMatches } from "../kept-cookie.ts";
import { isExpired } from "./lifetime.ts";
import type { SettingRule } from "./rule.ts";

/** Below which path the cookie is sent. @see RFC 6265bis section 5.1.4 */
export const checkPath: SettingRule = ({ parsed, cookie, situation }, findings) => {
  const { pathname } = situation.url;
  if (cookie.path.includes("\t")) {
    findings.refuse("tab", "The Path holds a tab. Firefox drops the cookie.", "Percent-encode the Path.", [
      "firefox",
    ]);
  }
  if (parsed.path === undefined && cookie.path !== "/") {
    findings.warn(
      "default-path",
      `There is no Path, so the cookie goes to ${cookie.path} and below it alone: the folder of the page that set it.`,
      "Write Path=/ for the whole site.",
    );
  } else if (!pathMatches(pathname, cookie.path) && !isExpired(cookie, situation.now)) {
    findings.warn(
      "path-elsewhere",
      `The cookie is for ${cookie.path} and below it, and ${pathname} is not. Browsers store it, and do not send it back here.`,
      "Write Path=/, or the path where the cookie is needed.",
    );
  } else if (cookie.path !== "/" && cookie.path.endsWith("/")) {
    findings.warn(
      "path-with-slash",
      `Path=${cookie.path} does not match ${cookie.path.slice(0, -1)} without the slash at its end.`,
      `Write Path=${cookie.path.slice(0, -1)}, which matches both.`,
    );
  }
};
