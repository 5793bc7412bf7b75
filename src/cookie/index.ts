export { bindCookies, cookies } from "./cookies.ts";
export type { CookieAttributes, SameSite } from "./attributes.ts";
export {
  type CookieHeader,
  findCookies,
  parseCookie,
  type ParseCookieOptions,
  parseCookiePairs,
  stringifyCookie,
} from "./cookie-header.ts";
export { CookieJar, type CookieJarOptions } from "./jar.ts";
export { parseSetCookie, type SetCookie } from "./parse-set-cookie.ts";
export {
  type DeletionAttributes,
  type SetCookieOptions,
  stringifyDeletion,
  stringifySetCookie,
} from "./set-cookie.ts";
export { dumpCookie, type WerkzeugCookieOptions } from "./werkzeug-dump.ts";
export {
  parseWerkzeugCookie,
  type ParseWerkzeugCookieOptions,
  type WerkzeugVersion,
} from "./werkzeug-parse.ts";
