export type { SessionCookieOptions } from "./cookie-settings.ts";
export { EVENT_CHANNEL, type EventListener, type EventType, type SessionEvent } from "./events.ts";
export type { Exchange, ResponseHeaders } from "./exchange.ts";
export { createSessions, type SessionManager } from "./manager.ts";
export type { SessionOptions } from "./options.ts";
export type { StandardSchema } from "./schema.ts";
export type { Flash, Session } from "./session.ts";
export { signedCookie, type SignedCookieOptions, type Storage } from "./storage.ts";
