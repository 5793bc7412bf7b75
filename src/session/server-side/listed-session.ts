import { RESERVED } from "../reserved.ts";
import { handleOf } from "./session-id.ts";
import type { FoundSession, StoredSessions } from "./stored-sessions.ts";

/** One of a user's sessions, as a page on the user's devices shows it. */
export interface UserSession {
  /** As `session.id`: no secret. */
  readonly id: string;
  /** When it began: at the login, where there was one. */
  readonly createdAt: Date;
  /** To within a tenth of the idle time; without one, when something was last written. */
  readonly lastSeenAt: Date;
  /** Such as `Firefox on Linux`; undefined where nothing is known. */
  readonly device: string | undefined;
  /** Ends this session, and the remembered login that it came from. @throws StoreError */
  revoke(): Promise<void>;
}

/** One of all sessions, as a page for administrators shows it. */
export interface ListedSession extends UserSession {
  /** What `sessions.revoke` takes. No secret either: nobody can open a session with it. */
  readonly handle: string;
  /** Whether it is a user's, and not a visitor's. */
  readonly loggedIn: boolean;
  /** Undefined for a visitor, and where only the session's cookie says whose it is (`revocation`). */
  readonly user: string | undefined;
  /** How many secret keys are newer than the one that its record is encrypted with; undefined where records are not encrypted. */
  readonly keyAge: number | undefined;
}

/** A page of all sessions, in no order. */
export interface SessionPage {
  /** Some of those that live. There may be none although there is a next page. */
  readonly sessions: readonly ListedSession[];
  /** What `after` has to be for the next page; undefined when there are no more. */
  readonly next: string | undefined;
}

/** A user's session, as it is told to the user. */
export function userSession(stored: StoredSessions, { key, session }: FoundSession): UserSession {
  const { known, read } = session;
  return {
    id: key.id,
    createdAt: new Date(known.created * 1000),
    lastSeenAt: known.seen,
    device: text(read.data[RESERVED.device]),
    revoke: async () => void (await stored.logins.end(key)),
  };
}

/** A session, as it is told to administrators. */
export function listedSession(stored: StoredSessions, found: FoundSession): ListedSession {
  const { read, keyAge } = found.session;
  const user = text(read.data[RESERVED.user]);
  return {
    ...userSession(stored, found),
    handle: handleOf(found.key),
    loggedIn: found.key.owner !== undefined,
    user,
    keyAge,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
