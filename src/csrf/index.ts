export { type CheckedRequest, type CrossOrigin, originCheck, type OriginCheckOptions } from "./origin.ts";
export { CsrfTokens, type CsrfTokenOptions } from "./tokens.ts";
