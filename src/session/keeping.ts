import type { Session } from "./session.ts";

/** What is known of a session that came with a request, beside its data. */
export interface Found {
  /** When it was made, in seconds since 1970; undefined where nobody has noted it. */
  readonly created: number | undefined;
  /** When its use was last noted, in seconds since 1970; undefined where it is not. */
  readonly used: number | undefined;
  /** Whether its cookie was made with a fallback key. */
  readonly oldKey: boolean;
}

/** What keeps the session of one request: in its cookie, or in a store. */
export interface Keeping<Data extends object> {
  /** Whether there is a store to wait for. */
  readonly mayWait: boolean;
  /** The session that came with the request, once it is loaded; undefined where there is none. */
  readonly found: Found | undefined;

  /** The session that the request begins with. Called once at most. */
  load(): Session<Data> | Promise<Session<Data>>;

  /**
   * Stores what changed and decides on the cookie, once, when the response's headers are about to leave.
   *
   * @param session undefined where nobody asked for it, or where it is still loading
   * @param wanted whether somebody asked for it
   * @returns whether the response depends on the cookie for another reason than that somebody looked at the session
   * @throws what cannot be stored, at once where the session's data is the reason
   */
  commit(session: Session<Data> | undefined, wanted: boolean): boolean | Promise<boolean>;
}
