export { acceptCookieSession, type AcceptCookieSessionOptions } from "./cookie-session.ts";
export {
  acceptExpressSession,
  type AcceptExpressSessionOptions,
  type OldExpressStore,
} from "./express-session.ts";
export { acceptHonoSessions, type AcceptHonoSessionsOptions, type OldHonoStore } from "./hono-sessions.ts";
export { acceptIronSession, type AcceptIronSessionOptions } from "./iron-session.ts";
export type { JwtAlgorithm, JwtKey } from "./jws.ts";
export { acceptJwt, type AcceptJwtOptions } from "./jwt.ts";
export type { AcceptOptions, OldCookie, OldData } from "./options.ts";
export { acceptSecureSession, type AcceptSecureSessionOptions } from "./secure-session.ts";
export type { Nacl, Sodium, SodiumNative } from "./sodium.ts";
