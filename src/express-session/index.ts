import { Cookie } from "./cookie.ts";
import { fromExpressStore } from "./from-express-store.ts";
import { MemoryStore } from "./memory-store.ts";
import { session } from "./middleware.ts";
import { toExpressStore } from "./records-store.ts";
import { Session } from "./session.ts";
import { Store } from "./store.ts";

const properties = { Cookie, fromExpressStore, MemoryStore, Session, Store, toExpressStore };

/** express-session's middleware, with its constructors as properties, as `require` and older stores want them. */
const expressSession: typeof session & Readonly<typeof properties> = Object.assign(session, properties);

export { expressSession as default, expressSession as "module.exports" };
export { Cookie, fromExpressStore, MemoryStore, Session, Store, toExpressStore };
export type { CookieOptions } from "./cookie.ts";
export type { SessionMiddleware } from "./middleware.ts";
export type { SessionOptions } from "./options.ts";
export type { RecordsStoreOptions } from "./records-store.ts";
export type { SessionRequest } from "./request.ts";
export type { SessionData } from "./session.ts";
export type { StoreConstructor } from "./store.ts";
export type { ConnectStore } from "./store-shape.ts";
