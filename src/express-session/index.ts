import { Cookie } from "./cookie.ts";
import { MemoryStore } from "./memory-store.ts";
import { session } from "./middleware.ts";
import { Session } from "./session.ts";
import { Store } from "./store.ts";
import "./global.ts";

/** express-session's middleware, with its constructors as properties, as older stores and applications want them. */
const expressSession: typeof session & {
  readonly Store: typeof Store;
  readonly Session: typeof Session;
  readonly Cookie: typeof Cookie;
  readonly MemoryStore: typeof MemoryStore;
} = Object.assign(session, { Store, Session, Cookie, MemoryStore });

export { expressSession as default, expressSession as "module.exports" };
export { Cookie, MemoryStore, Session, Store };
export { fromExpressStore } from "./from-express-store.ts";
export { toExpressStore } from "./records-store.ts";
export type { CookieOptions } from "./cookie.ts";
export type { SessionMiddleware } from "./middleware.ts";
export type { SessionOptions } from "./options.ts";
export type { RecordsStoreOptions } from "./records-store.ts";
export type { SessionRequest } from "./request.ts";
export type { SessionData } from "./session.ts";
