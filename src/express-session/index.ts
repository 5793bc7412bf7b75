import { Cookie } from "./cookie.ts";
import { fromExpressStore } from "./from-express-store.ts";
import { MemoryStore } from "./memory-store.ts";
import { session } from "./middleware.ts";
import { toExpressStore } from "./records-store.ts";
import { Session } from "./session.ts";
import { Store } from "./store.ts";

const properties = { Cookie, fromExpressStore, MemoryStore, Session, Store, toExpressStore };

/** The types by the names that they have where `session` is the default export: `session.SessionOptions`. */
/* oxlint-disable typescript/consistent-type-imports -- within the namespace its own names stand before imported ones */
declare namespace expressSession {
  /** A session's cookie. */
  type Cookie = import("./cookie.ts").Cookie;
  /** What a cookie is made of. */
  type CookieOptions = import("./cookie.ts").CookieOptions;
  /** Sessions in the memory of one process. */
  type MemoryStore = import("./memory-store.ts").MemoryStore;
  /** The session of a request. */
  type Session = import("./session.ts").Session;
  /** The application's own keys of a session. */
  type SessionData = import("./session.ts").SessionData;
  /** What `session` is told. */
  type SessionOptions = import("./options.ts").SessionOptions;
  /** The base of stores. */
  type Store = import("./store.ts").Store;
}
/* oxlint-enable typescript/consistent-type-imports */

/** express-session's middleware, with its constructors as properties, as `require` and older stores want them. */
const expressSession: typeof session & Readonly<typeof properties> = Object.assign(session, properties);

export { expressSession as default, expressSession as "module.exports" };
export { Cookie, fromExpressStore, MemoryStore, Session, Store, toExpressStore };
export type { CookieOptions } from "./cookie.ts";
export type { SessionOptions } from "./options.ts";
export type { SessionData } from "./session.ts";
export type { SessionMiddleware } from "./middleware.ts";
export type { RecordsStoreOptions } from "./records-store.ts";
export type { SessionRequest } from "./request.ts";
export type { StoreConstructor } from "./store.ts";
export type { ConnectStore } from "./store-shape.ts";
