export type { RequestContext, ResponseContext } from "./context.ts";
export { judgeCookieHeader } from "./judge-cookie-header.ts";
export { judgeSending } from "./judge-sending.ts";
export { judgeSetCookie } from "./judge-set-cookie.ts";
export type { KeptCookie } from "./kept-cookie.ts";
export { BROWSERS, type Finding, type SetCookieVerdict } from "./verdict.ts";
