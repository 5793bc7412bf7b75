export type { SessionCookieOptions } from "./cookie-settings.ts";
export { EVENT_CHANNEL, type EventListener, type EventType, type SessionEvent } from "./events.ts";
export type { Exchange, ResponseHeaders } from "./exchange.ts";
export { createSessions, type SessionManager } from "./manager.ts";
export type { SessionOptions } from "./options.ts";
export type { StandardSchema } from "./schema.ts";
export type { Flash, Session } from "./session.ts";
export { STORE_CHANNEL, type StoreCall } from "./guarded-store.ts";
export { serverSide, type ServerSideOptions } from "./server-side.ts";
export { signedCookie, type SignedCookieOptions } from "./signed-cookie.ts";
export type { Storage } from "./storage.ts";
export type {
  OwnedRecord,
  SaveResult,
  SessionKey,
  SessionRecord,
  SessionStore,
  StoredRecord,
  Version,
} from "./store.ts";
export type { UserSession, UserSessions } from "./user-sessions.ts";
