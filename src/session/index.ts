export type { SessionCookieOptions } from "./cookie-settings.ts";
export { EVENT_CHANNEL, type EventListener, type EventType, type SessionEvent } from "./events.ts";
export type { Exchange, ResponseHeaders } from "./exchange.ts";
export { createSessions, type SessionManager } from "./manager.ts";
export type { SessionOptions } from "./options.ts";
export type { PlainRequest } from "./plain-request.ts";
export type { StandardSchema } from "./schema.ts";
export type { Flash } from "./flash.ts";
export type { Session } from "./session.ts";
export { STORE_CHANNEL, type StoreCall, StoreGuard } from "./server-side/guarded-store.ts";
export type { AcceptedFormat, AcceptedSession, ForeignCookie } from "./accepted-format.ts";
export { acceptedCookie, refuseForeign } from "./accepted-cookie.ts";
export { acceptedFlaskSession } from "./flask-session/accept.ts";
export { flaskSession, type FlaskSessionOptions } from "./flask-session/flask-session.ts";
export { hybrid, type HybridOptions } from "./server-side/hybrid.ts";
export { serverSide, type ServerSideOptions } from "./server-side/server-side.ts";
export { encryptedCookie, type EncryptedCookieStorageOptions } from "./client-side/encrypted-cookie.ts";
export { signedCookie, type SignedCookieOptions } from "./client-side/signed-cookie.ts";
export type { Storage } from "./storage.ts";
export type {
  LoadedRecord,
  OwnedRecord,
  RecordPage,
  RecordStore,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "./store.ts";
export type { ListedSession, SessionPage, UserSession } from "./server-side/listed-session.ts";
export type { UserSessions } from "./server-side/user-sessions.ts";
