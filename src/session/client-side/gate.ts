import type { LiveSession } from "../live-session.ts";
import type { GenuineCookie } from "../storage.ts";
import type { TakenOver } from "./cookie-adoption.ts";

/** Stands before the sessions that requests bring in their cookies: none that has ended comes through. */
export interface Gate<Data extends object> extends LiveSession<Data> {
  /** The session in our cookie, if it lives. @throws StoreError */
  admit(opened: GenuineCookie): Promise<GenuineCookie | undefined>;
  /** A session of another program's, unless it was taken over before and has ended since. @throws StoreError */
  receive(taken: TakenOver): Promise<TakenOver | undefined>;
}
