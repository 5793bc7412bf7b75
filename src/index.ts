export { cookies, CookieJar } from "./cookie/index.ts";
export type { CookieAttributes } from "./cookie/index.ts";
export {
  ConfigError,
  CookieError,
  DataError,
  GoneError,
  HeadersSentError,
  HipflaskError,
  MalformedError,
  StoreError,
  TooLargeError,
} from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export { createSessions, EVENT_CHANNEL, serverSide, signedCookie, STORE_CHANNEL } from "./session/index.ts";
export type {
  AcceptedFormat,
  EventListener,
  EventType,
  Flash,
  LoadedRecord,
  OwnedRecord,
  PlainRequest,
  RecordStore,
  SaveResult,
  ServerSideOptions,
  Session,
  SessionCookieOptions,
  SessionEvent,
  SessionKey,
  SessionManager,
  SessionOptions,
  SessionRecord,
  SessionStore,
  SignedCookieOptions,
  StandardSchema,
  Storage,
  StoreCall,
  StoredRecord,
  UserSession,
  UserSessions,
  Version,
} from "./session/index.ts";
