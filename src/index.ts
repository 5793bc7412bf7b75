export { cookies, CookieJar } from "./cookie/index.ts";
export type { CookieAttributes } from "./cookie/index.ts";
export {
  ConfigError,
  CookieError,
  DataError,
  HeadersSentError,
  HipflaskError,
  MalformedError,
  TooLargeError,
} from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export { createSessions, EVENT_CHANNEL, signedCookie } from "./session/index.ts";
export type {
  EventListener,
  EventType,
  Flash,
  Session,
  SessionCookieOptions,
  SessionEvent,
  SessionManager,
  SessionOptions,
  SignedCookieOptions,
  StandardSchema,
  Storage,
} from "./session/index.ts";
