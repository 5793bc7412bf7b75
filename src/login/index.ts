export { UnauthorizedError } from "../errors.ts";
export type { FlaskLoginConfig } from "./flask-config.ts";
export type { FlaskLoginVersion } from "./identifier.ts";
export { createLogin, type Device, type Login } from "./login.ts";
export type { LoginOptions, LoginUserOptions, RememberOptions, SessionProtection } from "./options.ts";
export type { RememberStore } from "./remember-series.ts";
export { decodeCookie, encodeCookie } from "./remember-token.ts";
export { safeNext } from "./safe-next.ts";
