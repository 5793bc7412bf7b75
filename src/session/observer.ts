import type { CookieJar } from "../cookie/index.ts";
import type { Keeping } from "./keeping.ts";
import type { RequestFacts } from "./request-facts.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** A request that begins, as whoever watches sees it. */
export interface Observed<Data extends object> {
  readonly request: RequestFacts;
  readonly jar: CookieJar;
  readonly cookie: SessionCookie;
  /** Loads the session, and stores it at the end. */
  readonly keeping: Keeping<Data>;
}

/** Watches all requests of a manager. Where there is none, nothing is spent on it. */
export interface Observer {
  /** A request begins. What is returned takes the place of its keeping: that one itself, or one that looks on while it works. */
  watch<Data extends object>(observed: Observed<Data>): Keeping<Data>;
}
